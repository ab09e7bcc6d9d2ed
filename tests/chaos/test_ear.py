"""The harness hears what is broken: every check fails on a sound or a list that has the fault."""

import array
import math
import unittest

import deck_signal as deck
import ear


def programme(seconds=6, gain=0.3):
    return array.array('f', (gain * sample / 32768 for sample in deck.samples(seconds)))


def tone(hz, count, height=0.03):
    return array.array('f', (height * math.sin(2 * math.pi * hz * i / deck.RATE)
                             for i in range(count)))


class DeckBreaks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sound = programme()

    def test_hears_nothing_in_a_whole_sound(self):
        self.assertEqual(ear.deck_breaks(self.sound), [])

    def test_hears_a_lost_sample_and_tells_where(self):
        for count in (1, 31, 53, 480, 1024):
            broken = self.sound[:100_000] + self.sound[100_000 + count:]
            found = ear.deck_breaks(broken)
            self.assertEqual([one.samples for one in found if one.samples], [
                deck.signed(count)], f'{count}: {found}')
            self.assertAlmostEqual(found[0].second, 100_000 / deck.RATE, delta=0.1)

    def test_hears_a_repeated_sample(self):
        broken = self.sound[:100_000] + self.sound[99_999:]
        self.assertEqual([one.samples for one in ear.deck_breaks(broken)], [-1])

    def test_hears_a_loss_of_whole_cycles_by_the_bursts(self):
        broken = self.sound[:100_000] + self.sound[100_000 + deck.CYCLE:]
        self.assertTrue(any('late' in one.what for one in ear.deck_breaks(broken)))
        lost = self.sound[:50_000] + self.sound[50_000 + 2 * deck.BURST_EVERY:]
        self.assertTrue(any('instead of' in one.what for one in ear.deck_breaks(lost)))

    def test_hears_silence(self):
        broken = array.array('f', self.sound)
        broken[90_000:110_000] = array.array('f', bytes(4 * 20_000))
        self.assertTrue(any(one.what == 'deck not heard' for one in ear.deck_breaks(broken)))

    def test_knows_the_position_after_a_pause(self):
        for seconds in (0.7, 3.2, 5.0):
            at = round(seconds * deck.RATE)
            later = array.array('f', bytes(4 * 9_600)) + programme(9)[at:]
            heard = ear.first_heard(later)
            self.assertAlmostEqual(heard, 9_600, delta=2_400)
            self.assertAlmostEqual(ear.deck_second(later, heard),
                                   seconds + (heard - 9_600) / deck.RATE, delta=0.02)


class VoiceGap(unittest.TestCase):
    def test_tells_how_long_a_voice_was_away_beside_the_deck(self):
        hz, other = deck.VOICES_HZ
        voice, neighbour = tone(hz, 5 * deck.RATE), tone(other, 5 * deck.RATE)
        sound = array.array('f', map(sum, zip(programme(5), voice, neighbour)))
        gap, height = ear.voice_gap(sound, hz)
        self.assertEqual(gap, 0)
        self.assertAlmostEqual(height, 0.03, delta=0.003)
        self.assertEqual(ear.deck_breaks(sound), [])
        for i in range(100_000, 100_000 + 14_400):
            sound[i] -= voice[i]
        self.assertGreaterEqual(ear.voice_gap(sound, hz)[0], 200)
        self.assertLessEqual(ear.voice_gap(sound, hz)[0], 350)
        self.assertEqual(ear.voice_gap(sound, other)[0], 0)

    def test_never_heard_is_one_gap(self):
        self.assertGreater(ear.voice_gap(programme(3), deck.VOICES_HZ[0])[0], 2_500)


if __name__ == '__main__':
    unittest.main()

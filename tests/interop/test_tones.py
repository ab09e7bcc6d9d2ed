import unittest

import tones


class Tones(unittest.TestCase):
    def test_a_tone_is_measured(self):
        self.assertAlmostEqual(tones.tone_db(tones.tone(440, -30, 48000), 440), -30, delta=0.1)

    def test_another_tone_is_far_down(self):
        self.assertLess(tones.tone_db(tones.tone(440, -30, 48000), 660), -100)

    def test_blocks_join_without_a_seam(self):
        joined = tones.tone(440, -6, 960) + tones.tone(440, -6, 960, 960)
        self.assertEqual(joined, tones.tone(440, -6, 1920))

    def test_silence_has_no_level(self):
        self.assertLess(tones.tone_db([0.0] * 4800, 440), -190)
        self.assertLess(tones.tone_db([], 440), -190)

    def test_a_steady_tone_has_its_usual_level(self):
        self.assertAlmostEqual(tones.usual_db(tones.tone(440, -30, 48000), 440), -30, delta=0.5)

    def test_a_jump_of_the_phase_hides_no_tone(self):
        half_a_period = 48000 // (2 * 480)
        jumping = tones.tone(480, -30, 24000) + tones.tone(480, -30, 24000, 24000 + half_a_period)
        self.assertLess(tones.tone_db(jumping, 480), -40)
        self.assertAlmostEqual(tones.usual_db(jumping, 480), -30, delta=0.5)

    def test_a_tone_that_is_there_for_a_part_of_the_time_is_not_usual(self):
        silence = [0.0] * 33600
        self.assertLess(tones.usual_db(tones.tone(440, -30, 14400) + silence, 440), -100)
        self.assertLess(tones.usual_db(silence + tones.tone(440, -30, 14400), 440), -100)
        bursts = (tones.tone(440, -30, 4800) + [0.0] * 11200) * 3
        self.assertLess(tones.usual_db(bursts, 440), -100)

    def test_what_is_shorter_than_a_window_has_no_usual_level(self):
        self.assertLess(tones.usual_db(tones.tone(440, -30, 2399), 440), -190)

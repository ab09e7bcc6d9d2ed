"""A live programme that falls silent is filled, by itself, and given back when somebody speaks."""

import cmath
import json
import math
import os
import signal
import statistics
import time
import unittest

from hls_ear import HlsEar
from running_serve import RunningServe, wait_for
from test_alerts import Receiver
from tone_show import Robots, play_tone

AFTER_S = 2
WINDOW = 480  # 10 ms
SILENT_DB = -60.0
VOICE_HZ = 660


def levels_db(samples):
    """Of each window, RMS in dBFS."""
    levels = []
    for at in range(0, len(samples) - WINDOW + 1, WINDOW):
        power = sum(sample * sample for sample in samples[at:at + WINDOW]) / WINDOW
        levels.append(20 * math.log10(math.sqrt(power) / 32768 + 1e-6))
    return levels


def beside_db(samples, hz):
    """RMS in dBFS of all that isn't this tone: the median of windows of 50 ms, since a robot's tone jumps
    where it wasn't given the processor."""
    levels = []
    for at in range(0, len(samples) - 5 * WINDOW + 1, 5 * WINDOW):
        window = samples[at:at + 5 * WINDOW]
        wave = [cmath.exp(-2j * math.pi * hz * i / 48000) for i in range(len(window))]
        part = 2 * sum(one * turn for one, turn in zip(window, wave)) / len(window)
        rest = [one - (part * turn.conjugate()).real for one, turn in zip(window, wave)]
        levels += levels_db([math.sqrt(sum(one * one for one in rest) / len(rest))] * WINDOW)
    return statistics.median(levels)


def longest_silence_ms(levels):
    longest = run = 0
    for level in levels:
        run = run + 1 if level < SILENT_DB else 0
        longest = max(longest, run)
    return longest * 10


class DeadAir(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.receiver.is_refusing = False
        self.addCleanup(self.receiver.stop)
        self.serve = RunningServe('--webhook-url', self.receiver.url,
                                  dead_air_after_s=AFTER_S)
        self.addCleanup(self.serve.stop)
        self.show = self.serve.live_show('Quiet')
        self.ear = HlsEar(self.serve, self.show)
        links = self.serve.ask('GET', f'/shows/{self.show}/links')
        robots = Robots(self.serve, self.show, links['callerToken'], 1, f'tone:{VOICE_HZ}')
        self.addCleanup(robots.stop)
        people = self.serve.ask('GET', f'/shows/{self.show}/participants')
        self.person, = [one['participantId'] for one in people if one['role'] == 'CALLER']
        self.serve.ask('POST', f'/shows/{self.show}/participants/{self.person}/toggle-on-air',
                       {'isOnAir': True})
        # Nobody was on the air at first: a fallback that began then ends by the voice.
        wait_for('the voice', lambda: not self.raised(), 10)
        self.before = self.counted()
        time.sleep(1)
        self.assertEqual(self.counted(), self.before, 'somebody talks')

    def speak(self, speaks):
        self.serve.ask('PATCH', f'/shows/{self.show}/participants/{self.person}',
                       {'muted': not speaks})

    def raised(self):
        alerts = self.serve.ask('GET', f'/shows/{self.show}/health')['alerts']
        return [alert for alert in alerts if alert['kind'] == 'dead_air']

    def events(self):
        return [(event['kind'], event['data'].get('started') or event['data']['reason'])
                for event in self.serve.events(self.show)
                if event['kind'] in ('dead_air', 'dead_air_ended')]

    def counted(self):
        """(fallbacks, false ones) at /metrics."""
        text = self.serve.call('GET', '/metrics').body.decode()

        def value(name):
            start = f'{name}{{show="{self.show}"}} '
            return next((int(line[len(start):]) for line in text.splitlines()
                         if line.startswith(start)), 0)

        return (value('shelcaster_dead_air_fallbacks_total'),
                value('shelcaster_dead_air_false_fallbacks_total'))

    def told(self):
        """What the webhook was told of dead air since the voice was first heard."""
        return [post['state'] for post in (json.loads(body) for _, body in self.receiver.posts)
                if post['kind'] == 'dead_air']

    def test_the_bed_fades_in_is_told_and_ends_by_a_voice(self):
        told, happened = len(self.told()), len(self.events())
        first = self.ear.last_segment() + 2  # with nothing but the voice in it
        self.ear.wait_for_segment(first)
        self.speak(False)
        wait_for('the alert', self.raised, AFTER_S + 5)
        self.assertEqual(self.events()[happened:], [('dead_air', 'bed')])
        wait_for('the webhook', lambda: self.told()[told:] == ['raised'], 5)
        time.sleep(6)  # longer than a pause in speech: this was no false one
        self.speak(True)
        wait_for('its end', lambda: not self.raised(), 5)
        self.assertEqual(self.events()[happened + 1:], [('dead_air_ended', 'voice')])
        wait_for('the webhook', lambda: self.told()[told:] == ['raised', 'cleared'], 5)
        fallbacks, false = self.before
        wait_for('the count', lambda: self.counted() == (fallbacks + 1, false), 5)

        last = self.ear.last_segment() + 2
        self.ear.wait_for_segment(last)
        levels = levels_db(self.ear.decoded(first, last))
        silent = next(at for at in range(len(levels))
                      if max(levels[at:at + 100]) < SILENT_DB)
        onset = next(at for at in range(silent, len(levels)) if levels[at] > SILENT_DB)
        self.assertGreater(onset - silent, 100 * AFTER_S - 50)
        # Silence is looked for twice a second, and the ramp begins far below what counts as sound here.
        self.assertLess(onset - silent, 100 * AFTER_S + 250)
        # A ramp of two seconds: what comes first is far below what comes then.
        early, late = max(levels[onset:onset + 30]), max(levels[onset + 250:onset + 350])
        self.assertLess(early, late - 12)
        self.assertGreater(late, -30)
        # The voice is heard again, and the bed is gone from below it.
        sound = self.ear.decoded(first, last)
        bed = beside_db(sound[WINDOW * (onset + 250):WINDOW * (onset + 350)], VOICE_HZ)
        end = beside_db(sound[-100 * WINDOW:], VOICE_HZ)
        self.assertLess(end, bed - 20)

    def test_a_voice_that_only_paused_counts_as_false(self):
        fallbacks, false = self.before
        self.speak(False)
        wait_for('the alert', self.raised, AFTER_S + 5)
        self.speak(True)
        wait_for('the count', lambda: self.counted() == (fallbacks + 1, false + 1), 10)

    def test_a_silence_that_nothing_can_fill_is_told(self):
        """Another server: its bed is turned off."""
        serve = RunningServe('--dead-air-bed=false', dead_air_after_s=2)
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Empty'})['showId']
        serve.ask('POST', f'/shows/{show}/start', {})

        def dead_air():
            alerts = serve.ask('GET', f'/shows/{show}/health')['alerts']
            return [alert['detail'] for alert in alerts if alert['kind'] == 'dead_air']

        wait_for('an alert', dead_air, 15)
        self.assertIn('nothing is playing', dead_air()[0])
        fallback = serve.ask('GET', f'/shows/{show}/composition/health')['deadAir']['fallback']
        self.assertEqual(fallback, 'nothing')
        serve.ask('POST', f'/shows/{show}/silence', {'seconds': 60})
        wait_for('the end of the alert', lambda: not dead_air(), 5)

    def test_the_queue_comes_before_the_bed(self):
        happened = len(self.events())
        play_tone(self.serve, self.show, 60)
        wait_for('the tone', lambda: self.serve.ask(
            'GET', f'/shows/{self.show}/deck')['state'] == 'PLAYING')
        self.serve.ask('POST', f'/shows/{self.show}/deck/commands', {'command': 'PAUSE'})
        self.speak(False)
        wait_for('the alert', self.raised, AFTER_S + 5)
        self.assertEqual(self.events()[happened:], [('dead_air', 'queue')])
        deck = wait_for('the deck to play', lambda: (
            lambda now: now['state'] == 'PLAYING' and now)(
                self.serve.ask('GET', f'/shows/{self.show}/deck')), 5)
        self.assertEqual(deck['title'], 'Tone')
        self.speak(True)
        wait_for('the deck as it was', lambda: self.serve.ask(
            'GET', f'/shows/{self.show}/deck')['state'] == 'PAUSED', 10)

    def test_declared_silence_starts_nothing_and_ends_when_it_is_over(self):
        happened = len(self.events())
        self.serve.ask('POST', f'/shows/{self.show}/silence', {'seconds': 8})
        self.speak(False)
        time.sleep(6)
        self.assertEqual(self.events()[happened:], [])
        self.assertEqual(self.raised(), [])
        wait_for('the fallback after it', self.raised, 2 + AFTER_S + 4)
        # It also ends one that plays.
        self.serve.ask('POST', f'/shows/{self.show}/silence', {'seconds': 60})
        wait_for('its end', lambda: not self.raised(), 5)
        self.assertEqual(self.events()[-1], ('dead_air_ended', 'silence'))

    def test_the_bed_goes_on_through_a_crash_of_the_mixer(self):
        happened = len(self.events())
        self.speak(False)
        wait_for('the alert', self.raised, AFTER_S + 5)
        # Far into its minute, where a bed made anew from its beginning would be late.
        self.ear.wait_for_segment(self.ear.last_segment() + 12, 40)
        first = self.ear.last_segment()
        mix, = self.serve.pids('mix')
        os.kill(mix, signal.SIGKILL)
        wait_for('another mix', lambda: self.serve.pids('mix') not in ([], [mix]), 5)
        self.ear.wait_for_segment(first + 4)
        self.assertNotIn('#EXT-X-DISCONTINUITY\n', self.ear.play_list())
        levels = levels_db(self.ear.decoded(first, first + 4))
        self.assertLessEqual(longest_silence_ms(levels), 20)
        self.assertEqual(self.events()[happened:], [('dead_air', 'bed')], 'it is still the same')
        wait_for('the count of before', lambda: self.counted() == (self.before[0] + 1,
                                                                   self.before[1]), 10)
        self.assertTrue(self.raised())
        self.speak(True)
        wait_for('its end', lambda: not self.raised(), 5)


if __name__ == '__main__':
    unittest.main()

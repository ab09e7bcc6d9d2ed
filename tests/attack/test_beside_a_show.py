"""What somebody without a token, or with an invitation that everybody has, can do to a show on the air:
next to nothing. Each attack runs beside a live show, and what the host notices of it is compared with a
run without one: the programme misses no tick, a fader is heard as soon as ever, and whoever is invited
gets a seat and is connected."""

import json
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'system'))

from running_serve import wait_for  # noqa: E402
from tone_show import Robots, ToneShow  # noqa: E402
from websocket_client import WebSocketClient  # noqa: E402

SECONDS = 6
LATER_MS_MAX = 200


class Desk:
    """A host who moves the fader of the music, and sees the programme's level move."""

    def __init__(self, on_air, token):
        self.on_air, self.token = on_air, token
        self.socket = WebSocketClient(on_air.serve.port, f'/shows/{on_air.show}/events', token)
        self.is_up = True

    def _move(self, volume):
        began = time.monotonic()
        reply = self.on_air.serve.call('PUT', f'/shows/{self.on_air.show}/audio-routing',
                                       {'tracklistVolume': volume}, self.token)
        assert reply.status == 200, reply
        return began

    def _level_is(self, wanted_up, since):
        for at, frame in reversed(list(self.socket.frames)):
            if at < since:
                return None
            if frame.get('type') == 'levels' and (frame['master']['peakDb'] > -30) == wanted_up:
                first = at
                for earlier, other in reversed(list(self.socket.frames)):
                    if earlier < since:
                        return first
                    if other.get('type') == 'levels':
                        if (other['master']['peakDb'] > -30) != wanted_up:
                            return first
                        first = earlier
        return None

    def fader_ms(self):
        """From the request to the first level that shows it."""
        self.is_up = not self.is_up
        began = self._move(80 if self.is_up else 0)
        seen = wait_for('the fader to be heard', lambda: self._level_is(self.is_up, began), 30, 0.01)
        return (seen - began) * 1000

    def faders_ms(self, seconds):
        """Of the moves up alone: a meter falls slowly."""
        end = time.monotonic() + seconds
        times = []
        while time.monotonic() < end:
            moved = self.fader_ms()
            if self.is_up:
                times.append(moved)
            time.sleep(0.15)
        return times


class BesideAShow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The limits by address hold, as they do for strangers.
        cls.on_air = ToneShow(trust_loopback=False)
        cls.addClassCleanup(cls.on_air.stop)
        cls.serve, cls.show = cls.on_air.serve, cls.on_air.show
        links = cls.serve.ask('GET', f'/shows/{cls.show}/links')
        cls.invitation = links['callerToken']
        cls.desk = Desk(cls.on_air, links['hostToken'])
        cls.desk.fader_ms()
        cls.undisturbed_ms = max(cls.desk.faders_ms(SECONDS))
        print(f'\nundisturbed: the slowest fader {cls.undisturbed_ms:.0f} ms', flush=True)

    def counters(self):
        time.sleep(1.2)  # told once a second
        return self.on_air.audio()

    def attack(self, kind, secret=''):
        """What the server answered, and how often."""
        before = self.counters()
        attackers = subprocess.Popen(
            [sys.executable, HERE / 'attackers.py', kind, str(self.serve.port), self.show, secret],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(attackers.wait)
        self.addCleanup(attackers.kill)
        times = self.desk.faders_ms(SECONDS)
        self.joins_beside_it()
        answers = json.loads(attackers.communicate('', timeout=60)[0])
        after = self.counters()
        print(f'\n{kind}: {answers}, the slowest fader {max(times):.0f} ms', flush=True)
        self.assertEqual(after['pid'], before['pid'])
        self.assertEqual(after['missedTicks'], before['missedTicks'])
        self.assertLess(max(times) - self.undisturbed_ms, LATER_MS_MAX)
        for robot in self.on_air.robots.last.values():
            self.assertTrue(robot['connected'], robot)
            self.assertEqual(robot['connections'], 1, robot)
        self.assertGreater(sum(answers.values()), 3, 'the attack itself was none')
        return answers

    def joins_beside_it(self):
        """Somebody who is invited by name gets a seat and a line."""
        seat = self.serve.ask('POST', f'/shows/{self.show}/caller-tokens', {'username': 'Invited'})
        guest = Robots(self.serve, self.show, seat['token'], 1)
        guest.stop()
        self.serve.ask('POST', f'/shows/{self.show}/participants/{seat["participantId"]}/kick')

    def a_caller(self):
        return self.serve.ask('POST', f'/shows/{self.show}/caller-tokens',
                              {'username': 'Mallory'})['token']

    def test_large_offers_without_a_token(self):
        self.attack('large_offers')

    def test_offers_without_a_token_that_take_lines(self):
        self.attack('offers')

    def test_restarts_without_a_token(self):
        self.attack('restarts')

    def test_joins_by_the_public_link(self):
        self.attack('joins', self.invitation)

    def test_wrong_tokens_from_the_hosts_own_address(self):
        answers = self.attack('wrong_tokens')
        self.assertGreater(answers.get('429', 0), 0, 'the address has spent what it has')

    def test_replays_of_a_long_log_that_nobody_reads(self):
        for _ in range(600):
            self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'hostVolume': 100})
            time.sleep(0.011)  # within the budget of one token
        self.attack('replays', self.a_caller())

    def test_control_frames_without_end(self):
        self.attack('control_frames', self.a_caller())

    def test_requests_that_are_none(self):
        self.attack('bad_requests')


if __name__ == '__main__':
    unittest.main()

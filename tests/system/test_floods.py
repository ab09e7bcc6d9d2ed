"""Floods on the UDP port of a show that is on the air: no tick is missed, nobody is thrown out, and
the programme has no gap. FLOOD_SECONDS and FLOOD_RATE make them longer and denser."""

import array
import json
import math
import os
import subprocess
import time
import unittest

from running_serve import BINARY
from tone_show import PERIOD, SEGMENT_SAMPLES, Robots, ToneShow, breaks

FLOOD = BINARY.parent / 'attack_flood'
SECONDS = int(os.environ.get('FLOOD_SECONDS', '5'))
RATE = int(os.environ.get('FLOOD_RATE', '50000'))


class Floods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.on_air = ToneShow()
        cls.addClassCleanup(cls.on_air.stop)
        cls.serve, cls.show = cls.on_air.serve, cls.on_air.show

    def shoot(self, kind, needs_session):
        command = [FLOOD, '--to', str(self.on_air.media_port), '--kind', kind, '--rate', str(RATE),
                   '--seconds', str(SECONDS)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if needs_session:
            self.connect(process)
        output, _ = process.communicate(timeout=SECONDS + 30)
        self.assertEqual(process.returncode, 0)
        return json.loads(output)

    def connect(self, process):
        size = int(process.stdout.readline().split()[1])
        offer = process.stdout.read(size).decode()
        seat = self.serve.ask('POST', f'/shows/{self.show}/caller-tokens', {'username': 'Mallory'})
        answer = self.serve.call('POST', f'/whip/{self.show}', offer, seat['token'],
                                 {'Content-Type': 'application/sdp'})
        self.assertEqual(answer.status, 201, answer)
        process.stdin.write(b'ANSWER %d\n' % len(answer.body) + answer.body)
        process.stdin.flush()

    def counters(self):
        time.sleep(1.2)  # told once a second
        return self.on_air.audio()

    def flood(self, kind, needs_session=False):
        """The flood's own report, and how the mixer's counters of datagrams have grown."""
        first = self.on_air.last_segment()
        before = self.counters()
        shot = self.shoot(kind, needs_session)
        after = self.counters()
        last = self.on_air.last_segment() + 2  # what was mixed to its end is in it
        self.on_air.wait_for_segment(last)
        grown = {name: count - before['datagrams'][name]
                 for name, count in after['datagrams'].items()}
        late = after['lateTicks'] - before['lateTicks']
        print(f"\n{kind}: {shot['sent']} sent, {shot['rate']:.0f}/s, {shot['answers']} answered, "
              f'{late} late ticks, ' +
              ', '.join(f'{name} {count}' for name, count in grown.items() if count), flush=True)
        self.assertEqual(after['missedTicks'], before['missedTicks'])
        self.assertEqual(after['pid'], before['pid'])
        samples = self.on_air.decoded(first, last)
        self.assertAlmostEqual(len(samples), (last - first + 1) * SEGMENT_SAMPLES, delta=2048)
        self.assertEqual(breaks(samples)[:5], [])
        for robot in self.on_air.robots.last.values():
            self.assertTrue(robot['connected'], robot)
            self.assertEqual(robot['connections'], 1, robot)
            self.assertGreater(robot['heardRmsDb'], -40, robot)
        self.assertGreater(shot['rate'], RATE / 3, 'the flood itself was too slow to show anything')
        return shot, grown

    def test_garbage(self):
        shot, grown = self.flood('garbage')
        self.assertEqual(shot['answers'], 0)
        self.assertGreater(grown['droppedNotOurs'], 0)
        self.assertGreater(grown['droppedStrayMedia'], 0)

    def test_checks_that_name_nobody(self):
        shot, grown = self.flood('stun-unknown')
        self.assertEqual(shot['answers'], 0)
        self.assertLess(grown['passedStrangers'], 500 * (SECONDS + 1))

    def test_checks_of_a_session_with_a_wrong_password(self):
        shot, _ = self.flood('stun-wrong', needs_session=True)
        # Each is told so (RFC 8489 section 9.1.3), and not more of them than a person can need.
        self.assertLess(shot['answers'], 200 * (SECONDS + 1))
        self.assertLess(shot['answerBytes'], shot['sentBytes'] / 20)
        self.assertTrue(shot['insiderConnected'])

    def test_checks_with_the_right_password_from_many_addresses(self):
        shot, grown = self.flood('stun-right', needs_session=True)
        self.assertLess(shot['answers'], 300 * (SECONDS + 1))
        self.assertGreater(grown['droppedSession'], 0)

    def test_client_hellos_from_addresses_that_passed_no_check(self):
        shot, _ = self.flood('client-hello')
        self.assertEqual(shot['answerBytes'], 0)

    def test_damaged_handshakes(self):
        shot, _ = self.flood('handshake')
        self.assertEqual(shot['answerBytes'], 0)

    def test_replayed_media_of_a_real_caller(self):
        shot, _ = self.flood('rtp-replay', needs_session=True)
        self.assertTrue(shot['insiderConnected'])

    def test_spoofed_media(self):
        shot, _ = self.flood('rtp-spoof', needs_session=True)
        self.assertTrue(shot['insiderConnected'])

    def test_rtcp_garbage(self):
        shot, _ = self.flood('rtcp-garbage', needs_session=True)
        self.assertTrue(shot['insiderConnected'])


    def test_somebody_joins_and_leaves_during_a_flood(self):
        process = subprocess.Popen(
            [FLOOD, '--to', str(self.on_air.media_port), '--kind', 'client-hello', '--rate',
             str(RATE), '--seconds', '20'], stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        time.sleep(1)
        links = self.serve.ask('GET', f'/shows/{self.show}/links')
        began = time.monotonic()
        # Waits until it is connected.
        newcomer = Robots(self.serve, self.show, links['callerToken'], 1)
        took = time.monotonic() - began
        newcomer.stop()
        self.assertIsNone(process.poll(), 'the flood ended before the newcomer was there')
        print(f'\na newcomer was connected {took:.1f} s after their robot had started', flush=True)
        self.assertLess(took, 8)


class TheEar(unittest.TestCase):
    """What finds the gaps must be able to."""

    def setUp(self):
        self.tone = array.array('h', (round(9000 * math.sin(2 * math.pi * i / PERIOD))
                                      for i in range(3 * SEGMENT_SAMPLES)))

    def test_hears_none_in_a_tone(self):
        self.assertEqual(breaks(self.tone), [])

    def test_hears_a_lost_block_and_a_lost_frame(self):
        for lost in (480, 960, 1024, 2400):
            self.assertNotEqual(breaks(self.tone[:100_000] + self.tone[100_000 + lost:]), [], lost)

    def test_hears_five_milliseconds_of_silence(self):
        self.tone[100_000:100_240] = array.array('h', [0] * 240)
        self.assertNotEqual(breaks(self.tone), [])


if __name__ == '__main__':
    unittest.main()

"""What was lost, doubled or renumbered is found: the canaries of commanders and recorder."""

import pathlib
import random
import tempfile
import unittest

import commanders
from hls_recorder import HlsRecorder


class FakeServe:
    """Answers questions about the state from a table."""

    def __init__(self, **answers):
        self.answers = answers

    def ask(self, method, path):
        return self.answers[path.rsplit('/', 1)[1]]


def commander(kind, serve, *rest, acknowledged=(), unknown=()):
    made = kind(serve, 'show', *rest)
    made.acknowledged, made.unknown = list(acknowledged), list(unknown)
    made.is_alive = lambda: False
    return made


def moved(number):
    return {'kind': 'participant_updated',
            'data': {'participantId': 'seat', 'volume': number % 101, 'renamed': True}}


def toggled(is_on_air):
    return {'kind': f'participant_{"on" if is_on_air else "off"}_air',
            'data': {'participantId': 'seat'}}


class Commanders(unittest.TestCase):
    def faders(self, moves, at, **fates):
        serve = FakeServe(participants=[
            {'participantId': 'seat', 'username': f'move {at}', 'volume': at % 101}])
        return commander(commanders.Faders, serve, 'seat', random.Random(1), **fates).breaches(
            [moved(number) for number in moves])

    def test_a_move_is_there_once(self):
        self.assertEqual(self.faders([1, 2, 4], 4, acknowledged=[1, 2], unknown=[3, 4]), [])
        for moves, at in (([1], 1), ([1, 2, 2], 2), ([2, 1], 1), ([1, 2], 1), ([1, 2, 3, 3], 3)):
            self.assertTrue(self.faders(moves, at, acknowledged=[1, 2], unknown=[3]), moves)

    def test_a_move_is_known_by_its_fader_after_a_hundred_more(self):
        everyone = list(range(1, 250))
        self.assertEqual(self.faders(everyone, 249, acknowledged=everyone), [])
        for wrong in (everyone[:120] + everyone[121:], everyone[:120] + everyone[119:]):
            self.assertTrue(self.faders(wrong, 249, acknowledged=everyone))

    def test_nothing_acknowledged_proves_nothing(self):
        self.assertTrue(self.faders([], 0))

    def toggles(self, changes, is_on_air, acknowledged):
        serve = FakeServe(participants=[{'participantId': 'seat', 'isOnAir': is_on_air}])
        return commander(commanders.Togglers, serve, 'seat', random.Random(1),
                         acknowledged=acknowledged).breaches([toggled(one) for one in changes])

    def test_a_toggle_is_done_once(self):
        self.assertEqual(self.toggles([True, False, True], True, [1, 2, 3]), [])
        self.assertTrue(self.toggles([True, False], False, [1, 2, 3]), 'lost')
        self.assertTrue(self.toggles([True, False, True], True, [1, 2]), 'doubled')
        self.assertTrue(self.toggles([True, False], True, [1, 2]), 'state and log differ')

    def queued(self, count, is_keyed, **fates):
        serve = FakeServe(queue={'items': [{'trackId': 'track'}] * count + [{'trackId': 'other'}]})
        return commander(commanders.Queuers, serve, 'track', random.Random(1), is_keyed,
                         **fates).breaches([])

    def test_an_item_is_queued_once(self):
        self.assertEqual(self.queued(2, True, acknowledged=[1, 2]), [])
        self.assertEqual(self.queued(3, False, acknowledged=[1, 2], unknown=[3, 4]), [])
        for count in (1, 5):
            self.assertTrue(self.queued(count, False, acknowledged=[1, 2], unknown=[3, 4]), count)
        self.assertTrue(self.queued(3, True, acknowledged=[1, 2]))

    def test_no_event_is_missed(self):
        log = [{'number': number} for number in (1, 2, 3)]
        reader = commanders.EventReader(None, 'show')
        for last_due, numbers, is_whole in ((3, [1, 2, 3], True), (3, [1, 3], False), (3, [1, 2], False),
                                            (2, [1, 2], True), (2, [1, 2, 3], True),
                                            (3, [1, 2, 2, 3], False), (3, [1, 2, 3, 4], False)):
            reader.last_due, reader.numbers = last_due, numbers
            self.assertEqual(not reader.breaches(log), is_whole, numbers)
        reader.numbers = [1, 3]
        self.assertTrue(reader.breaches([{'number': 1}, {'number': 3}]), 'the log itself has a gap')


def play_list(first, count, discontinuity=None, ended=False, sequence=None):
    lines = ['#EXTM3U', f'#EXT-X-MEDIA-SEQUENCE:{first if sequence is None else sequence}',
             '#EXT-X-DISCONTINUITY-SEQUENCE:0']
    for number in range(first, first + count):
        if number == discontinuity:
            lines.append('#EXT-X-DISCONTINUITY')
        if number == first:
            lines.append('#EXT-X-MAP:URI="init-0.mp4"')
        lines += ['#EXTINF:1.984000,', f'seg-{number}.m4s']
    return '\n'.join(lines + (['#EXT-X-ENDLIST'] if ended else []))


class Recorder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ('init-0.mp4', *(f'seg-{number}.m4s' for number in range(20))):
            (self.folder / name).write_bytes(b'x')
        self.recorder = HlsRecorder(self.folder)
        self.addCleanup(self.recorder.stop)

    def test_takes_a_list_that_moves_on(self):
        for first in range(4):
            self.recorder.take_list(play_list(first, 5, discontinuity=6))
        self.assertEqual(self.recorder.breaches, [])
        self.assertEqual(self.recorder.discontinuities(), [6])
        self.assertEqual([len(stretch) for stretch in self.recorder.stretches()], [6, 2])

    def test_sees_what_a_player_would_stumble_over(self):
        for what, second in (('back', play_list(0, 3)), ('a jump', play_list(9, 3)),
                             ('the end', play_list(2, 5, ended=True)),
                             ('another number', play_list(2, 5, sequence=3)),
                             ('another story', play_list(2, 5, discontinuity=4)),
                             ('no file', play_list(2, 19))):
            self.recorder.breaches = []
            self.recorder.take_list(play_list(1, 5))
            self.recorder.take_list(second)
            self.assertTrue(self.recorder.breaches, what)
            self.recorder._last_list = (-1, -1)
            self.recorder.segments = {}


if __name__ == '__main__':
    unittest.main()

"""Seats and queues of the real server beyond what fits: nobody is locked out, and nothing ends it."""

import collections
import signal
import unittest

from running_serve import RunningServe, wait_for
from tone_show import Robots, write_tone

import pathlib
import tempfile


class Seats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--joins-per-minute-max', '100000')
        cls.addClassCleanup(cls.serve.stop)

    def test_a_flood_of_joins_by_the_link_fills_nothing(self):
        show = self.serve.live_show()
        links = self.serve.ask('GET', f'/shows/{show}/links')
        statuses = collections.Counter(
            self.serve.call('POST', f'/shows/{show}/join', {'username': f'x{number}'},
                            links['callerToken']).status for number in range(220))
        self.assertEqual(statuses, {201: 220})
        for path in ('caller-tokens', 'host-tokens'):
            self.serve.ask('POST', f'/shows/{show}/{path}', {'username': 'by name'}, status=201)
        people = self.serve.ask('GET', f'/shows/{show}/participants')
        self.assertLessEqual(len(people), 100)
        robots = Robots(self.serve, show, links['callerToken'], 2)
        self.addCleanup(robots.stop)
        connected = [person for person in self.serve.ask('GET', f'/shows/{show}/participants')
                     if person['connection'] == 'connected']
        self.assertEqual(len(connected), 2)

    def test_who_leaves_on_the_air_comes_back_off_it(self):
        show = self.serve.live_show()
        links = self.serve.ask('GET', f'/shows/{show}/links')
        robots = Robots(self.serve, show, links['callerToken'], 1)
        self.addCleanup(robots.stop)

        def person():
            return [one for one in self.serve.ask('GET', f'/shows/{show}/participants')
                    if one['role'] == 'CALLER'][0]
        path = f'/shows/{show}/participants/{person()["participantId"]}'
        self.serve.ask('POST', f'{path}/toggle-on-air', {'isOnAir': True})
        wait_for('them to be on the air', lambda: person()['state'] == 'ON_AIR')
        self.serve.ask('POST', f'{path}/leave')
        wait_for('their session to end', lambda: person()['connection'] == 'disconnected')
        self.assertFalse(person()['isOnAir'])
        self.assertEqual([event['data']['reason']
                          for event in self.serve.events(show, 'participant_left')], ['leave'])
        wait_for('the robot to be back', lambda: person()['connection'] == 'connected', 60)
        self.assertFalse(person()['isOnAir'])


class LongQueue(unittest.TestCase):
    def test_a_tracklist_of_2000_long_titles_plays_its_first_thousand_also_after_a_restart(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        with tempfile.TemporaryDirectory() as folder:
            tone = pathlib.Path(folder) / 'tone.wav'
            write_tone(tone, 1)
            track = serve.call('POST', '/tracks?title=t', tone.read_bytes(),
                               headers={'Content-Type': 'audio/wav'}).json['trackId']
        wait_for('the track', lambda: serve.ask('GET', f'/tracks/{track}')['status'] == 'READY')
        serve.ask('PATCH', f'/tracks/{track}', {'title': '\N{GRINNING FACE}' * 200})
        tracklist = serve.ask('POST', '/tracklists', {'title': 'L'})['tracklistId']
        serve.ask('PUT', f'/tracklists/{tracklist}/tracks', {'trackIds': [track] * 2000})
        show = serve.ask('POST', '/shows', {'title': 'long', 'tracklistId': tracklist})['showId']
        started = serve.ask('POST', f'/shows/{show}/start')
        self.assertIn('1000 more', started['warnings'][0])
        serve.wait_for_status(show, 'LIVE')
        serve.ask('POST', f'/shows/{show}/deck/commands', {'command': 'PLAY'})
        # More than the mixer is told at once.
        wait_for('40 tracks to have been played',
                 lambda: len(serve.events(show, 'deck_item_ended')) >= 40, 90)
        serve.process.send_signal(signal.SIGKILL)
        serve.process.wait()
        serve.start()
        serve.wait_for_status(show, 'LIVE')
        serve.ask('PUT', f'/shows/{show}/audio-routing', {'hostVolume': 50})
        wait_for('two more', lambda: len(serve.events(show, 'deck_item_ended')) >= 42)
        serve.ask('POST', f'/shows/{show}/stop')
        serve.wait_for_status(show, 'STOPPED')
        self.assertTrue(list((serve.data / 'hls').glob(show)))
        serve.ask('DELETE', f'/shows/{show}')
        wait_for('its files to go',
                 lambda: not [path for path in serve.data.rglob('*') if show in path.name])


if __name__ == '__main__':
    unittest.main()

"""What dies comes back by itself, and what must end ends."""

import collections
import os
import re
import signal
import time
import unittest

from running_serve import RunningServe, wait_for
from tone_show import ToneShow


class Recovery(unittest.TestCase):
    def setUp(self):
        self.serve = RunningServe()
        self.addCleanup(self.serve.stop)
        self.show = self.serve.live_show()

    def play_list(self):
        path = self.serve.data / 'hls' / self.show / 'index.m3u8'
        return path.read_text() if path.exists() else ''

    def last_segment(self):
        numbers = [int(number) for number in re.findall(r'seg-(\d+)\.m4s', self.play_list())]
        return max(numbers, default=-1)

    def wait_for_new_segment(self, limit_s=12):
        before = self.last_segment()
        wait_for('a new segment', lambda: self.last_segment() > before, limit_s)

    def one_pid(self, role):
        """Of the role's only process, once there is one."""
        return wait_for(f'one {role}', lambda: len(self.serve.pids(role)) == 1 and
                        self.serve.pids(role)[0], 10)

    def is_composed(self):
        health = self.serve.ask('GET', f'/shows/{self.show}/composition/health')
        return health['status'] == 'RUNNING' and health['lastHeartbeat'] and len(
            self.serve.pids('mix')) == 1 and len(self.serve.pids('publish')) == 1

    def test_serve_is_killed_and_finds_its_show_on_the_air(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        keeper, mix = self.one_pid('compose'), self.one_pid('mix')
        last = self.last_segment()
        self.serve.kill()
        time.sleep(1)
        self.serve.start()
        self.assertEqual(self.serve.status(self.show), 'LIVE')
        wait_for('the keeper', self.is_composed, 5)
        self.assertEqual((self.one_pid('compose'), self.one_pid('mix')), (keeper, mix))
        wait_for('segments to go on', lambda: self.last_segment() > last + 1)
        self.assertNotIn('DISCONTINUITY', self.play_list().replace('DISCONTINUITY-SEQUENCE', ''))
        self.assertNotIn('ENDLIST', self.play_list())
        # Routing still reaches the mixer: the new serve is heard.
        self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'tracklistVolume': 50})
        self.assertEqual(self.serve.events(self.show, 'composition_relaunched'), [])

    def test_keeper_and_serve_are_killed_together(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        last = self.last_segment()
        keeper = self.one_pid('compose')
        self.serve.kill()
        os.kill(keeper, signal.SIGKILL)
        wait_for('mix and publish to end with it', lambda: not self.serve.pids(), 5)
        self.serve.start()
        wait_for('the show', self.is_composed, 10)
        self.assertEqual(self.serve.status(self.show), 'LIVE')
        self.assertNotEqual(self.one_pid('compose'), keeper)
        self.assertEqual(len(self.serve.events(self.show, 'composition_relaunched')), 1)
        wait_for('segments to go on in number', lambda: self.last_segment() > last, 12)

    def test_mix_is_killed(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        mix, publish = self.one_pid('mix'), self.one_pid('publish')
        os.kill(mix, signal.SIGKILL)
        wait_for('another mix', lambda: self.serve.pids('mix') not in ([], [mix]), 5)
        wait_for('the show', self.is_composed, 8)
        self.assertEqual(self.one_pid('publish'), publish)
        self.assertEqual(self.serve.status(self.show), 'LIVE')
        self.wait_for_new_segment()

    def test_publish_is_killed(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        mix, publish = self.one_pid('mix'), self.one_pid('publish')
        last = self.last_segment()
        os.kill(publish, signal.SIGKILL)
        wait_for('another publish', lambda: self.serve.pids('publish') not in ([], [publish]), 5)
        wait_for('the show', self.is_composed, 8)
        self.assertEqual(self.one_pid('mix'), mix)
        wait_for('segments to go on in number', lambda: self.last_segment() > last, 12)
        self.assertEqual(self.serve.status(self.show), 'LIVE')

    def test_the_keeper_is_killed(self):
        keeper = self.one_pid('compose')
        os.kill(keeper, signal.SIGKILL)
        wait_for('another keeper', lambda: self.serve.pids('compose') not in ([], [keeper]), 5)
        wait_for('the show', self.is_composed, 10)
        self.assertEqual(self.serve.status(self.show), 'LIVE')
        self.wait_for_new_segment()

    def test_stopping_ends_the_play_list_and_every_process(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        stopping = self.serve.ask('POST', f'/shows/{self.show}/stop')
        self.assertEqual(stopping['status'], 'STOPPING')
        self.serve.wait_for_status(self.show, 'STOPPED')
        self.assertTrue(self.play_list().rstrip().endswith('#EXT-X-ENDLIST'))
        wait_for('the processes to end', lambda: not self.serve.pids(), 5)

    def expect_a_finished_show(self, since):
        wait_for('the processes to end', lambda: not self.serve.pids(), 30)
        self.assertLess(time.monotonic() - since, 30)
        self.assertTrue(self.play_list().rstrip().endswith('#EXT-X-ENDLIST'))
        self.assertNotIn('DISCONTINUITY', self.play_list().replace('DISCONTINUITY-SEQUENCE', ''))

    def test_sigterm_to_the_keeper_ends_the_show(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        since = time.monotonic()
        os.kill(self.one_pid('compose'), signal.SIGTERM)
        self.expect_a_finished_show(since)
        self.serve.wait_for_status(self.show, 'STOPPED')
        self.assertEqual(self.serve.events(self.show, 'composition_relaunched'), [])

    def test_sigterm_to_the_keeper_ends_the_show_while_serve_is_away(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        keeper = self.one_pid('compose')
        self.serve.kill()
        since = time.monotonic()
        os.kill(keeper, signal.SIGTERM)
        self.expect_a_finished_show(since)
        self.serve.start()
        self.serve.wait_for_status(self.show, 'STOPPED', 2)
        time.sleep(4)  # longer than a keeper has for dialling back
        self.assertEqual(self.serve.status(self.show), 'STOPPED')
        self.assertEqual(self.serve.events(self.show, 'composition_relaunched'), [])
        self.assertEqual(self.serve.pids(), [])

    def test_a_publisher_that_is_killed_at_the_end_still_ends_the_play_list(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        since = time.monotonic()
        os.kill(self.one_pid('compose'), signal.SIGTERM)
        while time.monotonic() < since + 1.5:
            for pid in self.serve.pids('publish'):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.expect_a_finished_show(since)

    def test_ends_the_shows_with_serve_when_told_to(self):
        wait_for('segments', lambda: self.last_segment() >= 1)
        self.serve.kill()
        self.serve.start('--stop-shows-on-exit')
        # At once: the keeper has perhaps not dialled back yet.
        self.assertEqual(self.serve.terminate(), 0)
        self.assertEqual(self.serve.pids(), [])
        self.assertTrue(self.play_list().rstrip().endswith('#EXT-X-ENDLIST'))
        self.serve.start()
        self.assertEqual(self.serve.status(self.show), 'STOPPED')

    def test_is_started_again_as_soon_as_it_has_stopped(self):
        for _ in range(3):
            self.assertEqual(self.serve.ask('POST', f'/shows/{self.show}/composition/stop'),
                             {'status': 'STOPPED'})
            self.serve.ask('POST', f'/shows/{self.show}/composition/start')
            self.serve.wait_for_status(self.show, 'LIVE', 10)
        self.assertEqual(self.serve.events(self.show, 'show_error'), [])
        wait_for('the old processes to end', lambda: len(self.serve.pids()) == 3, 5)

    def test_leaves_the_shows_on_the_air_otherwise(self):
        self.one_pid('mix')
        self.assertEqual(self.serve.terminate(), 0)
        before = self.last_segment()
        wait_for('a new segment', lambda: self.last_segment() > before, 12)
        self.assertEqual(len(self.serve.pids('compose')), 1)


class PublishedSound(unittest.TestCase):
    def test_is_not_green_while_listeners_can_decode_nothing(self):
        show = ToneShow(robots=0)
        self.addCleanup(show.stop)

        def output():
            return show.serve.ask('GET', f'/shows/{show.show}/health')['output']

        wait_for('a segment to be judged', lambda: output()['decoded'], 20)
        self.assertEqual((output()['ok'], output()['problems']), (True, []))
        init = show.serve.data / 'hls' / show.show / 'init-0.mp4'
        init.rename(init.with_suffix('.away'))
        wait_for('the loss to be noticed', lambda: not output()['ok'], 30)
        self.assertRegex(output()['problems'][0], r'^segment \d+ is not on the disk')
        init.with_suffix('.away').rename(init)
        wait_for('the next segment to be good', lambda: output()['ok'], 20)
        self.assertEqual(output()['decoded']['samples'], 93 * 1024)


class LogLevel(unittest.TestCase):
    def told(self, level):
        """By role, how many lines of no more than information stand in a show's log."""
        serve = RunningServe('--log-level', level)
        self.addCleanup(serve.stop)
        log = serve.data / 'log' / f'{serve.live_show()}.log'
        return lambda: collections.Counter(re.findall(r'^\S+ info (\S+)', log.read_text(), re.MULTILINE))

    def test_reaches_keeper_mixer_and_publisher(self):
        told = self.told('info')
        wait_for('each to tell of its start', lambda: {'compose', 'mix', 'publish'} <= set(told()), 10)
        self.assertEqual(self.told('error')(), {})


if __name__ == '__main__':
    unittest.main()

"""A data folder that is full or read-only: shows are on the air without it, say so, and recover."""

import contextlib
import math
import os
import pathlib
import subprocess
import tempfile
import unittest

from full_disk import full
from hls_ear import HlsEar
from running_serve import BINARY, RunningServe, wait_for
from tone_show import Robots

DISK_MB = 128


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def own_disk():
    """A folder that is an ext4 of its own, of which every file can be made immutable."""
    with tempfile.TemporaryDirectory(prefix='shelcaster-disk-') as place:
        image, folder = pathlib.Path(place) / 'image', pathlib.Path(place) / 'disk'
        folder.mkdir()
        try:
            with open(image, 'wb') as out:
                out.truncate(DISK_MB << 20)
            run('mkfs.ext4', '-q', '-m', '0', image)
            run('mount', '-o', 'loop', image, folder)
        except (OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest(f'a disk of its own needs root and loop devices: {error}')
        try:
            yield folder
        finally:
            # A process that was just killed may still be letting go of its files.
            wait_for('the disk to be free', lambda: subprocess.run(
                ['umount', folder], capture_output=True).returncode == 0)


@contextlib.contextmanager
def read_only(folder):
    """Also for files that are open already, which a mount can't be made read-only under."""
    def flag(change):
        # Folders first, so that no file comes or goes meanwhile; a socket has no flags.
        for kind in ('d', 'f'):
            run('find', folder, '-xdev', '-type', kind, '-exec', 'chattr', change, '{}', '+')

    try:
        flag('+i')
        yield
    finally:
        flag('-i')


def tone_db(samples, hz):
    """Goertzel: the level of one frequency, in dBFS of its amplitude."""
    factor = 2 * math.cos(2 * math.pi * hz / 48000)
    one = two = 0.0
    for sample in samples:
        one, two = sample / 32768 + factor * one - two, one
    power = one * one + two * two - factor * one * two
    return 10 * math.log10(4 * power / len(samples) ** 2 + 1e-12)


class FailingDisk(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.disk = stack.enter_context(own_disk())
        self.serve = RunningServe(folder=self.disk)
        self.addCleanup(self.serve.stop)

    def health(self, show):
        return self.serve.ask('GET', f'/shows/{show}/composition/health')

    def alerts(self, show):
        return [alert for alert in self.health(show)['alerts'] if alert['kind'] == 'disk_failing']

    def goes_on_the_air(self, failing, words):
        old = self.serve.live_show('Was on the air')
        ear = HlsEar(self.serve, old)
        ear.wait_for_segment(1)
        show = self.serve.ask('POST', '/shows', {'title': 'Goes on the air'})['showId']
        links = self.serve.ask('GET', f'/shows/{show}/links')
        with failing:
            # What puts a show on the air is done, and says that it isn't stored.
            reply = self.serve.call('POST', f'/shows/{show}/start')
            self.assertEqual((reply.status, reply.headers['Shelcaster-Storage']), (200, 'memory'))
            self.serve.wait_for_status(show, 'LIVE', 10)
            # Three: the tones of two can meet in opposite phases.
            robots = Robots(self.serve, show, links['callerToken'], 3, 'tone:660')
            self.addCleanup(robots.stop)
            for person in self.serve.ask('GET', f'/shows/{show}/participants'):
                if person['role'] == 'CALLER':
                    self.serve.ask('POST', f'/shows/{show}/participants/{person["participantId"]}'
                                   '/toggle-on-air', {'isOnAir': True})
            wait_for('the robots to hear each other', lambda: min(
                one['heardRmsDb'] for one in robots.last.values()) > -50, 10)
            for one in (old, show):
                alert = wait_for('the alert', lambda: self.alerts(one), 10)[0]
                self.assertRegex(alert['detail'], "^the data folder can't be written.*" + words)
                wait_for('the health', lambda: not self.health(one)['metrics']['output']['ok'], 10)
                self.assertRegex(self.health(one)['metrics']['output']['problems'][0],
                                 '^segments are lost: .*' + words)
            self.assertEqual(self.status_of_the_rest(), 503)
            metrics = self.serve.call('GET', '/metrics').body.decode()
            self.assertIn('shelcaster_alerts_active{kind="disk_failing"} 2\n', metrics)
            self.assertNotIn('shelcaster_store_waiting 0\n', metrics)
        for one in (old, show):
            wait_for('the alert to be cleared', lambda: not self.alerts(one), 15)
            wait_for('the health', lambda: self.health(one)['metrics']['output']['ok'], 15)
        self.assertEqual(self.status_of_the_rest(), 201)
        fresh = HlsEar(self.serve, show)
        last = fresh.last_segment()
        fresh.wait_for_segment(last + 3)
        samples = fresh.decoded(last + 2, last + 3)
        self.assertGreater(tone_db(samples[len(samples) // 2:], 660), -50)
        self.assertTrue(wait_for('the old show to go on',
                                 lambda: ear.last_segment() > 2, 10))
        # What was kept in memory is on the disk: the next serve knows it.
        self.serve.kill()
        self.serve.start()
        self.assertEqual(self.serve.status(show), 'LIVE')
        self.assertEqual([event['kind'] for event in self.serve.events(show)
                          if event['kind'] in ('show_live', 'alert_raised', 'alert_cleared')
                          and event['data'].get('kind', 'disk_failing') == 'disk_failing'],
                         ['show_live', 'alert_raised', 'alert_cleared'])
        people = self.serve.ask('GET', f'/shows/{show}/participants')
        self.assertEqual(sum(person['isOnAir'] for person in people
                             if person['role'] == 'CALLER'), 3)

    def status_of_the_rest(self):
        """Of a change that can be made later: it isn't kept in memory."""
        return self.serve.call('POST', '/tracklists', {'title': 'Later'}).status

    def test_that_is_read_only(self):
        self.goes_on_the_air(read_only(self.serve.data), '(Operation not permitted|disk I/O error)')

    def test_that_is_full(self):
        self.goes_on_the_air(full(self.disk), '(No space left on device|full)')

    def test_serve_says_at_its_start_that_it_needs_one(self):
        self.serve.kill()
        with read_only(self.serve.data):
            done = subprocess.run(
                [BINARY, 'serve', '--listen', '127.0.0.1:0', '--data', self.serve.data],
                capture_output=True, text=True, timeout=20,
                env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': self.serve.token})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"data\.dir: .* can't be written \(.*\): serve needs a folder")


if __name__ == '__main__':
    unittest.main()

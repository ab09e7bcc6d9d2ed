"""A show's programme on the disk: whole after the death of any process, found and removed by its rules."""

import array
import json
import os
import re
import signal
import subprocess
import time
import unittest

from hls_ear import HlsEar
from running_serve import RunningServe, wait_for
from test_disk import own_disk
from tone_show import Robots, ToneShow, breaks

RATE = 48000


def decoded(sound):
    """Mono samples of the bytes of a sound file, by FFmpeg, which is to find nothing wrong with them."""
    done = subprocess.run(['ffmpeg', '-v', 'error', '-err_detect', 'crccheck', '-i', 'pipe:0', '-ac', '1',
                           '-f', 's16le', 'pipe:1'], input=sound, capture_output=True, check=True)
    assert not done.stderr, done.stderr
    return array.array('h', done.stdout)


class Shelf:
    """What a show has recorded, as its host sees it."""

    def __init__(self, serve, show):
        self.serve, self.show = serve, show

    def answer(self):
        return self.serve.ask('GET', f'/shows/{self.show}/recordings')

    def list(self):
        return self.answer()['recordings']

    def download(self, recording, name):
        file, = (file for file in recording['files'] if file['name'] == name)
        reply = self.serve.call('GET', file['url'][file['url'].index('/shows/'):], token=None)
        assert reply.status == 200, reply
        kept_as = reply.headers['Content-Disposition']
        assert re.match(r'attachment; filename="[^"]+ \d{4}-\d\d-\d\d \d\d-\d\d UTC\.', kept_as), kept_as
        return reply.body

    def marks(self, recording):
        return [json.loads(line) for line in self.download(recording, 'marks.jsonl').splitlines()]

    def wait_for_seconds(self, seconds):
        """The newest has grown by so much."""
        first = wait_for('a recording', self.list)[0]

        def has_grown():
            newest = self.list()[0]
            before = first['durationMs'] if newest['id'] == first['id'] else 0
            return newest['durationMs'] > before + 1000 * seconds

        wait_for('the recording to grow', has_grown, 30, 0.2)


class RecordedShow(unittest.TestCase):
    def setUp(self):
        self.show = ToneShow(robots=0)
        self.addCleanup(self.show.stop)
        self.serve = self.show.serve
        self.shelf = Shelf(self.serve, self.show.show)

    def kill(self, role):
        pid, = wait_for(f'one {role}', lambda: len(self.serve.pids(role)) == 1 and
                        self.serve.pids(role), 10)
        os.kill(pid, signal.SIGKILL)
        wait_for(f'another {role}', lambda: len(self.serve.pids(role)) == 1 and
                 self.serve.pids(role) != [pid], 15)

    def check_tone(self, recording, share_max):
        """From where the compressor has settled, the tone is what it was a period before."""
        began, = (mark['ms'] for mark in self.shelf.marks(recording) if mark['kind'] == 'track')
        lengths = {}
        # Both before either is decoded, which takes a while: the recording may still grow.
        sounds = {name: self.shelf.download(recording, name) for name in ('programme.flac', 'programme.aac')}
        for name, sound in sounds.items():
            samples = decoded(sound)
            lengths[name] = len(samples) / RATE
            settled = samples[(began + 4000) * RATE // 1000:]
            self.assertGreater(len(settled), 5 * RATE)
            bad = [one for one in breaks(settled) if one[1] > share_max[name]]
            self.assertEqual(bad, [], name)
        self.assertAlmostEqual(lengths['programme.flac'], lengths['programme.aac'], delta=0.6)
        return lengths

    def test_it_goes_on_through_the_death_of_every_process(self):
        self.shelf.wait_for_seconds(3)
        for role in ('publish', 'mix', 'publish'):
            self.kill(role)
            self.shelf.wait_for_seconds(3)
        self.serve.kill()
        time.sleep(1)
        self.serve.start()
        self.shelf.wait_for_seconds(3)
        recording, = self.shelf.list()
        self.assertTrue(recording['isOpen'])
        self.assertFalse(recording['isContinuation'])
        # What an encoder that has just begun does to a frame is some hundredths of the tone's height; a
        # sample that is missing or there twice is a tenth and more, for a period.
        self.check_tone(recording, {'programme.flac': 0.03, 'programme.aac': 0.08})

        # The keeper has the tape: with it goes what isn't on the disk, less than a second.
        before = time.time() * 1000
        self.kill('compose')
        wait_for('the next recording', lambda: len(self.shelf.list()) == 2, 30)
        new, old = self.shelf.list()
        self.assertEqual(old['id'], recording['id'])
        self.assertFalse(old['isOpen'])
        self.assertGreater(old['startedAt'] + old['durationMs'], before - 1200)
        self.assertTrue(new['isContinuation'])
        self.assertGreaterEqual(new['startedAt'], old['startedAt'] + old['durationMs'])
        self.check_tone(old, {'programme.flac': 0.03, 'programme.aac': 0.08})

        self.shelf.wait_for_seconds(3)
        self.serve.ask('POST', f'/shows/{self.show.show}/stop')
        self.serve.wait_for_status(self.show.show, 'STOPPED', 30)
        ended = wait_for('its end', lambda: not self.shelf.list()[0]['isOpen'] and self.shelf.list()[0])
        self.assertGreater(len(decoded(self.shelf.download(ended, 'programme.flac'))), 2 * RATE)

    def test_marks_stand_where_things_began(self):
        self.shelf.wait_for_seconds(2)
        recording, = self.shelf.list()
        marks = self.shelf.marks(recording)
        track, = (mark for mark in marks if mark['kind'] == 'track')
        self.assertEqual(track['title'], 'Tone')
        samples = decoded(self.shelf.download(recording, 'programme.flac'))
        height = max(samples)
        onset = next(i for i, sample in enumerate(samples) if abs(sample) > 0.02 * height)
        self.assertAlmostEqual(onset * 1000 / RATE, track['ms'], delta=20)
        self.assertEqual([mark for mark in marks if mark['kind'] == 'on_air'], [], 'nobody is there')
        links = self.serve.ask('GET', f'/shows/{self.show.show}/links')
        robots = Robots(self.serve, self.show.show, links['callerToken'], 1, 'tone:660')
        self.addCleanup(robots.stop)
        guest, = (person['participantId'] for person in
                  self.serve.ask('GET', f'/shows/{self.show.show}/participants')
                  if person['role'] == 'CALLER')
        toggle = f'/shows/{self.show.show}/participants/{guest}/toggle-on-air'
        at = {}
        for kind, is_on_air in (('on_air', True), ('off_air', False)):
            self.serve.ask('POST', toggle, {'isOnAir': is_on_air})
            at[kind] = time.time() * 1000
            self.shelf.wait_for_seconds(1)
        recording, = self.shelf.list()
        seen = {mark['kind']: mark['ms'] + recording['startedAt'] for mark in self.shelf.marks(recording)
                if mark.get('participantId') == guest}
        for kind, unix_ms in at.items():
            # The answer and this clock are read some time after it was done.
            self.assertAlmostEqual(seen[kind], unix_ms, delta=3000)
        self.assertGreater(seen['off_air'], seen['on_air'])
        self.assertNotIn(next(iter(robots.last)), str(self.shelf.marks(recording)), 'no names')

    def test_it_goes_with_its_show(self):
        show = self.show.show
        self.assertTrue((self.serve.data / 'recordings' / show).exists())
        open_one = self.shelf.list()[0]['id']
        self.serve.ask('DELETE', f'/shows/{show}/recordings/{open_one}', status=409)
        self.serve.ask('POST', f'/shows/{show}/stop')
        self.serve.wait_for_status(show, 'STOPPED', 30)
        self.serve.ask('DELETE', f'/shows/{show}')
        wait_for('its files to be gone', lambda: not (self.serve.data / 'recordings' / show).exists(), 15)


class Rules(unittest.TestCase):
    def test_a_disk_that_fills_up_stops_the_recording_and_nothing_else(self):
        with own_disk() as folder:
            # The default reserve of the database and HLS is more than this disk has.
            serve = RunningServe('--reserve-mib', '0', folder=folder)
            try:
                self.fill_and_free(serve, folder)
            finally:
                serve.stop()

    def fill_and_free(self, serve, folder):
        show = serve.live_show()
        shelf, ear = Shelf(serve, show), HlsEar(serve, show)
        shelf.wait_for_seconds(3)
        ballast = folder / 'ballast'
        room = os.statvfs(folder)
        # Its reserve is a tenth of this disk, or 16 MiB; half of that is left, which is plenty for HLS.
        spare = room.f_blocks * room.f_frsize // 20
        ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - spare))
        problem = wait_for('it to say so', lambda: shelf.answer()['problem'], 20)
        self.assertRegex(problem, 'disk is nearly full')
        stopped = shelf.list()[0]['durationMs']
        ear.wait_for_segment(ear.last_segment() + 4)
        self.assertNotIn('DISCONTINUITY\n', ear.play_list().replace('DISCONTINUITY-SEQUENCE', ''))
        self.assertEqual(shelf.list()[0]['durationMs'], stopped)
        ballast.unlink()
        wait_for('it to go on', lambda: not shelf.answer()['problem'], 20)
        shelf.wait_for_seconds(2)
        self.assertGreater(len(decoded(shelf.download(shelf.list()[0], 'programme.flac'))), RATE)

    def test_the_oldest_goes_when_its_show_has_too_much(self):
        serve = RunningServe('--recording-mib-max', '4')
        self.addCleanup(serve.stop)
        shows = []
        for title in ('First', 'Second'):
            show = serve.live_show(title)
            shelf = Shelf(serve, show)
            wait_for('a recording', shelf.list)
            serve.ask('POST', f'/shows/{show}/stop')
            serve.wait_for_status(show, 'STOPPED', 30)
            wait_for('its end', lambda: not shelf.list()[0]['isOpen'])
            shows.append(show)
        full, other = (Shelf(serve, show) for show in shows)
        answer = full.answer()
        young, = answer['recordings']
        self.assertEqual(answer['bytesMax'], 1 << 20)
        self.assertEqual(answer['bytes'], young['bytes'])
        # Of two days ago, with more than a quarter of all; and as much that is young, which stays.
        new_folder = serve.data / 'recordings' / shows[0] / young['id']
        days_ago = int(young['id'].removeprefix('rec-')) - 2 * 24 * 3600 * 1000
        old_folder = new_folder.with_name(f'rec-{days_ago}')
        old_folder.mkdir()
        for folder in (old_folder, new_folder):
            (folder / 'programme.aac').unlink(missing_ok=True)
            (folder / 'programme.aac').write_bytes(bytes(2 << 20))
        wait_for('the oldest to be removed', lambda: not old_folder.exists(), 90, 1)
        self.assertEqual([one['id'] for one in full.list()], [young['id']])
        self.assertEqual(full.answer()['nextToGo'], young['id'])
        self.assertEqual(len(other.list()), 1)
        rows = serve.ask('GET', f'/shows/{shows[0]}/events?types=recording_removed')['events']
        self.assertEqual([row['data'] for row in rows],
                         [{'recordingId': old_folder.name, 'reason': 'too_much'}])

    def test_one_that_a_crash_has_left_is_closed_when_nobody_records(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.live_show()
        shelf = Shelf(serve, show)
        shelf.wait_for_seconds(1)
        for role in ('compose', 'publish', 'mix'):
            for pid in serve.pids(role):
                os.kill(pid, signal.SIGKILL)
        serve.ask('POST', f'/shows/{show}/stop')
        serve.wait_for_status(show, 'STOPPED', 30)
        recording = wait_for('its end', lambda: not shelf.list()[0]['isOpen'] and shelf.list()[0], 45, 0.5)
        serve.ask('DELETE', f'/shows/{show}/recordings/{recording["id"]}', status=204)

    def test_it_can_be_switched_off(self):
        serve = RunningServe('--recording=false')
        self.addCleanup(serve.stop)
        show = serve.live_show()
        HlsEar(serve, show).wait_for_segment(1)
        answer = Shelf(serve, show).answer()
        self.assertFalse(answer['isEnabled'])
        self.assertEqual(answer['recordings'], [])
        self.assertFalse((serve.data / 'recordings' / show).exists())


if __name__ == '__main__':
    unittest.main()

"""Players that are opened the moment a show is started, before it has anything to hear: each plays."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from running_serve import RunningServe, wait_for

WANTED_S = 5


def seconds_in(path):
    """Of a WAV that is being written, of any kind of samples."""
    try:
        with open(path, 'rb') as file:
            head = file.read(44)
    except OSError:
        return 0.0
    if len(head) < 44:
        return 0.0
    bytes_per_second = int.from_bytes(head[28:32], 'little')
    return (path.stat().st_size - len(head)) / bytes_per_second


class Players(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='shelcaster-players-'))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o777)
        self.show = self.serve.ask('POST', '/shows', {'title': 'Early'})['showId']

    def play(self, *command, **options):
        """Starts the show and the player, which is to write what it hears into heard.wav."""
        program = shutil.which(command[0])
        if program is None:
            self.skipTest(f'there is no {command[0]} here')
        heard = self.folder / 'heard.wav'
        url = self.serve.ask('POST', f'/shows/{self.show}/start')['hlsUrl']
        self.addCleanup(self.serve.call, 'POST', f'/shows/{self.show}/stop')
        words = [word.format(url=url, heard=heard) for word in command]
        with open(self.folder / 'log', 'w') as log:
            player = subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log,
                                      stdin=subprocess.DEVNULL,
                                      env={**os.environ, 'HOME': str(self.folder)}, **options)
        self.addCleanup(player.wait)
        self.addCleanup(player.kill)
        try:
            wait_for('sound', lambda: seconds_in(heard) >= WANTED_S or player.poll() is not None, 45)
            self.assertGreaterEqual(seconds_in(heard), WANTED_S)
        except Exception:
            print((self.folder / 'log').read_text()[-3_000:])
            raise

    def test_ffmpeg(self):
        self.play('ffmpeg', '-v', 'warning', '-i', '{url}', '-t', '8', '-flush_packets', '1', '{heard}')

    def test_mpv(self):
        self.play('mpv', '--no-config', '--no-video', '--ao=pcm', '--ao-pcm-file={heard}',
                  '--length=8', '{url}')

    def test_vlc(self):
        # It refuses to be root.
        options = {'user': 'nobody', 'group': 'nogroup'} if os.geteuid() == 0 else {}
        self.play('cvlc', '-I', 'dummy', '--run-time=12', '--play-and-exit', '--sout',
                  '#transcode{{acodec=s16l,channels=2,samplerate=48000}}:std{{access=file,mux=wav,'
                  'dst={heard}}}', '{url}', 'vlc://quit', **options)

    def test_gstreamer(self):
        self.play('gst-launch-1.0', '-q', 'uridecodebin', 'uri={url}', '!', 'audioconvert', '!',
                  'audioresample', '!', 'audio/x-raw,format=S16LE', '!', 'wavenc', '!', 'filesink',
                  'location={heard}', 'buffer-mode=unbuffered')

    def test_many_wait_and_are_answered_together(self):
        self.serve.ask('POST', f'/shows/{self.show}/start')
        self.addCleanup(self.serve.call, 'POST', f'/shows/{self.show}/stop')
        replies, began = [], time.monotonic()

        def ask(name):
            replies.append(self.serve.call('GET', f'/live/{self.show}/{name}', token=None))

        threads = [threading.Thread(target=ask, args=(name,))
                   for name in ('master.m3u8', 'index.m3u8') * 20]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({reply.status for reply in replies}, {200}, replies[0])
        lists = {reply.body for reply in replies}
        self.assertTrue(any(b'#EXTINF' in body for body in lists), lists)
        self.assertTrue(any(b'CODECS="mp4a.40.2"' in body for body in lists), lists)
        self.assertLess(time.monotonic() - began, 15)

    def test_what_is_not_to_come_is_missing_at_once(self):
        began = time.monotonic()
        for show in (self.show, 'show-000000000000'):
            for name in ('master.m3u8', 'index.m3u8'):
                reply = self.serve.call('GET', f'/live/{show}/{name}', token=None)
                self.assertEqual(reply.status, 404, reply)
        self.assertLess(time.monotonic() - began, 5)

    def test_a_show_that_begins_again_is_not_heard_as_it_ended(self):
        self.serve.ask('POST', f'/shows/{self.show}/start')
        first = self.serve.call('GET', f'/live/{self.show}/index.m3u8', token=None)
        self.assertEqual(first.status, 200, first)
        self.serve.ask('POST', f'/shows/{self.show}/stop')
        self.serve.wait_for_status(self.show, 'STOPPED')
        ended = self.serve.call('GET', f'/live/{self.show}/index.m3u8', token=None)
        self.assertIn(b'#EXT-X-ENDLIST', ended.body)
        self.serve.ask('POST', f'/shows/{self.show}/start')
        self.addCleanup(self.serve.call, 'POST', f'/shows/{self.show}/stop')
        again = self.serve.call('GET', f'/live/{self.show}/index.m3u8', token=None)
        self.assertEqual(again.status, 200, again)
        self.assertNotIn(b'#EXT-X-ENDLIST', again.body)
        self.assertIn(b'#EXTINF', again.body)


if __name__ == '__main__':
    unittest.main()

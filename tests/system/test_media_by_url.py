"""What PLAY_MEDIA plays by URL, from a server that sends slowly, breaks off, or has no music."""

import os
import signal
import subprocess
import time
import unittest

from media_server import MediaServer, tone_file
from running_serve import RunningServe, wait_for
from websocket_client import WebSocketClient


def deck_db(frame):
    """The deck's level in a levels frame; nothing for other frames."""
    if frame['type'] != 'levels':
        return None
    return next((source['rmsDb'] for source in frame['sources'] if source['id'] == 'deck'), -120)


def is_heard(frame):
    level = deck_db(frame)
    return level is not None and level > -50


def is_silent(frame):
    level = deck_db(frame)
    return level is not None and level < -80


class MediaByUrl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--allow-private-urls')
        cls.addClassCleanup(cls.serve.stop)
        cls.media = MediaServer()
        cls.addClassCleanup(cls.media.stop)
        made = cls.serve.ask('POST', '/sessions', {'title': 'By URL'}, status=201)
        cls.show, cls.session = made['showId'], made['sessionId']
        cls.serve.wait_for_status(cls.show, 'LIVE')
        cls.socket = WebSocketClient(cls.serve.port, f'/shows/{cls.show}/events', cls.serve.token)
        cls.addClassCleanup(cls.socket.close)

    def command(self, name, url=None, status=200):
        body = {'command': name}
        if url:
            body |= {'programId': 'program-1', 'program_url': url}
        answer = self.serve.ask('POST', f'/sessions/{self.session}/program/commands', body,
                                status=status)
        if status == 200:
            self.assertEqual(answer, {'command': name, 'message': 'Command sent'})
        return answer

    def stop_media(self):
        since = time.monotonic()
        self.command('STOP_MEDIA')
        self.socket.wait_frame('silence', is_silent, 3, since)

    def tracks_of(self, url):
        tracks = self.serve.ask('GET', '/tracks')['tracks']
        return [track for track in tracks if track['source'] == url]

    def track_of(self, url):
        return self.tracks_of(url)[-1]

    def deck_after(self, since, what, wanted, limit_s=5):
        return self.socket.wait_frame(
            what, lambda frame: frame['type'] == 'deck' and wanted(frame), limit_s, since)[1]

    def assert_heard_while_it_comes(self, name, *options):
        url = self.media.serve(f'/{name}', tone_file(name, 45, *options))
        asked = time.monotonic()
        self.command('PLAY_MEDIA', url)
        heard, _ = self.socket.wait_frame(f'{name} is heard', is_heard, 5, asked)
        self.assertLess(heard - asked, 2.0, name)
        self.assertEqual(self.track_of(url)['status'], 'IMPORTING', name)
        self.stop_media()

    def test_is_heard_within_two_seconds_and_before_its_import_is_finished(self):
        self.assert_heard_while_it_comes('slow.mp3', '-b:a', '128k')
        self.assert_heard_while_it_comes('slow.m4a', '-b:a', '128k', '-movflags', '+faststart')
        self.assert_heard_while_it_comes('slow.wav', '-ac', '1', '-ar', '22050')

    def test_is_in_the_programme_that_listeners_decode(self):
        url = self.media.serve('/tone.mp3', tone_file('tone.mp3', 40, '-b:a', '128k'))
        self.command('PLAY_MEDIA', url)
        hls = f'http://127.0.0.1:{self.serve.port}/live/{self.show}/index.m3u8'

        def mean_db():
            decoded = subprocess.run(
                ['ffmpeg', '-nostdin', '-v', 'info', '-live_start_index', '-1', '-i', hls, '-t',
                 '1', '-af', 'highpass=400,lowpass=480,volumedetect', '-f', 'null', '-'],
                capture_output=True, text=True, timeout=20)
            found = [line for line in decoded.stderr.splitlines() if 'mean_volume' in line]
            return float(found[0].split('mean_volume:')[1].split()[0]) if found else -120.0

        # -18 dB FS peak, 30 % of it: a mean of about -31.5 dB.
        wait_for('the tone in the HLS', lambda: mean_db() > -40, 20, 0.5)
        self.stop_media()

    def test_pauses_where_it_is_and_goes_on_from_there(self):
        url = self.media.serve('/pause.mp3', tone_file('pause.mp3', 40, '-b:a', '128k'), 1_000_000)
        began = time.monotonic()
        self.command('PLAY_MEDIA', url)
        self.socket.wait_frame('sound', is_heard, 5, began)
        paused = time.monotonic()
        self.command('PAUSE_MEDIA')
        self.socket.wait_frame('silence', is_silent, 3, paused)
        deck = self.deck_after(paused, 'a pause', lambda frame: frame['state'] == 'PAUSED')
        self.assertGreater(deck['positionMs'], 0)
        self.serve.ask('POST', f'/shows/{self.show}/deck/commands', {'command': 'PLAY'})
        went_on = self.deck_after(paused, 'sound again', lambda frame: frame['state'] == 'PLAYING')
        self.assertGreaterEqual(went_on['positionMs'], deck['positionMs'])
        self.socket.wait_frame('sound again', is_heard, 3, time.monotonic())
        stopped = time.monotonic()
        self.stop_media()
        self.deck_after(stopped, 'a stop', lambda frame: frame['state'] == 'STOPPED')

    def test_replays_a_url_from_the_ready_file(self):
        url = self.media.serve('/twice.mp3', tone_file('twice.mp3', 6, '-b:a', '128k'), 1_000_000)
        self.command('PLAY_MEDIA', url)
        wait_for('the import', lambda: self.track_of(url)['status'] == 'READY', 10)
        self.stop_media()
        asked = self.media.requests.count('/twice.mp3')
        again = time.monotonic()
        self.command('PLAY_MEDIA', url)
        heard, _ = self.socket.wait_frame('the tone again', is_heard, 5, again)
        self.assertLess(heard - again, 1.0)
        self.assertEqual(self.media.requests.count('/twice.mp3'), asked)
        deck = self.deck_after(again, 'its length', lambda frame: frame['durationMs'])
        self.assertAlmostEqual(deck['durationMs'], 6_000, delta=100)
        self.stop_media()

    def assert_fails_and_the_deck_is_free(self, url, says):
        asked = time.monotonic()
        self.command('PLAY_MEDIA', url)
        _, failed = self.socket.wait_frame(
            'the failure', lambda frame: frame['type'] == 'event' and
            frame['kind'] == 'track_failed', 8, asked)
        self.assertIn(says, failed['data']['error'])
        # It goes when the deck is done with it.
        self.assertLessEqual({track['status'] for track in self.tracks_of(url)}, {'FAILED'})
        wait_for('the deck to stop', lambda: self.serve.ask(
            'GET', f'/shows/{self.show}/deck')['state'] == 'STOPPED', 3)

    def test_says_that_there_is_nothing_at_a_url(self):
        self.assert_fails_and_the_deck_is_free(f'{self.media.url}/nothing.mp3', '404')

    def test_says_that_a_url_is_no_audio(self):
        page = b'<!doctype html><title>No music</title>' + b'<p>here</p>' * 2_000
        url = self.media.serve('/page.mp3', page, 1_000_000)
        self.assert_fails_and_the_deck_is_free(url, 'no audio file')

    def test_goes_on_to_the_next_in_the_queue_when_a_url_turns_out_to_be_no_audio(self):
        page = b'<!doctype html><title>No music</title>' + b'<p>here</p>' * 2_000
        bad = self.media.serve('/slow-page.mp3', page, 10_000)
        good = self.media.serve('/next.mp3', tone_file('next.mp3', 20, '-b:a', '128k'), 1_000_000)
        began = time.monotonic()
        for url in (bad, good):
            track = self.serve.ask('POST', '/tracks', {'url': url}, status=202)['trackId']
            self.serve.ask('POST', f'/shows/{self.show}/queue', {'trackId': track}, status=201)
        self.serve.ask('POST', f'/shows/{self.show}/deck/commands', {'command': 'PLAY'})
        asked = time.monotonic()
        # A disk that is busy can make the requests take longer than the download.
        failed, _ = self.socket.wait_frame(
            'the failure', lambda frame: frame['type'] == 'event' and
            frame['kind'] == 'track_failed', 15, began)
        heard, _ = self.socket.wait_frame('the next one', is_heard, 5, began)
        self.assertLess(heard - max(asked, failed), 2.0)
        self.stop_media()
        for item in self.serve.ask('GET', f'/shows/{self.show}/queue')['items']:
            self.serve.call('DELETE', f'/shows/{self.show}/queue/{item["itemId"]}')

    def test_plays_what_has_come_of_a_url_that_breaks_off(self):
        url = self.media.serve('/broken.mp3', tone_file('broken.mp3', 30, '-b:a', '128k'),
                               1_000_000, ends_after=64_000)
        asked = time.monotonic()
        self.command('PLAY_MEDIA', url)
        self.socket.wait_frame('the failure', lambda frame: frame['type'] == 'event' and
                               frame['kind'] == 'track_failed', 5, asked)
        self.socket.wait_frame('sound', is_heard, 3, asked)
        # 64 kB are 4 s; without the end of the file the deck would wait for more of it.
        self.deck_after(asked, 'the end', lambda frame: frame['state'] == 'STOPPED', 8)

    def test_is_heard_again_after_the_mixer_has_crashed(self):
        url = self.media.serve('/crash.mp3', tone_file('crash.mp3', 40, '-b:a', '128k'), 1_000_000)
        asked = time.monotonic()
        self.command('PLAY_MEDIA', url)
        self.deck_after(asked, 'two seconds', lambda frame: frame['positionMs'] >= 2_000)
        crashed = time.monotonic()
        os.kill(self.serve.pids('mix')[0], signal.SIGKILL)
        self.socket.wait_frame('sound again', is_heard, 8, crashed + 0.5)
        deck = self.deck_after(crashed, 'its position', lambda frame: frame['state'] == 'PLAYING')
        self.assertGreater(deck['positionMs'], 1_000)
        self.stop_media()

    def test_plays_at_once_while_other_imports_take_all_places(self):
        slow = tone_file('slow.mp3', 30, '-b:a', '128k')
        waiting = [self.media.serve(f'/waiting-{i}.mp3', slow, 8_000) for i in range(6)]
        for url in waiting:
            self.serve.ask('POST', '/tracks', {'url': url}, status=202)
        asked = time.monotonic()
        self.command('PLAY_MEDIA', waiting[-1])  # known already, but its turn hasn't come
        heard, _ = self.socket.wait_frame('sound', is_heard, 5, asked)
        self.assertLess(heard - asked, 3.0)  # 8 kB/s is half of what it plays
        self.stop_media()
        for track in self.serve.ask('GET', '/tracks')['tracks']:
            if track['source'] in waiting:
                self.serve.call('DELETE', f'/tracks/{track["trackId"]}')


    def test_ends_streams_that_no_deck_wants_any_more(self):
        song = tone_file('radio.mp3', 5, '-b:a', '128k', '-write_xing', '0')
        for i in range(16):
            self.command('PLAY_MEDIA', self.media.serve_endless(f'/radio-{i}', song))
            wait_for('the stream', lambda i=i: f'/radio-{i}' in self.media.requests, 5)
            self.command('STOP_MEDIA')
        wait_for('their end', lambda: self.media.streaming == 0, 15)
        tracks = self.serve.ask('GET', '/tracks')['tracks']
        self.assertFalse([track for track in tracks if '/radio-' in track['source']])
        # One that plays goes on, and ends with the show.
        other = self.serve.live_show('Radio')
        session = self.serve.ask('POST', '/sessions', {'showId': other}, status=201)['sessionId']
        self.serve.ask('POST', f'/sessions/{session}/program/commands', {
            'command': 'PLAY_MEDIA', 'program_url': self.media.serve_endless('/radio', song)})
        wait_for('some of it', lambda: self.serve.ask(
            'GET', f'/shows/{other}/deck')['positionMs'] > 5_000, 15)
        self.assertEqual(self.media.streaming, 1)
        self.serve.ask('POST', f'/shows/{other}/stop')
        wait_for('its end', lambda: self.media.streaming == 0, 10)

    def test_ends_cleanly_when_a_track_is_deleted_while_it_is_fetched_and_played(self):
        song = tone_file('gone.mp3', 5, '-b:a', '128k', '-write_xing', '0')
        asked = time.monotonic()
        url = self.media.serve_endless('/gone', song)
        self.command('PLAY_MEDIA', url)
        self.socket.wait_frame('sound', is_heard, 5, asked)
        deleted = time.monotonic()
        self.serve.call('DELETE', f'/tracks/{self.track_of(url)["trackId"]}')
        self.deck_after(deleted, 'the end', lambda frame: frame['state'] == 'STOPPED', 3)
        wait_for('the end of the stream', lambda: self.media.streaming == 0, 5)


class PrivateUrls(unittest.TestCase):
    def test_are_refused_unless_allowed_by_address_by_name_and_behind_redirects(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        media = MediaServer()
        self.addCleanup(media.stop)
        media.serve('/a.mp3', b'')
        made = serve.ask('POST', '/sessions', {}, status=201)
        commands = f'/sessions/{made["sessionId"]}/program/commands'
        for url in (f'http://127.0.0.1:{media.port}/a.mp3', f'http://localhost:{media.port}/a.mp3',
                    'http://10.1.2.3/a.mp3', 'http://169.254.169.254/latest/meta-data',
                    'http://192.168.1.1/a', 'http://172.20.0.1/a', 'http://[::1]/a.mp3',
                    'http://[fe80::1]/a.mp3', 'http://[fd00::1]/a', 'http://[::ffff:127.0.0.1]/a',
                    'file:///etc/passwd', 'ftp://example.org/a', 'nonsense'):
            for path, body in ((commands, {'command': 'PLAY_MEDIA', 'program_url': url}),
                               ('/tracks', {'url': url})):
                reply = serve.call('POST', path, body)
                self.assertEqual(reply.status, 422, url)
                self.assertIn(reply.json['errors'][0]['pointer'], ('/program_url', '/url'))
        # Names and odd notations are judged when they are connected to.
        for url in (f'http://2130706433:{media.port}/a.mp3', f'http://127.1:{media.port}/a.mp3',
                    f'http://0x7f.1:{media.port}/a.mp3'):
            reply = serve.call('POST', '/tracks', {'url': url})
            if reply.status == 202:
                path = f'/tracks/{reply.json["trackId"]}'
                wait_for('its failure',
                         lambda: serve.ask('GET', path)['status'] == 'FAILED')
                self.assertIn('private or local', serve.ask('GET', path)['error'])
            else:
                self.assertEqual(reply.status, 422, url)
        self.assertEqual(media.requests, [])


if __name__ == '__main__':
    unittest.main()

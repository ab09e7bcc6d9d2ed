"""Uploads: what they are called, what they say of themselves, who goes first, and what is full."""

import pathlib
import socket
import subprocess
import tempfile
import unittest

from media_server import tone_file
from running_serve import RunningServe, wait_for


def form(content, disposition):
    head = f'--B\r\nContent-Disposition: form-data; name="file"; {disposition}\r\n\r\n'
    return head.encode() + content + b'\r\n--B--\r\n'


def tagged_file():
    """Two seconds with a title, an artist and a picture."""
    with tempfile.TemporaryDirectory() as folder:
        picture, path = pathlib.Path(folder) / 'c.jpg', pathlib.Path(folder) / 'a.mp3'
        subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=s=64x64',
                        '-frames:v', '1', picture], check=True, timeout=60)
        subprocess.run(['ffmpeg', '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=2',
                        '-i', picture, '-map', '0', '-map', '1', '-c:v', 'copy', '-metadata',
                        'title=Lied', '-metadata', 'artist=Sänger', path], check=True, timeout=60)
        return path.read_bytes(), picture.read_bytes()


class Tracks(unittest.TestCase):
    def serve(self, *flags):
        serve = RunningServe(*flags)
        self.addCleanup(serve.stop)
        return serve

    def upload(self, serve, content, kind='audio/mpeg', query='', status=202):
        reply = serve.call('POST', f'/tracks{query}', content, headers={'Content-Type': kind})
        self.assertEqual(reply.status, status, reply)
        return reply.json

    def imported(self, serve, track, limit_s=20):
        def is_over():
            found = serve.ask('GET', f'/tracks/{track}')
            return found if found['status'] != 'IMPORTING' else None
        return wait_for('the import', is_over, limit_s)

    def test_have_the_names_of_their_files_and_what_their_tags_say(self):
        serve = self.serve()
        plain = tone_file('a.mp3', 1, '-b:a', '64k')
        accepted = self.upload(serve, form(plain, 'filename="Artist - Song.mp3"'),
                               'multipart/form-data; boundary=B')
        self.assertEqual(accepted['title'], 'Artist - Song')
        self.assertEqual(self.imported(serve, accepted['trackId'])['status'], 'READY')
        music, picture = tagged_file()
        track = self.imported(serve, self.upload(serve, music)['trackId'])
        self.assertEqual((track['title'], track['artist'], track['album']), ('Lied', 'Sänger', ''))
        cover = serve.call('GET', track['coverUrl'], token=None)
        self.assertEqual(cover.status, 200)
        self.assertEqual(cover.headers['Content-Type'], 'image/jpeg')
        self.assertEqual(cover.headers['X-Content-Type-Options'], 'nosniff')
        self.assertEqual(int(cover.headers['Content-Length']), len(picture))
        serve.call('DELETE', f'/tracks/{track["trackId"]}')
        self.assertEqual(serve.call('GET', track['coverUrl'], token=None).status, 404)

    def test_a_jingle_does_not_wait_behind_a_nights_recordings(self):
        serve = self.serve()
        night = tone_file('night.wav', 900)
        nights = [self.upload(serve, night, 'audio/wav')['trackId'] for _ in range(3)]
        jingle = self.upload(serve, tone_file('jingle.mp3', 6))['trackId']
        self.assertEqual(self.imported(serve, jingle)['status'], 'READY')
        left = [serve.ask('GET', f'/tracks/{night}')['status'] for night in nights]
        self.assertIn('IMPORTING', left)

    def test_are_refused_when_there_is_no_room_for_them(self):
        serve = self.serve('--ready-mib-max', '1', '--spool-mib-max', '2', '--reserve-mib', '0')
        # A few kB of FLAC, 3.4 MB as a ready file.
        track = self.upload(serve, tone_file('long.flac', 20, '-af', 'volume=0'), 'audio/flac')
        track = self.imported(serve, track['trackId'])
        self.assertEqual(track['status'], 'FAILED')
        self.assertIn('tracks.ready_mib_max', track['error'])
        refused = self.upload(serve, bytes(3 << 20), status=507)
        self.assertIn('tracks.spool_mib_max', refused['detail'])
        full = self.serve('--reserve-mib', '1000000')
        refused = self.upload(full, tone_file('a.mp3', 1), status=507)
        self.assertIn('data.reserve_mib', refused['detail'])

    def test_leave_room_for_other_shows_and_the_station(self):
        serve = self.serve('--spool-mib-max', '8', '--upload-mib-max', '2', '--reserve-mib', '0')
        hosts = []
        for title in ('A', 'B'):
            show = serve.ask('POST', '/shows', {'title': title})['showId']
            hosts.append(serve.ask('GET', f'/shows/{show}/links')['hostToken'])

        def begin(token, length):
            """Says that so much comes, and sends little of it."""
            sock = socket.create_connection(('127.0.0.1', serve.port), timeout=10)
            self.addCleanup(sock.close)
            sock.sendall(f'POST /tracks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n'
                         f'Content-Type: audio/mpeg\r\nContent-Length: {length}\r\n\r\nabc'.encode())
            return sock

        def upload(token):
            return serve.call('POST', '/tracks', tone_file('a.mp3', 1), token=token,
                              headers={'Content-Type': 'audio/mpeg'})

        spool = serve.data / 'spool'
        begin(hosts[0], 2 << 20)
        wait_for('the upload to begin', lambda: any(spool.iterdir()))
        refused = upload(hosts[0])
        self.assertEqual(refused.status, 507, refused)
        self.assertEqual(refused.json['title'], 'Insufficient Storage')
        self.assertIn('tracks.spool_mib_max', refused.json['detail'])
        for token in (hosts[1], serve.token):
            begin(token, 1 << 20)
        wait_for('the others to begin', lambda: len(list(spool.iterdir())) == 3)
        for token in (hosts[1], serve.token):
            self.assertEqual(upload(token).status, 202)

    def test_that_were_acknowledged_are_imported_after_a_kill(self):
        serve = self.serve('--imports-max', '1')
        night = tone_file('night.wav', 900)
        headers = {'Content-Type': 'multipart/form-data; boundary=B', 'Idempotency-Key': 'once'}
        body = form(tone_file('a.mp3', 2), 'filename="Song.mp3"')
        self.upload(serve, night, 'audio/wav')
        waiting = serve.call('POST', '/tracks', body, headers=headers)
        serve.kill()
        self.assertEqual(waiting.status, 202, waiting)
        # What nobody was told of.
        lost = serve.data / 'spool' / 'upload~station~of~track-nobodys'
        lost.write_bytes(b'x')
        serve.start()
        self.assertFalse(lost.exists())
        tracks = serve.ask('GET', '/tracks')['tracks']
        self.assertEqual(len(tracks), 2)
        for track in tracks:
            done = self.imported(serve, track['trackId'], 60)
            self.assertEqual(done['status'], 'READY', done)
        again = serve.call('POST', '/tracks', body, headers=headers)
        self.assertEqual(again.json['trackId'], waiting.json['trackId'])
        wait_for('the spool to be empty', lambda: not any((serve.data / 'spool').iterdir()))


if __name__ == '__main__':
    unittest.main()

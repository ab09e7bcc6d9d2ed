"""A `serve` that is restarted behind a socket that stays costs nobody anything."""

import http.client
import subprocess
import threading
import time
import unittest

from hls_ear import HlsEar
from running_serve import wait_for
from socket_serve import SocketServe
from websocket_client import WebSocketClient


class Restart(unittest.TestCase):
    def setUp(self):
        self.serve = SocketServe()
        self.addCleanup(self.serve.stop)

    def test_players_hear_no_gap(self):
        show = self.serve.live_show()
        url = f'http://127.0.0.1:{self.serve.port}/live/{show}/master.m3u8'
        # Its defaults: 2 channels of 44.1 or 48 kHz as they come, no reconnecting by options.
        player = subprocess.Popen(['ffmpeg', '-v', 'repeat+warning', '-i', url, '-t', '30', '-f', 's16le',
                                   '-ar', '48000', '-ac', '1', 'pipe:1'],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(player.wait)
        self.addCleanup(player.kill)
        ear = HlsEar(self.serve, show)
        heard = []
        reader = threading.Thread(target=lambda: heard.extend(player.communicate()))
        reader.start()
        end = time.monotonic() + 20
        restarts = 0
        while time.monotonic() < end:
            self.serve.restart()
            restarts += 1
            # Between two of them a player asks for the list, and for a segment.
            ear.wait_for_segment(ear.last_segment() + 2)
        reader.join(60)
        self.assertEqual(player.returncode, 0, heard)
        self.assertGreaterEqual(restarts, 3)
        samples, complaints = heard
        self.assertEqual(len(samples) // 2, 30 * 48_000)
        # Of what it fetches; its demuxer has words about any live stream.
        told = [line for line in complaints.decode().splitlines() if 'mov,mp4' not in line]
        self.assertEqual(told, [], complaints)

    def test_requests_wait_for_the_next_one(self):
        faults, statuses = [], []
        over = threading.Event()

        def ask():
            while not over.is_set():
                connection = http.client.HTTPConnection('127.0.0.1', self.serve.port, timeout=20)
                try:
                    connection.request('GET', '/healthz')
                    statuses.append(connection.getresponse().status)
                except OSError as error:
                    faults.append(repr(error))
                finally:
                    connection.close()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.serve.restart()
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(faults, [])
        self.assertEqual(set(statuses), {200})

    def test_what_was_asked_is_answered_before_the_end(self):
        show = self.serve.ask('POST', '/shows', {'title': 'Restarted'})['showId']
        events = WebSocketClient(self.serve.port, f'/shows/{show}/events', self.serve.token)
        self.addCleanup(events.close)
        slow = http.client.HTTPConnection('127.0.0.1', self.serve.port, timeout=20)
        self.addCleanup(slow.close)
        body = b'{"title": "Half said"}'
        slow.putrequest('POST', '/shows')
        slow.putheader('Authorization', f'Bearer {self.serve.token}')
        slow.putheader('Content-Type', 'application/json')
        slow.putheader('Content-Length', str(len(body)))
        slow.endheaders()
        slow.send(body[:5])
        old = self.serve.process
        old.terminate()
        wait_for('the stream to be closed', lambda: not events.is_open)
        self.assertEqual(events.close_code, 1012)
        self.assertIsNone(old.poll())
        slow.send(body[5:])
        answer = slow.getresponse()
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.headers['Connection'], 'close')
        self.assertEqual(old.wait(15), 0)
        self.serve.start()
        titles = {one['title'] for one in self.serve.ask('GET', '/shows')['shows']}
        self.assertEqual(titles, {'Restarted', 'Half said'})


if __name__ == '__main__':
    unittest.main()

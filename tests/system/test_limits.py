"""What the server takes from outside, and what it keeps when it gets more."""

import http.client
import json
import pathlib
import re
import socket
import threading
import time
import unittest

from running_serve import RunningServe, wait_for
from tone_show import play_tone
from websocket_client import Refused, WebSocketClient

TWO_GB = 2 * 1024 ** 3


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--upload-mib-max', '4')
        cls.addClassCleanup(cls.serve.stop)
        cls.show = cls.serve.live_show()

    def last_segment(self):
        path = self.serve.data / 'hls' / self.show / 'index.m3u8'
        text = path.read_text() if path.exists() else ''
        return max((int(number) for number in re.findall(r'seg-(\d+)\.m4s', text)), default=-1)

    def spooled_bytes(self):
        return sum(file.stat().st_size for file in (self.serve.data / 'spool').iterdir())

    def assert_show_goes_on(self):
        before = self.last_segment()
        wait_for('a new segment', lambda: self.last_segment() > before, 12)
        self.assertEqual(self.serve.status(self.show), 'LIVE')

    def request_head(self, *lines):
        sock = socket.create_connection(('127.0.0.1', self.serve.port), timeout=10)
        self.addCleanup(sock.close)
        head = ['POST /tracks HTTP/1.1', 'Host: x', f'Authorization: Bearer {self.serve.token}',
                'Content-Type: audio/mpeg', *lines]
        sock.sendall(('\r\n'.join(head) + '\r\n\r\n').encode())
        return sock

    def test_two_gigabytes_are_refused_at_the_head(self):
        sock = self.request_head(f'Content-Length: {TWO_GB}')
        began = time.monotonic()
        answer = sock.recv(65536)
        self.assertTrue(answer.startswith(b'HTTP/1.1 413 '), answer)
        self.assertIn(b'application/problem+json', answer)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(self.spooled_bytes(), 0)
        self.assert_show_goes_on()

    def test_two_gigabytes_are_refused_before_they_are_sent(self):
        sock = self.request_head(f'Content-Length: {TWO_GB}', 'Expect: 100-continue')
        self.assertTrue(sock.recv(65536).startswith(b'HTTP/1.1 413 '))

    def test_a_body_without_length_is_cut_off_at_the_limit(self):
        sock = self.request_head('Transfer-Encoding: chunked')
        chunk = b'10000\r\n' + b'x' * 0x10000 + b'\r\n'
        sent = 0
        try:
            for _ in range(TWO_GB // 0x10000):
                sock.sendall(chunk)
                sent += 0x10000
        except OSError:
            pass
        try:
            answer = sock.recv(65536)
        except ConnectionError:
            answer = b''
        self.assertLess(sent, 64 * 1024 ** 2)
        # The reset that ends the sending may overtake the answer.
        self.assertTrue(answer == b'' or answer.startswith(b'HTTP/1.1 413 '), answer)
        wait_for('the spool to be empty', lambda: self.spooled_bytes() == 0, 5)
        self.assertEqual(self.serve.ask('GET', '/tracks')['tracks'], [])
        self.assert_show_goes_on()

    def test_a_body_without_length_below_the_limit_is_taken(self):
        connection = self.serve.connect()
        self.addCleanup(connection.close)
        connection.request('POST', '/tracks', iter([b'no music'] * 4), encode_chunked=True, headers={
            'Authorization': f'Bearer {self.serve.token}', 'Content-Type': 'audio/mpeg',
            'Transfer-Encoding': 'chunked'})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 202)
        track = json.loads(answer.read())['trackId']
        wait_for('its failure', lambda: self.serve.ask(
            'GET', f'/tracks/{track}')['status'] == 'FAILED')
        self.assertIn('no audio file', self.serve.ask('GET', f'/tracks/{track}')['error'])
        self.serve.call('DELETE', f'/tracks/{track}')

    def test_a_stranger_uploads_nothing(self):
        reply = self.serve.call('POST', '/tracks', b'x' * 1000, token=None,
                                headers={'Content-Type': 'audio/mpeg'})
        self.assertEqual(reply.status, 401)
        reply = self.serve.call('POST', '/tracks', b'x' * 1000,
                                headers={'Content-Type': 'text/html'})
        self.assertEqual(reply.status, 415)


class EventStreams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)
        cls.show = cls.serve.ask('POST', '/shows', {'title': 'Events'})['showId']

    def open(self, query='', token=None):
        client = WebSocketClient(self.serve.port, f'/shows/{self.show}/events{query}',
                                 token or self.serve.token)
        self.addCleanup(client.close)
        return client

    def numbers(self, client):
        return [frame['number'] for _, frame in client.frames if frame['type'] == 'event']

    def test_resuming_misses_nothing_and_repeats_nothing(self):
        rename = threading.Event()

        def make_events():
            for i in range(120):
                self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'hostVolume': i % 100})
            rename.set()

        maker = threading.Thread(target=make_events)
        maker.start()
        self.addCleanup(maker.join)
        seen = []
        after = 0
        while not rename.is_set():
            client = self.open(f'?after={after}')
            time.sleep(0.05)
            client.close()
            seen += self.numbers(client)
            after = seen[-1] if seen else 0
        maker.join()
        client = self.open(f'?after={after}')
        last = self.serve.ask('GET', f'/shows/{self.show}/events')['last']
        wait_for('the rest', lambda: self.numbers(client)[-1:] == [last] or after == last, 5)
        seen += self.numbers(client)
        self.assertEqual(seen, list(range(1, last + 1)))

    def test_begins_with_the_state_and_takes_its_token_in_three_ways(self):
        for client in (self.open(),
                       WebSocketClient(self.serve.port,
                                       f'/shows/{self.show}/events?token={self.serve.token}'),
                       WebSocketClient(self.serve.port, f'/shows/{self.show}/events', headers=(
                           f'Sec-WebSocket-Protocol: bearer.{self.serve.token}',))):
            self.addCleanup(client.close)
            _, first = client.wait_frame('the state', lambda frame: True, 5)
            self.assertEqual(first['type'], 'state')
            self.assertIn('eventNumber', first)

    def test_refuses_strangers_and_nonsense(self):
        for query, token, status in (('', 'nonsense', 401), ('?after=x', None, 422),
                                     ('?after=-1', None, 422)):
            with self.assertRaises(Refused) as refused:
                self.open(query, token)
            self.assertEqual(refused.exception.status, status, query)
        with self.assertRaises(Refused) as refused:
            WebSocketClient(self.serve.port, '/shows/show-nobody/events', self.serve.token)
        self.assertEqual(refused.exception.status, 404)

    def test_clients_that_read_nothing_cost_little_and_hold_up_nobody(self):
        show = self.serve.live_show('Crowd')
        play_tone(self.serve, show, 60)  # with sound on the air, levels come at their full rate

        def resident_kb():
            status = pathlib.Path(f'/proc/{self.serve.process.pid}/status').read_text()
            return int(re.search(r'VmRSS:\s+(\d+)', status)[1])

        before = resident_kb()
        for _ in range(150):
            sock = socket.socket()
            self.addCleanup(sock.close)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(('127.0.0.1', self.serve.port))
            sock.sendall((f'GET /shows/{show}/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'
                          'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                          f'Authorization: Bearer {self.serve.token}\r\n\r\n').encode())
        reader = WebSocketClient(self.serve.port, f'/shows/{show}/events', self.serve.token)
        self.addCleanup(reader.close)
        wait_for('all of them', lambda: 'shelcaster_event_clients 15' in self.serve.call(
            'GET', '/metrics').body.decode(), 10)
        time.sleep(3)
        asked = time.monotonic()
        self.serve.ask('PUT', f'/shows/{show}/audio-routing', {'hostVolume': 42})
        told, _ = reader.wait_frame('the event', lambda frame: frame['type'] == 'event', 5, asked)
        self.assertLess(told - asked, 2.0)
        levels = [at for at, frame in reader.frames if frame['type'] == 'levels']
        self.assertGreater(len(levels), 20)
        self.assertLess(resident_kb() - before, 60_000)

    def test_a_kicked_person_is_put_out_and_stays_out(self):
        self.serve.ask('POST', f'/shows/{self.show}/start')
        self.serve.wait_for_status(self.show, 'LIVE')
        seat = self.serve.ask('POST', f'/shows/{self.show}/caller-tokens', {'username': 'Mallory'})
        token, person = seat['token'], seat['participantId']
        client = self.open(token=token)
        kick = f'/shows/{self.show}/participants/{person}/kick'
        self.assertEqual(self.serve.ask('POST', kick, status=200), {'success': True, 'banned': False})
        self.assertEqual(client.wait_closed(), 4403)
        with self.assertRaises(Refused) as refused:
            self.open(token=token)
        self.assertEqual(refused.exception.status, 403)
        reply = self.serve.call('POST', f'/whip/{self.show}', 'v=0\r\n', token,
                                {'Content-Type': 'application/sdp'})
        self.assertEqual(reply.status, 403)
        self.assertEqual(self.serve.call('GET', f'/shows/{self.show}/me', token=token).status, 403)
        # Hanging up is always possible: the session's URL is what allows it.
        path = f'/whip/{self.show}/sess-{"x" * 24}'
        self.assertEqual(self.serve.call('DELETE', path, token=token).status, 200)
        self.assertEqual(self.serve.call('DELETE', path, token=None).status, 200)


class Connections(unittest.TestCase):
    def connect_and_stay(self, port):
        """A connection that the server keeps: the place of one that has just ended is free soon."""
        for _ in range(20):
            one = socket.create_connection(('127.0.0.1', port))
            one.settimeout(0.5)
            try:
                one.recv(1)
            except TimeoutError:
                return one
            except OSError:
                pass
            one.close()
        self.fail('no connection was kept')

    def test_of_one_address_are_capped_while_others_are_served(self):
        serve = RunningServe('--connections-per-address-max', '8')
        self.addCleanup(serve.stop)
        held = [socket.create_connection(('127.0.0.1', serve.port)) for _ in range(7)]
        try:
            time.sleep(0.2)
            self.assertEqual(serve.call('GET', '/healthz').status, 200)
            held.append(self.connect_and_stay(serve.port))
            with self.assertRaises((OSError, http.client.HTTPException)):
                serve.call('GET', '/healthz')
            other = http.client.HTTPConnection('127.0.0.1', serve.port, timeout=5,
                                               source_address=('127.0.0.2', 0))
            other.request('GET', '/healthz')
            self.assertEqual(other.getresponse().status, 200)
            other.close()
        finally:
            for one in held:
                one.close()
        wait_for('the places', serve.is_healthy, 5)

    def test_join_limits_are_the_clients_behind_a_trusted_proxy(self):
        serve = RunningServe('--trusted-proxies', '127.0.0.1', '--joins-per-minute-max', '2')
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Proxied'})['showId']
        links = serve.call('GET', f'/shows/{show}/links', headers={
            'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'radio.example'}).json
        self.assertTrue(links['joinUrl'].startswith('https://radio.example/join/'), links)

        def join(name, client):
            return serve.call('POST', f'/shows/{show}/join', {'username': name},
                              links['callerToken'], {'X-Forwarded-For': client}).status

        self.assertEqual([join(f'A{i}', '192.0.2.1') for i in range(3)], [201, 201, 429])
        self.assertEqual(join('B', '192.0.2.2'), 201)

    def test_forwarded_headers_of_strangers_are_ignored(self):
        serve = RunningServe('--joins-per-minute-max', '2')
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Direct'})['showId']
        links = serve.call('GET', f'/shows/{show}/links', headers={
            'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example'}).json
        self.assertTrue(links['joinUrl'].startswith(f'http://127.0.0.1:{serve.port}/'), links)
        statuses = [serve.call('POST', f'/shows/{show}/join', {'username': f'A{i}'},
                               links['callerToken'], {'X-Forwarded-For': f'192.0.2.{i}'}).status
                    for i in range(3)]
        self.assertEqual(statuses, [201, 201, 429])


if __name__ == '__main__':
    unittest.main()

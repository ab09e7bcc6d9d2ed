"""Two thousand hostile connections beside a show that is on the air, and clients that ask too much."""

import base64
import http.client
import itertools
import json
import os
import pathlib
import re
import selectors
import socket
import time
import unittest

from running_serve import RunningServe, wait_for
from tone_show import SEGMENT_SAMPLES, ToneShow, breaks


def frame(payload, opcode=1, announced=None):
    """A masked WebSocket frame (RFC 6455 section 5.2) with a mask of zeros."""
    size = len(payload) if announced is None else announced
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, 'big')
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, 'big')
    return head + bytes(4) + payload


class Hostile:
    """One connection: what it sends at first, and what it goes on to send, each so many seconds."""

    def __init__(self, kind, port, address, first, more=b'', every_s=1.0, reads=True):
        self.kind = kind
        self.answer = b''
        self.ended_after = None
        self.more = more
        self.every_s = every_s
        self.reads = reads
        self.next_at = time.monotonic() + 2  # a WebSocket is open by then
        self.sock = socket.socket()
        if not reads:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.bind((address, 0))
        self.sock.connect(('127.0.0.1', port))
        self.began = time.monotonic()
        self.sock.setblocking(False)
        self.send(first)

    def send(self, data):
        try:
            self.sock.send(data)
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def end(self):
        """Closed by the server; the socket stays until Crowd has let go of it."""
        if self.ended_after is None:
            self.ended_after = time.monotonic() - self.began

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if data:
            self.answer = (self.answer + data)[-4096:]
        else:
            self.end()


class Crowd:
    def __init__(self):
        self.everybody = []
        self._selector = selectors.DefaultSelector()

    def add(self, one):
        self.everybody.append(one)
        if one.reads:
            self._selector.register(one.sock, selectors.EVENT_READ, one)

    def of(self, kind):
        return [one for one in self.everybody if one.kind == kind]

    def run_once(self, limit_s=0.05):
        for key, _ in self._selector.select(limit_s):
            key.data.receive()
            if key.data.ended_after is not None:
                self._selector.unregister(key.fileobj)
                key.fileobj.close()
        now = time.monotonic()
        for one in self.everybody:
            if one.more and one.ended_after is None and now >= one.next_at:
                one.next_at = now + one.every_s
                one.send(one.more)

    def close(self):
        for one in self.everybody:
            one.sock.close()
        self._selector.close()


class TwoThousand(unittest.TestCase):
    def test_hostile_connections_do_not_touch_the_show(self):
        on_air = ToneShow()
        self.addCleanup(on_air.stop)
        serve = on_air.serve
        crowd = Crowd()
        self.addCleanup(crowd.close)
        head = f'Host: x\r\nAuthorization: Bearer {serve.token}\r\n'
        upgrade = (f'GET /shows/{on_air.show}/events HTTP/1.1\r\n{head}Upgrade: websocket\r\n'
                   'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: '
                   f'{base64.b64encode(os.urandom(16)).decode()}\r\n\r\n').encode()
        kinds = {
            # Heads that come a line at a time, bodies a byte at a time, connections that only stay.
            'slow head': (600, b'GET / HTTP/1.1\r\n', b'X-More: 1\r\n', 2.0, True),
            'slow body': (400, f'POST /shows HTTP/1.1\r\n{head}Content-Type: application/json\r\n'
                               'Content-Length: 4000\r\n\r\n{'.encode(), b' ', 2.0, True),
            'idle': (500, f'GET /healthz HTTP/1.1\r\n{head}\r\n'.encode(), b'', 1.0, True),
            # WebSockets that read nothing, that talk all the time, that announce a huge message.
            'deaf': (300, upgrade, b'', 1.0, False),
            'chatty': (150, upgrade, frame(b'x' * 100) * 20, 0.25, True),
            'huge': (50, upgrade, frame(b'x' * 1000, announced=1 << 30), 1.0, True),
        }
        self.assertEqual(sum(kind[0] for kind in kinds.values()), 2000)
        before = on_air.audio()
        first = on_air.last_segment()
        addresses = itertools.cycle(f'127.0.4.{i}' for i in range(1, 101))
        for kind, (count, start, more, every_s, reads) in kinds.items():
            for _ in range(count):
                crowd.add(Hostile(kind, serve.port, next(addresses), start, more, every_s, reads))
            crowd.run_once(0)
        slowest = self.live_with(crowd, serve, on_air, 45)
        after = on_air.audio()
        last = on_air.last_segment() + 1
        wait_for('the last segment', lambda: on_air.last_segment() >= last, 10)
        ends = {kind: sorted(one.ended_after for one in crowd.of(kind)
                             if one.ended_after is not None) for kind in kinds}
        print('\n' + ', '.join(
            f'{kind}: {len(ends[kind])} of {kinds[kind][0]} ended' +
            (f' after {ends[kind][0]:.1f} to {ends[kind][-1]:.1f} s' if ends[kind] else '')
            for kind in kinds) + f'; the slowest request beside them took {slowest:.2f} s; '
            f"{after['lateTicks'] - before['lateTicks']} late ticks", flush=True)

        self.assertEqual(after['missedTicks'], before['missedTicks'])
        self.assertEqual(after['pid'], before['pid'])
        samples = on_air.decoded(first, last)
        self.assertAlmostEqual(len(samples), (last - first + 1) * SEGMENT_SAMPLES, delta=2048)
        self.assertEqual(breaks(samples)[:5], [])
        for robot in on_air.robots.last.values():
            self.assertEqual((robot['connected'], robot['connections']), (True, 1), robot)
        self.assertLess(slowest, 2.0)
        for kind, limit_s in (('slow head', 25), ('slow body', 40), ('chatty', 15), ('huge', 15)):
            self.assertEqual(len(ends[kind]), kinds[kind][0], kind)
            self.assertLess(ends[kind][-1], limit_s, kind)
        for kind, code in (('chatty', 1008), ('huge', 1009)):
            told = sum(b'\x88' in one.answer and code.to_bytes(2, 'big') in one.answer
                       for one in crowd.of(kind))
            self.assertGreater(told, 0.9 * kinds[kind][0], kind)
        # A client that answers no ping is put out after half a minute.
        text = serve.call('GET', '/metrics').body.decode()
        clients = next(line for line in text.splitlines()
                       if line.startswith('shelcaster_event_clients '))
        self.assertEqual(clients, 'shelcaster_event_clients 0')

    def live_with(self, crowd, serve, on_air, seconds):
        """Runs the crowd; beside it asks and changes something each second. The slowest answer."""
        end = time.monotonic() + seconds
        next_ask = time.monotonic() + 1
        slowest = 0.0
        volumes = itertools.cycle((20, 40))
        while time.monotonic() < end:
            crowd.run_once()
            if time.monotonic() < next_ask:
                continue
            next_ask += 1
            began = time.monotonic()
            self.assertEqual(serve.call('GET', '/healthz').status, 200)
            self.assertEqual(serve.call('PUT', f'/shows/{on_air.show}/audio-routing',
                                        {'callersVolume': next(volumes)}).status, 200)
            slowest = max(slowest, time.monotonic() - began)
        return slowest


class Oversized(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)

    def raw(self, data):
        with socket.create_connection(('127.0.0.1', self.serve.port), timeout=10) as sock:
            try:
                sock.sendall(data)
            except OSError:
                pass
            try:
                return sock.recv(4096)
            except OSError:
                return b''

    def test_heads_paths_and_header_counts(self):
        for data in (b'GET / HTTP/1.1\r\nHost: x\r\nX: ' + b'a' * 20_000 + b'\r\n\r\n',
                     b'GET /' + b'a' * 20_000 + b' HTTP/1.1\r\nHost: x\r\n\r\n',
                     b'GET / HTTP/1.1\r\nHost: x\r\n' + b'a: b\r\n' * 5_000 + b'\r\n'):
            self.assertTrue(self.raw(data).startswith(b'HTTP/1.1 431 '), data[:40])
        self.assertTrue(self.serve.is_healthy())

    def test_nonsense_is_refused_or_dropped(self):
        for data in (b'\x16\x03\x01' + os.urandom(500), os.urandom(3_000), b'\r\n' * 10_000,
                     b'GET http://evil/ HTTP/1.1\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n',
                     b'POST /shows HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
                     b'POST /shows HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
                     b'POST /shows HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n'):
            answer = self.raw(data)
            self.assertTrue(answer == b'' or answer.startswith(b'HTTP/1.1 4'), (data[:60], answer))
        self.assertTrue(self.serve.is_healthy())

    def test_json_that_is_deep_or_long(self):
        deep = '[' * 100_000 + ']' * 100_000
        self.assertIn(self.serve.call('POST', '/shows', deep, headers={
            'Content-Type': 'application/json'}).status, (400, 413))
        self.assertEqual(self.serve.call('POST', '/shows', '{"title":' * 40 + '1' + '}' * 40, headers={
            'Content-Type': 'application/json'}).status, 400)
        self.assertEqual(self.serve.call('POST', '/shows', {'title': 'x' * 3_000_000}).status, 413)
        self.assertTrue(self.serve.is_healthy())


class Ambiguous(unittest.TestCase):
    """Requests that two readers end at different bytes, and frames that are no messages."""

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)

    def metric(self, name):
        text = self.serve.call('GET', '/metrics').body.decode()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + ' '))

    def answers(self, data):
        with socket.create_connection(('127.0.0.1', self.serve.port), timeout=10) as sock:
            sock.sendall(data)
            text = b''
            while part := sock.recv(65536):
                text += part
        return [int(status) for status in re.findall(rb'HTTP/1\.1 (\d+)', text)]

    def test_a_request_that_hides_another_is_refused_closed_and_counted(self):
        hidden = b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
        head = (b'POST /shows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                b'Authorization: Bearer ' + self.serve.token.encode() + b'\r\n')
        cases = [head + fields + b'\r\n\r\n' + body + hidden for fields, body in (
            (b'Transfer-Encoding: gzip\r\nContent-Length: 0', b''),
            (b'Transfer-Encoding: gzip', b''), (b'Transfer-Encoding: identity', b''),
            (b'Transfer-Encoding: xchunked', b''), (b'Transfer-Encoding: chunked, gzip', b'0\r\n\r\n'),
            (b'Transfer-Encoding: gzip, chunked', b'0\r\n\r\n'),
            (b'Transfer-Encoding: chunked\r\nContent-Length: 6', b'0\r\n\r\n'),
            (b'Content-Length: 6\r\nTransfer-Encoding: chunked', b'0\r\n\r\n'),
            (b'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', b'0\r\n\r\n'),
            (b'Transfer-Encoding : chunked', b'0\r\n\r\n'),
            (b'Transfer-Encoding:\r\n chunked', b'0\r\n\r\n'),
            (b'Transfer-Encoding: \x0bchunked', b'0\r\n\r\n'),
            (b'Content-Length: 2\r\nContent-Length: 0', b'{}'),
            (b'Content-Length: 2, 2', b'{}'), (b'Content-Length: +2', b'{}'),
            (b'Host: y\r\nContent-Length: 0', b''), (b'X: a\rContent-Length: 0', b''))]
        cases += [b'GET /healthz HTTP/1.1\r\n\r\n' + hidden,
                  b'GET /healthz HTTP/1.1\nHost: x\n\n' + hidden,
                  b'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n' + hidden]
        before = self.metric('shelcaster_http_heads_refused_total')
        for data in cases:
            self.assertEqual(self.answers(data), [400], data)
        self.assertEqual(self.metric('shelcaster_http_heads_refused_total') - before, len(cases))

    def cpu_s(self):
        fields = pathlib.Path(f'/proc/{self.serve.process.pid}/stat').read_text().rsplit(') ', 1)[1]
        return sum(map(int, fields.split()[11:13])) / os.sysconf('SC_CLK_TCK')

    def test_frames_without_end_end_the_connection(self):
        show = self.serve.ask('POST', '/shows', {'title': 'Flooded'})['showId']
        invitation = self.serve.ask('GET', f'/shows/{show}/links')['callerToken']
        token = self.serve.ask('POST', f'/shows/{show}/join', {'username': 'Mallory'},
                               invitation)['token']
        before = self.metric('shelcaster_http_websockets_ended_total')
        first = self.cpu_s()
        floods = {'continuations': b'\x00\x80' + bytes(4), 'pongs': b'\x8a\x80' + bytes(4),
                  'pings': b'\x89\x80' + bytes(4)}
        for name, one in floods.items():
            with socket.create_connection(('127.0.0.1', self.serve.port), timeout=20) as sock:
                sock.sendall(f'GET /shows/{show}/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'
                             'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: '
                             f'dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n'
                             .encode())
                self.assertTrue(sock.recv(65536).startswith(b'HTTP/1.1 101 '))
                began = time.monotonic()
                with self.assertRaises(OSError, msg=name):
                    sock.sendall(b'\x01\x80' + bytes(4) if name == 'continuations' else one)
                    while time.monotonic() - began < 30:
                        sock.sendall(one * 10_000)
                self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(self.metric('shelcaster_http_websockets_ended_total') - before, 3)
        # Some 6 s each of the closing handshake, in which they go on.
        self.assertLess(self.cpu_s() - first, 1.5)


class Neighbours(unittest.TestCase):
    """A proxy on this machine that serve wasn't told of: its clients have one budget, but they have
    one, and nobody reads what is the operator's."""

    def test_this_machine_is_nobody_special_unless_it_is_said(self):
        serve = RunningServe(trust_loopback=False)
        self.addCleanup(serve.stop)
        self.assertEqual(serve.call('GET', '/metrics', token=None).status, 401)
        self.assertEqual(serve.call('GET', '/metrics').status, 200)
        statuses = [serve.call('GET', '/shows', token='wrong', headers={
            'X-Forwarded-For': f'192.0.2.{i}'}).status for i in range(100)]
        self.assertEqual(set(statuses), {401, 429})
        self.assertEqual(serve.log().count("http.trusted_proxies doesn't name it"), 1)

    def test_a_trusted_machine_has_no_budget_and_reads_metrics(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        self.assertEqual(serve.call('GET', '/metrics', token=None).status, 200)
        statuses = [serve.call('GET', '/shows', token='wrong').status for _ in range(100)]
        self.assertEqual(set(statuses), {401})


class Greedy(unittest.TestCase):
    """Budgets are those of clients, whom a proxy names here."""

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--trusted-proxies', '127.0.0.1')
        cls.addClassCleanup(cls.serve.stop)
        cls.show = cls.serve.ask('POST', '/shows', {'title': 'Wanted'})['showId']

    def ask(self, count, client, path='/shows', method='GET', token=None, body=None):
        """The statuses, and the last answer's headers."""
        connection = http.client.HTTPConnection('127.0.0.1', self.serve.port, timeout=10)
        self.addCleanup(connection.close)
        statuses = []
        for _ in range(count):
            headers = {'X-Forwarded-For': client}
            if token:
                headers['Authorization'] = f'Bearer {token}'
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        return statuses, response.headers

    def test_who_asks_too_much_is_told_when_to_come_back(self):
        statuses, headers = self.ask(1_200, '192.0.2.1', token=self.serve.token)
        self.assertEqual(set(statuses), {200, 429})
        self.assertGreater(statuses.count(200), 300)
        self.assertGreaterEqual(int(headers['Retry-After']), 1)
        self.assertEqual(self.ask(5, '192.0.2.77', '/healthz')[0], [200] * 5)

    def test_tokens_are_not_guessed_fast(self):
        began = time.monotonic()
        statuses = []
        for i in range(300):
            statuses += self.ask(1, '192.0.2.2', token=f'guess-{i}')[0]
        allowed = 40 + 10 * (time.monotonic() - began)
        self.assertLess(statuses.count(401), allowed + 5)
        self.assertIn(429, statuses)
        self.assertEqual(set(statuses), {401, 429})

    def test_sessions_are_made_slowly_only(self):
        statuses, _ = self.ask(200, '192.0.2.3', f'/whip/{self.show}', 'POST', body='v=0\r\n')
        self.assertIn(429, statuses)
        self.assertLess(len(statuses) - statuses.count(429), 80)


if __name__ == '__main__':
    unittest.main()

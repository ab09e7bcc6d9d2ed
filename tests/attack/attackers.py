#!/usr/bin/env python3
"""attackers.py KIND PORT SHOW [SECRET]: does one thing to a server on loopback until its standard
input ends, then prints how often by answer, as one line of JSON. SECRET: the token that the kind has."""

import collections
import http.client
import json
import os
import random
import socket
import string
import sys
import threading

THREADS = 4
SDP_BYTES = 64 * 1024


def token(size):
    return ''.join(random.choices(string.ascii_letters + string.digits, k=size))


def offer(extra=()):
    """What a browser that only listens offers, with attributes that cost a parser something."""
    lines = ['v=0', f'o=- {random.randrange(10**12)} 2 IN IP4 127.0.0.1', 's=-', 't=0 0',
             'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0',
             f'a=ice-ufrag:{token(8)}', f'a=ice-pwd:{token(24)}',
             'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass', 'a=recvonly',
             'a=rtcp-mux', *extra, 'a=rtpmap:111 opus/48000/2']
    return '\r\n'.join(lines) + '\r\n'


def large_offer():
    """As many formats and attributes as fit, none of which is the one that is looked for."""
    formats = ' '.join(map(str, range(1, 3000)))
    attributes = [f'a=rtpmap:{number} x/1' for number in range(1, 2500)]
    return offer(attributes).replace('SAVPF 111', f'SAVPF {formats} 111')[:SDP_BYTES]


class Attacker:
    def __init__(self, port, show, secret):
        self.port, self.show, self.secret = port, show, secret
        self.answers = collections.Counter()
        self.is_over = threading.Event()

    def connection(self, source='127.0.0.1'):
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=20,
                                          source_address=(source, 0))

    def request(self, method, path, body=None, headers=None, source='127.0.0.1'):
        connection = self.connection(source)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            self.answers[answer.status] += 1
        except (OSError, http.client.HTTPException) as error:
            self.answers[type(error).__name__] += 1
        finally:
            connection.close()

    def source(self):
        return f'127.{random.randrange(1, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}'

    # What is done again and again, by several at once.

    def large_offers(self):
        self.request('POST', f'/whep/{self.show}', large_offer(),
                     {'Content-Type': 'application/sdp'}, self.source())

    def offers(self):
        """Which take a line each, and never use it."""
        self.request('POST', f'/whep/{self.show}', offer(), {'Content-Type': 'application/sdp'},
                     self.source())

    def restarts(self):
        """Of one session, without end: each wants an answer from the mixer."""
        source = self.source()
        connection = self.connection(source)
        try:
            connection.request('POST', f'/whep/{self.show}', offer(),
                               {'Content-Type': 'application/sdp'})
            answer = connection.getresponse()
            answer.read()
            self.answers[answer.status] += 1
            where = answer.headers['Location']
        except (OSError, http.client.HTTPException) as error:
            self.answers[type(error).__name__] += 1
            return
        finally:
            connection.close()
        for _ in range(200):
            if where is None or self.is_over.is_set():
                return
            self.request('PATCH', where, f'a=ice-ufrag:{token(8)}\r\na=ice-pwd:{token(24)}\r\n',
                         {'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*'}, source)

    def joins(self):
        self.request('POST', f'/shows/{self.show}/join', json.dumps({'username': token(5)}),
                     {'Content-Type': 'application/json', 'Authorization': f'Bearer {self.secret}'},
                     self.source())

    def wrong_tokens(self):
        self.request('GET', f'/shows/{self.show}/status', None,
                     {'Authorization': f'Bearer {token(40)}'})

    def _socket(self, path):
        """A WebSocket, up to where it is open."""
        end = socket.create_connection(('127.0.0.1', self.port), timeout=20)
        end.sendall((f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n'
                     'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
                     'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
                     f'Authorization: Bearer {self.secret}\r\n\r\n').encode())
        self.answers[end.recv(12)[9:12].decode()] += 1
        return end

    def replays(self):
        """Asks for the whole log and reads nothing of it."""
        try:
            end = self._socket(f'/shows/{self.show}/events?after=0')
            self.is_over.wait(0.2)
            end.close()
        except OSError as error:
            self.answers[type(error).__name__] += 1

    def control_frames(self):
        """Pongs and empty continuations, which cost who sends them nothing."""
        try:
            end = self._socket(f'/shows/{self.show}/events')
            while not self.is_over.is_set():
                end.sendall(b'\x8a\x80\0\0\0\0' * 500 + b'\x01\x80\0\0\0\0' + b'\0\x80\0\0\0\0' * 500)
        except OSError as error:
            self.answers[type(error).__name__] += 1
            self.is_over.wait(0.05)

    def bad_requests(self):
        heads = [f'POST /shows/{self.show}/join HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n',
                 f'POST /shows/{self.show}/join HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n'
                 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
                 'GET /healthz HTTP/1.1\r\n\r\n', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
                 'GET /' + 'a/' * 7000 + ' HTTP/1.1\r\nHost: x\r\n\r\n',
                 'GET /healthz HTTP/1.1\r\nHost: x\r\n' + 'a: b\r\n' * 2000 + '\r\n']
        try:
            with socket.create_connection(('127.0.0.1', self.port), timeout=20) as end:
                end.sendall(random.choice(heads).encode())
                self.answers[end.recv(12)[9:12].decode() or 'closed'] += 1
        except OSError as error:
            self.answers[type(error).__name__] += 1

    def run(self, kind):
        def again():
            while not self.is_over.is_set():
                getattr(self, kind)()
        threads = [threading.Thread(target=again) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        self.is_over.set()
        for thread in threads:
            thread.join()
        print(json.dumps({str(answer): count for answer, count in self.answers.items()}))


if __name__ == '__main__':
    os.nice(5)  # what is measured is what the server does, not who gets a processor
    Attacker(int(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else '').run(sys.argv[1])

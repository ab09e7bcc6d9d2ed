"""A WebSocket client (RFC 6455): text frames in, held against api/openapi.yaml; nothing out."""

import base64
import json
import os
import socket
import ssl
import threading
import time

import contract


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f'{status} {body[:300]!r}')
        self.status = status


class WebSocketClient:
    """Collects every text frame as (monotonic time, JSON) in `frames` until it is closed. Frames that
    api/openapi.yaml doesn't allow are in `lies`, and make wait_frame() and close() fail."""

    def __init__(self, port, path, token=None, tls=None, headers=(),
                 holds_to_contract=True):
        self._socket = socket.create_connection(('127.0.0.1', port), timeout=20)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname='127.0.0.1')
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f'GET {path} HTTP/1.1', f'Host: 127.0.0.1:{port}', 'Connection: Upgrade',
                 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', f'Sec-WebSocket-Key: {key}',
                 *headers]
        if token:
            lines.append(f'Authorization: Bearer {token}')
        self._socket.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        self._file = self._socket.makefile('rb')
        self.status = int(self._file.readline().split()[1])
        self.headers = {}
        while line := self._file.readline().strip():
            name, value = line.decode().split(':', 1)
            self.headers[name.lower()] = value.strip()
        if self.status != 101:
            body = self._file.read(int(self.headers.get('content-length', 0)))
            self._socket.close()
            raise Refused(self.status, body)
        self.frames = []
        self.lies = []
        self._has_levels = False
        self._holds_to_contract = holds_to_contract
        self.close_code = None
        self.is_open = True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            while frame := self._frame():
                opcode, payload = frame
                with self._changed:
                    if opcode == 1:
                        self._take(json.loads(payload))
                    elif opcode == 8:
                        self.close_code = int.from_bytes(payload[:2], 'big')
                        break
                    self._changed.notify_all()
                if opcode == 9:
                    self._send(10, payload)
        except (OSError, ValueError):
            pass
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    def _take(self, frame):
        self.frames.append((time.monotonic(), frame))
        if not self._holds_to_contract:
            return
        # Levels come 15 times a second and are all made alike.
        if frame.get('type') == 'levels' and self._has_levels:
            return
        self._has_levels = self._has_levels or frame.get('type') == 'levels'
        try:
            contract.check_frame(frame)
        except AssertionError as lie:
            self.lies.append(str(lie))

    def _frame(self):
        """(opcode, payload) of a control frame or of a whole message, whose frames control frames may
        come between (section 5.4)."""
        while True:
            head = self._file.read(2)
            if len(head) < 2:
                return None
            length = head[1] & 127
            if length >= 126:
                length = int.from_bytes(self._file.read(2 if length == 126 else 8), 'big')
            payload, opcode = self._file.read(length), head[0] & 15
            if opcode >= 8:
                return opcode, payload
            if opcode:
                self._parts, self._opcode = [], opcode
            self._parts.append(payload)
            if head[0] & 0x80:
                return self._opcode, b''.join(self._parts)

    def _send(self, opcode, payload):
        mask = os.urandom(4)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body)

    def wait_frame(self, what, wanted, limit_s=10.0, since=0.0):
        """(time, frame) of the first frame after `since` that `wanted` takes."""
        end = time.monotonic() + limit_s
        seen = 0
        with self._changed:
            while True:
                assert not self.lies, self.lies[0]
                for at, frame in self.frames[seen:]:
                    if at >= since and wanted(frame):
                        return at, frame
                seen = len(self.frames)
                left = end - time.monotonic()
                if left <= 0 or not self.is_open:
                    raise TimeoutError(f'no frame came within {limit_s} s: {what}')
                self._changed.wait(left)

    def wait_closed(self, limit_s=10.0):
        self._thread.join(limit_s)
        if self._thread.is_alive():
            raise TimeoutError('the WebSocket stays open')
        return self.close_code

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except (OSError, ssl.SSLError):
            pass
        self._thread.join(5)
        self._file.close()
        self._socket.close()
        assert not self.lies, self.lies[0]

"""A running Shelcaster with a show on the air, for one test class."""

import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get('SHELCASTER_BINARY', ROOT / 'build/release/bin/shelcaster'))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class RunningShelcaster:
    def __init__(self):
        self.data = tempfile.mkdtemp(prefix='shelcaster-interop-')
        self.url = f'http://127.0.0.1:{free_port()}'
        self.token = secrets.token_hex(24)
        self._log = open(os.path.join(self.data, 'serve.log'), 'w+')
        self._process = subprocess.Popen(
            [BINARY, 'serve', '--listen', self.url.removeprefix('http://'), '--data', self.data,
             '--media-ip', '127.0.0.1', '--trust-loopback', '--dead-air-after-s', '0'],
            cwd=ROOT, stdout=self._log, stderr=self._log, start_new_session=True,
            env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': self.token})
        self.wait_for('the server', self._is_healthy)
        self.show_id = self.call('POST', '/shows', {'title': 'Interop'})['showId']
        self.call('POST', f'/shows/{self.show_id}/start')
        self.wait_for('the show', lambda: self._status() == 'LIVE')

    @property
    def whip_url(self):
        return f'{self.url}/whip/{self.show_id}'

    @property
    def whep_url(self):
        return self.whip_url.replace('/whip/', '/whep/')

    def _is_healthy(self):
        try:
            return urllib.request.urlopen(f'{self.url}/healthz', timeout=2).status == 200
        except OSError:
            return False

    def _status(self):
        return self.call('GET', f'/shows/{self.show_id}/status')['status']

    def wait_for(self, what, probe, limit_seconds=15):
        end = time.monotonic() + limit_seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(f'serve ended: {self._log.read()[-4000:]}')
            value = probe()
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError(f'waited {limit_seconds} s in vain for {what}')

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or b'null')

    def invite(self, name):
        """A seat for a caller: {participantId, token, joinUrl}."""
        return self.call('POST', f'/shows/{self.show_id}/caller-tokens', {'username': name})

    def host(self, name):
        return self.call('POST', f'/shows/{self.show_id}/host-tokens', {'username': name})

    def set_on_air(self, seat, is_on_air):
        self.call('POST', f'/shows/{self.show_id}/participants/{seat["participantId"]}/toggle-on-air',
                  {'isOnAir': is_on_air})

    def participant(self, seat):
        everyone = self.call('GET', f'/shows/{self.show_id}/participants')
        return next(one for one in everyone if one['participantId'] == seat['participantId'])

    def stop(self):
        try:
            self.call('POST', f'/shows/{self.show_id}/stop')
            self.wait_for('the end of the show', lambda: self._status() == 'STOPPED')
        finally:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._log.close()
            shutil.rmtree(self.data, ignore_errors=True)

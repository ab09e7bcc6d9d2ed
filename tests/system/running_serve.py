"""The real binary as a child of a test: started, spoken to by HTTP, killed and started again."""

import contextlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time

import contract

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get('SHELCASTER_BINARY', ROOT / 'build/release/bin/shelcaster'))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(what, probe, limit_s=15.0, every_s=0.05):
    """The first true value of the probe; a TimeoutError that names it when there is none."""
    end = time.monotonic() + limit_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f'waited {limit_s} s in vain for {what}')
        time.sleep(every_s)


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:500]!r}'


class RunningServe:
    """`shelcaster serve` on a data folder of its own. `stop()` leaves no process and no file."""

    # False: for whom the time that it takes would be too much.
    holds_to_contract = True

    def __init__(self, *flags, tls=False, folder=None, dead_air_after_s=0, trust_loopback=True,
                 database=None):
        """`database`: a script of SQL that makes the one that it starts with."""
        self.data = pathlib.Path(tempfile.mkdtemp(prefix='shelcaster-system-', dir=folder))
        self.port = free_port()
        self.token = secrets.token_hex(24)
        self.process = None
        # Else a show in which nobody talks would be filled with music.
        self._flags = ['--dead-air-after-s', str(dead_air_after_s), *flags]
        # All people of a test come from here; most tests aren't about the budget of one address.
        if trust_loopback:
            self._flags.append('--trust-loopback')
        self.tls = None
        if tls:
            self.tls = ssl.create_default_context(cafile=tls)
        try:
            if database:
                with contextlib.closing(sqlite3.connect(self.database)) as made:
                    made.executescript(database.read_text())
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self, *flags):
        log = open(self.data / 'serve.log', 'a')
        with log:
            self.process = subprocess.Popen(
                [BINARY, 'serve', '--listen', f'127.0.0.1:{self.port}', '--data', self.data,
                 '--media-ip', '127.0.0.1', *self._flags, *flags],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': self.token})
        wait_for('the server', self.is_healthy)

    @property
    def database(self):
        return self.data / 'shelcaster.db'

    def log(self):
        return (self.data / 'serve.log').read_text()

    def is_healthy(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'serve ended: {self.log()[-4000:]}')
        try:
            return self.call('GET', '/healthz', token=None).status == 200
        except OSError:
            return False

    # HTTP.

    def connect(self, timeout=20):
        if self.tls:
            return http.client.HTTPSConnection('127.0.0.1', self.port, timeout=timeout,
                                               context=self.tls)
        return http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)

    def call(self, method, path, body=None, token='admin', headers=None):
        """`body`: bytes or text as they are, anything else as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent['Authorization'] = f'Bearer {self.token if token == "admin" else token}'
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if body is not None:
            sent.setdefault('Content-Type', 'application/json')
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        finally:
            connection.close()
        if self.holds_to_contract:
            contract.check_answer(method, path, reply)
        return reply

    def ask(self, method, path, body=None, token='admin', status=None):
        """The answer's JSON; an AssertionError unless the status is the one, or a 2xx."""
        reply = self.call(method, path, body, token)
        is_good = reply.status == status if status else 200 <= reply.status < 300
        assert is_good, f'{method} {path}: {reply}'
        return reply.json if reply.body else None

    # Shows.

    def status(self, show):
        return self.ask('GET', f'/shows/{show}/status')['status']

    def wait_for_status(self, show, wanted, limit_s=15.0):
        wait_for(f'{show} to be {wanted}', lambda: self.status(show) == wanted, limit_s)

    def live_show(self, title='System'):
        show = self.ask('POST', '/shows', {'title': title})['showId']
        self.ask('POST', f'/shows/{show}/start')
        self.wait_for_status(show, 'LIVE')
        return show

    def events(self, show, kind=None):
        events = self.ask('GET', f'/shows/{show}/events?limit=1000')['events']
        return [event for event in events if kind is None or event['kind'] == kind]

    def pids(self, role=None):
        """The processes on this data folder by role ("compose", "mix", "publish", "import"), without
        serve: the keepers, which carry the folder's name, and their children."""
        roles, parents = {}, {}
        for entry in pathlib.Path('/proc').iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / 'cmdline').read_bytes().split(b'\0')
                stat = (entry / 'stat').read_text().rsplit(')', 1)[1].split()
            except OSError:
                continue
            if stat[0] == 'Z' or len(words) < 2 or b'shelcaster' not in words[0]:
                continue
            pid = int(entry.name)
            parents[pid] = int(stat[1])
            roles[pid] = (words[1].decode(), bytes(self.data) in b' '.join(words))
        ours = {pid for pid, (_, is_ours) in roles.items() if is_ours}
        ours |= {pid for pid in roles if parents[pid] in ours}
        ours -= {self.process.pid}
        return sorted(pid for pid in ours if role is None or roles[pid][0] == role)

    # Ends.

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, limit_s=40):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit_s)

    def stop(self):
        if self.process.poll() is None:
            self.kill()
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for('the processes to end', lambda: not self.pids(), 5)
        shutil.rmtree(self.data, ignore_errors=True)

"""Keys, passwords and tokens stay where they are needed: in no core, no environment, no other process."""

import os
import pathlib
import pwd
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from running_serve import BINARY, ROOT, RunningServe, wait_for

STREAM_KEY = 'stream-key-4f1c9e0a7d'
STRANGE_SECRET = 'of-another-program-51be'


def lift_core_limit():
    """So that children would leave cores, were it not for themselves."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def dumps_core(pid_status):
    return os.WIFSIGNALED(pid_status) and os.WCOREDUMP(pid_status)


def machine_makes_cores():
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            lift_core_limit()
            signal.signal(signal.SIGABRT, signal.SIG_DFL)
            os.abort()
        return dumps_core(os.waitpid(child, 0)[1])


def memory_holds(pid, secret):
    """Whether a process has this text in memory that it may write. Needs the right to trace it."""
    with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/mem', 'rb', 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith('rw'):
                continue
            start, end = (int(at, 16) for at in span.split('-'))
            try:
                memory.seek(start)
                if secret in memory.read(end - start):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


class Secrets(unittest.TestCase):
    def setUp(self):
        with mock.patch.dict(os.environ, {'ANOTHER_SECRET': STRANGE_SECRET}):
            before = resource.getrlimit(resource.RLIMIT_CORE)
            lift_core_limit()
            try:
                self.serve = RunningServe('--allow-private-destinations')
            finally:
                resource.setrlimit(resource.RLIMIT_CORE, before)
        self.addCleanup(self.serve.stop)
        self.show = self.serve.live_show()

    def one_pid(self, role):
        return wait_for(f'one {role}', lambda: len(self.serve.pids(role)) == 1 and
                        self.serve.pids(role)[0], 10)

    def test_children_inherit_no_secret_of_the_environment(self):
        for role in ('compose', 'mix', 'publish'):
            environment = pathlib.Path(f'/proc/{self.one_pid(role)}/environ').read_bytes()
            self.assertIn(b'PATH=', environment)
            self.assertNotIn(STRANGE_SECRET.encode(), environment, role)
            self.assertNotIn(self.serve.token.encode(), environment, role)

    def test_a_mixer_knows_no_stream_key(self):
        self.serve.ask('PUT', f'/shows/{self.show}/outputs/rtmp',
                       {'url': 'rtmp://127.0.0.1:9/live', 'streamKey': STREAM_KEY})
        mix, publish = self.one_pid('mix'), self.one_pid('publish')
        try:
            wait_for('the key at the publisher',
                     lambda: memory_holds(publish, STREAM_KEY.encode()), 10)
        except OSError:
            self.skipTest('no right to read the memory of another process')
        # A fader is told as the destinations are: with the whole desired state.
        self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'tracklistVolume': 50})
        self.assertFalse(memory_holds(mix, STREAM_KEY.encode()))

    def test_no_process_leaves_a_core(self):
        if not machine_makes_cores():
            self.skipTest('this machine makes no cores at all')
        before = set(ROOT.glob('core*'))
        for role in ('mix', 'publish', 'compose'):
            pid = self.one_pid(role)
            os.kill(pid, signal.SIGSEGV)
            wait_for(f'another {role}', lambda: pid not in self.serve.pids(role), 10)
        self.serve.process.send_signal(signal.SIGSEGV)
        _, status = os.waitpid(self.serve.process.pid, 0)
        self.serve.process.returncode = -signal.SIGSEGV
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertFalse(dumps_core(status))
        self.assertEqual(set(ROOT.glob('core*')) - before, set())


class OrdinaryServe(RunningServe):
    """As a user who has no more rights than another one."""

    def start(self, *flags):
        os.chmod(self.data, 0o755)
        os.chown(self.data, *NOBODY)
        with open(self.data / 'serve.log', 'a') as log:
            self.process = subprocess.Popen(
                [BINARY, 'serve', '--listen', f'127.0.0.1:{self.port}', '--data', self.data,
                 '--media-ip', '127.0.0.1', *self._flags, *flags],
                cwd='/', stdout=log, stderr=log, start_new_session=True, user=NOBODY[0],
                group=NOBODY[1], extra_groups=[],
                env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': self.token})
        wait_for('the server', self.is_healthy)


NOBODY = (pwd.getpwnam('nobody').pw_uid, pwd.getpwnam('nobody').pw_gid)


@unittest.skipUnless(os.geteuid() == 0, 'only root can begin as another user')
class OrdinaryUser(unittest.TestCase):
    def test_nobody_else_reads_a_process_and_its_use_is_told_all_the_same(self):
        reach = subprocess.run([sys.executable, '-c', f'open({str(BINARY)!r}, "rb")'],
                               user=NOBODY[0], group=NOBODY[1], extra_groups=[], cwd='/',
                               capture_output=True, check=False)
        if reach.returncode != 0:
            self.skipTest('the build is in a folder that others may not read')
        serve = OrdinaryServe()
        self.addCleanup(serve.stop)
        show = serve.live_show()

        def use():
            told = serve.ask('GET', f'/shows/{show}/health')['processes']
            return len(told) == 3 and all(one['pssBytes'] for one in told) and told

        for one in wait_for('what each process uses', use, 15):
            self.assertGreater(one['pssBytes'], 500_000, one)
            self.assertIsNotNone(one['cpuSeconds'], one)
            # Its files in /proc are root's: what the kernel keeps from others of the same user.
            self.assertEqual(os.stat(f'/proc/{one["pid"]}/mem').st_uid, 0, one)
        self.assertEqual(os.stat(f'/proc/{serve.process.pid}/mem').st_uid, 0)


if __name__ == '__main__':
    unittest.main()

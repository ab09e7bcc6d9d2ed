"""Destinations of the programme: which addresses they may be at, and what is told of their secrets."""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import unittest

from running_serve import BINARY, ROOT, RunningServe, free_port, wait_for


class Neighbour:
    """A service of this machine's own network, which counts who comes."""

    def __init__(self):
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def set_output(serve, show, url, status=200):
    return serve.ask('PUT', f'/shows/{show}/outputs/rtmp', {'url': url, 'streamKey': 'stream-secret'},
                     status=status)


class Destinations(unittest.TestCase):
    def setUp(self):
        self.neighbour = Neighbour()
        self.addCleanup(self.neighbour.stop)

    def test_one_in_the_private_network_is_refused_with_the_key_that_allows_it(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.live_show('Private')
        for host in ('127.0.0.1', 'localhost', '[::1]', '2130706433', '10.0.0.1'):
            refused = set_output(serve, show, f'rtmp://{host}:{self.neighbour.port}/app', 422)
            self.assertIn('outputs.allow_private_destinations', refused['errors'][0]['detail'])
        self.assertEqual(self.neighbour.visits, 0)

    def test_one_that_stood_before_stays_when_private_ones_are_not_allowed_any_more(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        serve.kill()
        serve.start('--allow-private-destinations')
        show = serve.live_show('Before')
        set_output(serve, show, f'rtmp://127.0.0.1:{self.neighbour.port}/app')
        wait_for('a visit', lambda: self.neighbour.visits, 20)
        serve.kill()
        serve.start()
        serve.wait_for_status(show, 'LIVE')
        visits = self.neighbour.visits
        wait_for('another visit', lambda: self.neighbour.visits > visits, 30)
        set_output(serve, show, f'rtmp://127.0.0.1:{free_port()}/app', 422)

    def test_who_asks_for_one_after_the_other_is_held_up(self):
        serve = RunningServe('--allow-private-destinations')
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Scan'})['showId']
        statuses = [serve.call('PUT', f'/shows/{show}/outputs/rtmp',
                               {'url': f'rtmp://127.0.0.1:{port}/app'}).status
                    for port in range(1, 31)]
        self.assertLessEqual(statuses.count(200), 11)
        self.assertEqual(set(statuses), {200, 429})

    def test_no_secret_of_a_destination_is_told_or_logged(self):
        serve = RunningServe('--allow-private-destinations')
        self.addCleanup(serve.stop)
        show = serve.live_show('Secrets')
        serve.ask('PUT', f'/shows/{show}/outputs/rtmp',
                  {'url': f'rtmp://user:PASSWORD@127.0.0.1:{self.neighbour.port}'
                          '/app/STREAMKEY?psk=PASSPHRASE'})
        wait_for('a visit', lambda: self.neighbour.visits, 20)
        said = ''.join(serve.call('GET', f'/shows/{show}/{what}').body.decode()
                       for what in ('outputs', 'events', 'status', 'health', 'composition/health'))
        said += serve.log()
        said += ''.join(path.read_text() for path in pathlib.Path(serve.data / 'log').iterdir())
        for secret in ('PASSWORD', 'STREAMKEY', 'PASSPHRASE'):
            self.assertNotIn(secret, said)


class AdminToken(unittest.TestCase):
    def start(self, listen, token=None):
        """Runs `serve` until it listens or ends; what it said, and its exit status or nothing."""
        folder = tempfile.TemporaryDirectory(prefix='shelcaster-system-')
        self.addCleanup(folder.cleanup)
        self.kept = pathlib.Path(folder.name) / 'admin-token'
        environment = {name: value for name, value in os.environ.items()
                       if name != 'SHELCASTER_ADMIN_TOKEN'}
        if token:
            environment['SHELCASTER_ADMIN_TOKEN'] = token
        process = subprocess.Popen([BINARY, 'serve', '--listen', listen, '--data', folder.name],
                                   cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, env=environment)
        said = ''
        for line in process.stdout:
            said += line
            if line.startswith('listening on'):
                process.terminate()
                process.wait(20)
                process.stdout.close()
                return said, None
        process.stdout.close()
        return said, process.wait(20)

    def test_a_short_one_is_refused_beyond_this_machine_and_warned_of_on_it(self):
        said, status = self.start('127.0.0.1:0', token='secret')
        self.assertIsNone(status, said)
        self.assertIn('SHELCASTER_ADMIN_TOKEN has 6 characters', said)
        self.assertNotIn('secret', said.replace('webhook-secret', ''))
        said, status = self.start('0.0.0.0:0', token='secret')
        self.assertEqual(status, 1, said)
        self.assertIn('at least 22 characters', said)
        said, status = self.start('127.0.0.1:0', token='x' * 22)
        self.assertIsNone(status)
        self.assertNotIn('SHELCASTER_ADMIN_TOKEN', said)

    def test_one_that_is_made_goes_to_its_file_and_into_no_journal(self):
        said, status = self.start('127.0.0.1:0')
        self.assertIsNone(status, said)
        self.assertIn(f'admin token: in {self.kept}\n', said)
        self.assertNotIn(self.kept.read_text().strip(), said)


if __name__ == '__main__':
    unittest.main()

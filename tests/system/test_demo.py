"""`shelcaster demo --no-robots`: the links of a show from any server, and why there are none."""

import os
import shutil
import subprocess
import tempfile
import unittest

from certificate import make_certificate
from running_serve import BINARY, ROOT, RunningServe, free_port


def demo(url, token, *options):
    return subprocess.run([BINARY, 'demo', '--server', url, '--no-robots', *options], cwd=ROOT,
                          env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': token}, timeout=90,
                          capture_output=True, text=True, check=False)


class Demo(unittest.TestCase):
    def test_it_knows_a_server_by_a_certificate_that_no_authority_vouches_for(self):
        folder = tempfile.mkdtemp(prefix='shelcaster-demo-')
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        certificate, key = make_certificate(folder)
        serve = RunningServe('--tls-certificate', certificate, '--tls-key', key, tls=certificate)
        self.addCleanup(serve.stop)
        url = f'https://127.0.0.1:{serve.port}'
        done = demo(url, serve.token, '--certificate', certificate)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f'Join    {url}/join/show-', done.stdout)
        stranger, _ = make_certificate(tempfile.mkdtemp(dir=folder))
        refused = demo(url, serve.token, '--certificate', stranger)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(url, refused.stderr)
        self.assertIn('certificate', refused.stderr)

    def test_it_says_that_the_token_is_wrong(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        refused = demo(f'http://127.0.0.1:{serve.port}', 'of-another-server-0123456789')
        self.assertEqual(refused.returncode, 1)
        self.assertIn('this admin token', refused.stderr)
        self.assertNotIn('did not get ready', refused.stderr)

    def test_it_says_that_nobody_answers(self):
        refused = demo(f'http://127.0.0.1:{free_port()}', 'any')
        self.assertEqual(refused.returncode, 1)
        self.assertIn('connect', refused.stderr)


if __name__ == '__main__':
    unittest.main()

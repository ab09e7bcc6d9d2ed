"""HTTPS by files: what is offered, and certificates that are renewed under a running server."""

import http.client
import os
import shutil
import signal
import socket
import ssl
import tempfile
import unittest

from certificate import make_certificate
from running_serve import RunningServe, wait_for
from websocket_client import WebSocketClient


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='shelcaster-tls-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.certificate, self.key = make_certificate(self.folder)
        self.serve = RunningServe('--tls-certificate', self.certificate, '--tls-key', self.key,
                                  tls=self.certificate)
        self.addCleanup(self.serve.stop)

    def handshake(self, context):
        """The cipher, and the certificate that is shown."""
        with socket.create_connection(('127.0.0.1', self.serve.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname='127.0.0.1') as secure:
                return secure.cipher()[0], secure.getpeercert(binary_form=True)

    def shown(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return self.handshake(context)[1]

    def metric(self, name):
        text = self.serve.call('GET', '/metrics').body.decode()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + ' '))

    def test_serves_api_and_events_by_a_certificate_from_files(self):
        show = self.serve.ask('POST', '/shows', {'title': 'Secure'})['showId']
        links = self.serve.ask('GET', f'/shows/{show}/links')
        self.assertTrue(links['studioUrl'].startswith('https://'), links)
        client = WebSocketClient(self.serve.port, f'/shows/{show}/events', self.serve.token,
                                 tls=self.serve.tls)
        client.wait_frame('the state', lambda frame: frame['type'] == 'state', 5)
        client.close()
        # Plain HTTP gets nothing from it, and hurts nothing.
        plain = http.client.HTTPConnection('127.0.0.1', self.serve.port, timeout=5)
        with self.assertRaises((OSError, http.client.HTTPException)):
            plain.request('GET', '/healthz')
            plain.getresponse()
        plain.close()
        reply = self.serve.call('GET', '/healthz')
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers['Strict-Transport-Security'], 'max-age=31536000')

    def test_offers_forward_secrecy_and_authenticated_encryption_only(self):
        def with_ciphers(names):
            context = ssl.create_default_context(cafile=self.certificate)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(names)
            return self.handshake(context)[0]

        self.assertIn('GCM', with_ciphers('ECDHE+AESGCM'))
        self.assertIn('CHACHA20', with_ciphers('ECDHE+CHACHA20'))
        for names in ('ECDHE+AES:!AESGCM:!AESCCM', 'kRSA', 'AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384'):
            with self.assertRaises((ssl.SSLError, ConnectionError), msg=names):
                with_ciphers(names)

    def test_a_renewed_certificate_is_shown_without_a_restart(self):
        before = self.shown()
        show = self.serve.ask('POST', '/shows', {'title': 'Renewed'})['showId']
        client = WebSocketClient(self.serve.port, f'/shows/{show}/events', self.serve.token,
                                 tls=self.serve.tls)
        self.addCleanup(client.close)
        certificate, key = make_certificate(self.folder, 'renewed')
        os.replace(certificate, self.certificate)
        os.replace(key, self.key)
        wait_for('the new certificate', lambda: self.shown() != before, 15)
        # Who is connected stays so.
        self.assertTrue(client.is_open)
        self.serve.tls = ssl.create_default_context(cafile=self.certificate)
        self.assertEqual(self.serve.call('GET', '/healthz').status, 200)
        self.assertEqual(self.metric('shelcaster_http_tls_reloads_total'), 1)

    def test_a_bad_new_file_leaves_the_old_certificate_and_is_told(self):
        before = self.shown()
        with open(self.certificate) as file:
            good = file.read()
        with open(self.certificate, 'w') as file:
            file.write('-----BEGIN CERTIFICATE-----\nAAAA\n')
        self.serve.process.send_signal(signal.SIGHUP)
        wait_for('the log', lambda: 'the certificate in use stays' in self.serve.log(), 15)
        self.assertEqual(self.shown(), before)
        self.assertEqual(self.metric('shelcaster_http_tls_reload_failures_total'), 1)
        # A certificate whose key hasn't come yet is a bad one too.
        certificate, key = make_certificate(self.folder, 'renewed')
        os.replace(certificate, self.certificate)
        self.serve.process.send_signal(signal.SIGHUP)
        wait_for('the log', lambda: 'no usable key' in self.serve.log(), 15)
        self.assertEqual(self.shown(), before)
        with open(self.certificate, 'w') as file:
            file.write(good)
        self.serve.process.send_signal(signal.SIGHUP)
        wait_for('the reload', lambda: self.metric('shelcaster_http_tls_reloads_total') == 1, 15)
        self.assertEqual(self.shown(), before)


if __name__ == '__main__':
    unittest.main()

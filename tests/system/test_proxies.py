"""The reverse proxies of docs/operators/running.md, as they stand there: what people do with a show
goes through them, and each of their clients is one."""

import copy
import http.client
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import unittest

from certificate import make_certificate
from hls_ear import HlsEar
from running_serve import ROOT, RunningServe, free_port, wait_for
from tone_show import write_tone
from websocket_client import WebSocketClient


def documented(language):
    text = (ROOT / 'docs/operators/running.md').read_text()
    return re.search(rf'^```{language}\n(.*?)^```', text, re.M | re.S).group(1)


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text, f'the configuration has no {old!r} any more'
        text = text.replace(old, new)
    return text


class Nginx:
    def __init__(self, folder, certificate, key, port, upstream):
        site = replaced(documented('nginx'), ('127.0.0.1:8080', f'127.0.0.1:{upstream}'),
                        ('listen 443 ssl', f'listen 127.0.0.1:{port} ssl'),
                        ('/etc/ssl/radio.pem', certificate), ('/etc/ssl/radio.key', key),
                        ('/var/log/nginx/shelcaster.log', f'{folder}/access.log'))
        places = ''.join(f'{kind}_temp_path {folder}/{kind};\n' for kind in
                         ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        path = pathlib.Path(folder) / 'nginx.conf'
        path.write_text(f'daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\n'
                        f'error_log stderr;\nevents {{}}\n'
                        f'http {{\naccess_log off;\n{places}{site}}}\n')
        self.command = ['nginx', '-e', 'stderr', '-p', folder, '-c', str(path)]


class Caddy:
    def __init__(self, folder, certificate, key, port, upstream):
        site = replaced(documented('caddy'), ('127.0.0.1:8080', f'127.0.0.1:{upstream}'),
                        ('radio.example.org {',
                         f'https://127.0.0.1:{port} {{\n  bind 127.0.0.1\n  tls {certificate} {key}'))
        path = pathlib.Path(folder) / 'Caddyfile'
        path.write_text('{\n  admin off\n  auto_https disable_redirects\n  skip_install_trust\n}\n' + site)
        self.command = ['caddy', 'run', '--config', str(path), '--adapter', 'caddyfile']


class Proxied:
    """What is asked of either."""

    def setUp(self):
        if shutil.which(self.program) is None:
            self.skipTest(f'there is no {self.program} here')
        self.folder = tempfile.mkdtemp(prefix='shelcaster-proxy-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        certificate, key = make_certificate(self.folder)
        self.serve = RunningServe('--trusted-proxies', '127.0.0.1', trust_loopback=False)
        self.addCleanup(self.serve.stop)
        self.port = free_port()
        proxy = self.proxy(self.folder, certificate, key, self.port, self.serve.port)
        log = open(f'{self.folder}/log', 'w')
        self.addCleanup(log.close)
        process = subprocess.Popen(proxy.command, cwd=self.folder, stdout=log, stderr=log,
                                   env={**os.environ, 'HOME': self.folder})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        # The same server, as its users see it.
        self.there = copy.copy(self.serve)
        self.there.port = self.port
        self.there.tls = ssl.create_default_context(cafile=certificate)
        wait_for('the proxy', self.there.is_healthy)

    def statuses(self, count, source, path='/shows', token='wrong'):
        found = []
        for _ in range(count):
            one = http.client.HTTPSConnection('127.0.0.1', self.port, timeout=20,
                                              context=self.there.tls, source_address=(source, 0))
            one.request('GET', path, headers={'Authorization': f'Bearer {token}'} if token else {})
            found.append(one.getresponse().status)
            one.close()
        return found

    def test_a_show_is_run_and_heard_through_it(self):
        there = self.there
        show = there.ask('POST', '/shows', {'title': 'Behind'})['showId']
        links = there.ask('GET', f'/shows/{show}/links')
        for link in ('studioUrl', 'joinUrl', 'listenUrl', 'hlsUrl'):
            self.assertTrue(links[link].startswith(f'https://127.0.0.1:{self.port}/'), links)
        events = WebSocketClient(self.port, f'/shows/{show}/events', there.token, tls=there.tls)
        self.addCleanup(events.close)
        events.wait_frame('the state', lambda frame: frame['type'] == 'state', 10)
        there.ask('POST', f'/shows/{show}/start')
        events.wait_frame('its start', lambda frame: frame['type'] == 'event', 10)
        # Before there is anything to hear: held until there is.
        played = there.call('GET', f'/live/{show}/index.m3u8', token=None)
        self.assertEqual(played.status, 200, played)
        segment = re.search(rb'seg-\d+\.m4s', played.body)
        self.assertTrue(segment, played)
        self.assertGreater(len(there.call('GET', f'/live/{show}/{segment[0].decode()}',
                                          token=None).body), 500)
        tone = pathlib.Path(self.folder) / 'tone.wav'
        write_tone(tone, 30)
        track = there.call('POST', '/tracks?title=Tone', tone.read_bytes(),
                           headers={'Content-Type': 'audio/wav'})
        self.assertEqual(track.status, 202, track)
        wait_for('the upload', lambda: there.ask(
            'GET', f'/tracks/{track.json["trackId"]}')['status'] == 'READY', 60)
        self.assertGreaterEqual(HlsEar(self.serve, show).last_segment(), 0)

    def test_each_client_is_one_and_none_is_the_operator(self):
        self.assertEqual(self.there.call('GET', '/metrics', token=None).status, 401)
        greedy = self.statuses(100, '127.0.0.7')
        self.assertEqual(set(greedy), {401, 429})
        self.assertEqual(self.statuses(1, '127.0.0.8'), [401])
        self.assertEqual(self.statuses(1, '127.0.0.8', '/healthz', None), [200])


class BehindNginx(Proxied, unittest.TestCase):
    program = 'nginx'
    proxy = Nginx

    def test_no_token_of_an_address_is_logged(self):
        show = self.there.ask('POST', '/shows', {'title': 'Quiet'})['showId']
        self.assertEqual(
            self.there.call('GET', f'/shows/{show}?token={self.there.token}', token=None).status, 200)
        log = pathlib.Path(self.folder) / 'access.log'
        wait_for('a line of it', lambda: f'GET /shows/{show} 200' in log.read_text())
        self.assertNotIn(self.there.token, log.read_text())


class BehindCaddy(Proxied, unittest.TestCase):
    program = 'caddy'
    proxy = Caddy


if __name__ == '__main__':
    unittest.main()

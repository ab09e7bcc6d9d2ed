"""Janus with its AudioBridge, as the distribution packages it, on the server's core."""

import http.client
import json
import pathlib
import secrets
import shutil
import tempfile

import machine
from shelcaster import free_port, wait_for

MAIN = '''
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{plugins}"
  transports_folder = "{transports}"
  log_to_stdout = true
  debug_level = 3
  session_timeout = 0
  daemonize = false
}}
nat: {{ ice_lite = true, ignore_mdns = true }}
media: {{ ipv6 = false, no_media_timer = 0, slowlink_threshold = 0 }}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
events: {{ broadcast = false }}
'''

HTTP = '''
general: {{ json = "compact", base_path = "/janus", http = true,
  port = {port}, ip = "127.0.0.1", https = false }}
admin: {{ admin_http = false }}
'''


def library_dir(kind):
    for parent in pathlib.Path('/usr/lib').glob(f'*/janus/{kind}'):
        return parent
    raise RuntimeError('the package janus is not installed')


class Janus:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='shelcaster-janus-'))
        self.port = free_port()
        self.program = None
        plugins, transports = library_dir('plugins'), library_dir('transports')
        others = [p.name for p in plugins.glob('*.so') if 'audiobridge' not in p.name]
        other_transports = [p.name for p in transports.glob('*.so') if 'http' not in p.name]
        (self.folder / 'janus.jcfg').write_text(MAIN.format(
            folder=self.folder, plugins=plugins, transports=transports,
            other_plugins=','.join(others), other_transports=','.join(other_transports)))
        (self.folder / 'janus.transport.http.jcfg').write_text(HTTP.format(port=self.port))
        (self.folder / 'janus.plugin.audiobridge.jcfg').write_text('general: { events = false }\n')
        try:
            self.program = machine.Program(
                ['janus', '-F', self.folder, '-C', self.folder / 'janus.jcfg', '-o'],
                self.folder, machine.SERVER_CORE)
            wait_for('Janus', self.is_up, 20)
            self.session = self.ask('', janus='create')['data']['id']
            self.handle = self.attach(self.session)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def is_up(self):
        self.program.check()
        try:
            return self.get('/info')['janus'] == 'server_info'
        except OSError:
            return False

    def _request(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        try:
            connection.request(method, '/janus' + path, body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def get(self, path):
        return self._request('GET', path)

    def ask(self, path, **message):
        message['transaction'] = secrets.token_hex(6)
        reply = self._request('POST', path, json.dumps(message))
        if reply['janus'] == 'error':
            raise RuntimeError(f'janus: {reply["error"]}')
        return reply

    def attach(self, session):
        return self.ask(f'/{session}', janus='attach', plugin='janus.plugin.audiobridge')['data']['id']

    def room(self, number, bitrate_bps, prebuffering=6):
        reply = self.ask(f'/{self.session}/{self.handle}', janus='message', body={
            'request': 'create', 'room': number, 'sampling_rate': 48000,
            'default_bitrate': bitrate_bps, 'default_expectedloss': 0,
            'default_prebuffering': prebuffering, 'audiolevel_ext': True, 'audiolevel_event': False,
            'record': False})
        if 'error' in reply['plugindata']['data']:
            raise RuntimeError(f'janus: {reply["plugindata"]["data"]}')

    def person(self, room, complexity, is_muted=False):
        """A participant with a session of their own, as the function that signals for it."""
        def signal(offer):
            session = self.ask('', janus='create')['data']['id']
            handle = self.attach(session)
            self.ask(f'/{session}/{handle}', janus='message', body={
                'request': 'join', 'room': room, 'display': 'robot', 'muted': is_muted,
                'quality': complexity, 'codec': 'opus', 'generate_offer': False},
                jsep={'type': 'offer', 'sdp': offer, 'trickle': False})
            for _ in range(20):
                event = self.get(f'/{session}?maxev=1')
                if event.get('jsep'):
                    return event['jsep']['sdp']
                error = event.get('plugindata', {}).get('data', {}).get('error')
                if error:
                    raise RuntimeError(f'janus: {error}')
            raise RuntimeError('janus gave no answer')
        return signal

    def groups(self):
        return {'janus': [self.program.process.pid]}

    def stop(self):
        if self.program is not None:
            self.program.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

"""That api/openapi.yaml doesn't lie. RunningServe holds every answer of every test against it; here
are the checks of that check, and what the other tests don't ask for."""

import base64
import hmac
import io
import json
import os
import subprocess
import time
import unittest
import wave

import contract
from running_serve import BINARY, Reply, RunningServe, wait_for
from websocket_client import WebSocketClient


def reply(status, body, media_type='application/json'):
    return Reply(status, {'Content-Type': media_type}, body)


class TheCheck(unittest.TestCase):
    """It can fail."""

    SHOW = (b'{"showId":"s","title":"T","status":"LIVE","stageArn":"a","channelArn":"c",'
            b'"hostUserId":"h","compositionServiceTaskArn":null,"tracklistId":null,'
            b'"compositionServiceStatus":"RUNNING","createdAt":1,"updatedAt":2}')

    def test_takes_what_is_described(self):
        contract.check_answer('GET', '/shows/show-1', reply(200, self.SHOW))
        contract.check_answer('GET', '/no/such/path', reply(404, b''))
        contract.check_answer('PUT', '/shows/show-1', reply(405, b''))

    def test_refuses_what_is_not(self):
        lies = {
            'a field too many': (200, self.SHOW.replace(b'{"showId"', b'{"secret":1,"showId"')),
            'a field too few': (200, self.SHOW.replace(b'"title":"T",', b'')),
            'a wrong type': (200, self.SHOW.replace(b'"title":"T"', b'"title":7')),
            'a null': (200, self.SHOW.replace(b'"title":"T"', b'"title":null')),
            'an unknown word': (200, self.SHOW.replace(b'LIVE', b'ALIVE')),
            'a status': (202, self.SHOW),
        }
        for what, (status, body) in lies.items():
            with self.subTest(what), self.assertRaises(AssertionError):
                contract.check_answer('GET', '/shows/show-1', reply(status, body))
        with self.subTest('a media type'), self.assertRaises(AssertionError):
            contract.check_answer('GET', '/shows/show-1', reply(200, self.SHOW, 'text/html'))
        with self.subTest('a body'), self.assertRaises(AssertionError):
            contract.check_answer('DELETE', '/shows/show-1', reply(204, b'gone'))

    def test_every_reference_in_the_description_leads_somewhere(self):
        def walk(node):
            if isinstance(node, dict):
                if '$ref' in node:
                    self.assertTrue(contract.resolved(node), node)
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)
        walk(contract.description())

    def test_knows_frames_by_their_type(self):
        with self.assertRaises(AssertionError):
            contract.check_frame({'type': 'rumour'})
        with self.assertRaises(AssertionError):
            contract.check_frame({'type': 'status', 'viewerCount': -1})


OFFER = '\r\n'.join([
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=%s', 'a=rtcp-mux',
    'a=ice-ufrag:Ufr4', 'a=ice-pwd:0123456789abcdefghijklmn',
    'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass',
    'a=rtpmap:111 opus/48000/2', 'a=ssrc:1001 cname:robot', ''])
TRICKLED = 'a=ice-ufrag:Ufr4\r\na=ice-pwd:0123456789abcdefghijklmn\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n'


def noise(seconds):
    """A WAV file."""
    with io.BytesIO() as file:
        with wave.open(file, 'wb') as wav:
            wav.setparams((1, 2, 48_000, 0, 'NONE', ''))
            wav.writeframes(os.urandom(2 * int(seconds * 48_000)))
        return file.getvalue()


class EveryOperation(unittest.TestCase):
    """Asked once for its good answer, so that no answer is described which nobody has seen."""

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--allow-private-destinations')
        cls.addClassCleanup(cls.serve.stop)
        contract.answered.clear()

    def test_answers_as_described(self):
        self.look_after_tracks()
        self.run_shows()
        missing = contract.operations() - contract.answered
        self.assertFalse(missing, 'described, but not asked for here')

    def look_after_tracks(self):
        ask = self.serve.ask
        upload = self.serve.call('POST', '/tracks?title=Noise', noise(0.5),
                                 headers={'Content-Type': 'application/octet-stream'})
        self.track = upload.json['trackId']
        ask('GET', '/tracks')
        ask('GET', f'/tracks/{self.track}')
        ask('PATCH', f'/tracks/{self.track}', {'title': 'Snow'})
        self.list = ask('POST', '/tracklists', {'title': 'Night'})['tracklistId']
        path = f'/tracklists/{self.list}'
        ask('PUT', f'{path}/tracks', {'trackIds': [self.track]})
        ask('PATCH', path, {'title': 'Late night'})
        ask('GET', path)
        ask('GET', '/tracklists')

    def run_shows(self):
        ask = self.serve.ask
        ask('GET', '/healthz')
        self.serve.call('GET', '/metrics')
        description = self.serve.call('GET', '/openapi.yaml', token=None)
        self.assertEqual(description.body, contract.DESCRIPTION.read_bytes())
        show = ask('POST', '/shows', {'title': 'All', 'tracklistId': self.list})['showId']
        path = f'/shows/{show}'
        ask('GET', '/shows')
        ask('PATCH', path, {'title': 'Everything'})
        ask('POST', f'{path}/start')
        self.serve.wait_for_status(show, 'LIVE')
        for part in ('', '/public', '/status', '/health', '/composition/health', '/links',
                     '/composition-status', '/participants', '/audio-routing', '/deck', '/queue',
                     '/outputs', '/events'):
            ask('GET', path + part)
        for name in ('master', 'index'):
            self.assertEqual(
                self.serve.call('GET', f'/live/{show}/{name}.m3u8', token=None).status, 200)
        self.seat_people(path)
        self.mix_and_play(path)
        self.connect_media(show)
        self.hold_sessions(show)
        ask('POST', f'{path}/stop')
        self.serve.wait_for_status(show, 'STOPPED')
        self.keep_recordings(path)
        for start, stop in (('composition/start', 'composition/stop'),
                            ('start-composition', 'stop-composition')):
            ask('POST', f'{path}/{start}')
            self.serve.wait_for_status(show, 'LIVE')
            ask('POST', f'{path}/{stop}')
        ask('DELETE', f'/tracklists/{self.list}')
        ask('DELETE', f'/tracks/{self.track}')
        ask('DELETE', path)

    def seat_people(self, path):
        ask = self.serve.ask
        invitation = ask('GET', f'{path}/links')['callerToken']
        ada = self.serve.ask('POST', f'{path}/join', {'username': 'Ada'}, invitation)
        self.token = ada['token']
        ask('GET', f'{path}/me', token=self.token)
        ask('PATCH', f'{path}/me', {'selfMuted': True}, token=self.token)
        ask('POST', f'{path}/host-tokens', {'username': 'Second'})
        bob = ask('POST', f'{path}/caller-tokens', {'username': 'Bob'})['participantId']
        ask('PATCH', f'{path}/participants/{bob}', {'volume': 50, 'muted': True})
        ask('POST', f'{path}/participants/{bob}/toggle-on-air')
        ask('POST', f'{path}/callers/{bob}/toggle-on-air')
        ask('POST', f'{path}/participants/{bob}/leave')
        ask('POST', f'{path}/participants/{bob}/kick')
        ask('DELETE', f'{path}/participants/{bob}/name')
        ask('DELETE', f'{path}/bans')
        ask('POST', f'{path}/links/rotate')
        ask('GET', f'{path}/participants?all=true')

    def mix_and_play(self, path):
        ask = self.serve.ask
        ask('PUT', f'{path}/audio-routing', {'hostVolume': 90})
        ask('POST', f'{path}/audio-routing/reset')
        ask('POST', f'{path}/silence', {'seconds': 60})
        added = ask('POST', f'{path}/queue', {'trackId': self.track})['items']
        ask('PUT', f'{path}/queue', {'itemIds': [item['itemId'] for item in reversed(added)]})
        ask('POST', f'{path}/deck/commands', {'command': 'STOP'})
        ask('DELETE', f'{path}/queue/{added[0]["itemId"]}')
        ask('PUT', f'{path}/outputs/rtmp', {'url': 'rtmp://127.0.0.1:9/app', 'streamKey': 'secret'})
        ask('GET', f'{path}/outputs')
        ask('DELETE', f'{path}/outputs/rtmp')

    def connect_media(self, show):
        for kind, direction, token in (('whip', 'sendrecv', self.token), ('whep', 'recvonly', None)):
            made = self.serve.call('POST', f'/{kind}/{show}', OFFER % direction, token,
                                   {'Content-Type': 'application/sdp'})
            self.assertEqual(made.status, 201, made)
            session = made.headers['Location']
            trickled = self.serve.call('PATCH', session, TRICKLED, None,
                                       {'Content-Type': 'application/trickle-ice-sdpfrag'})
            self.assertEqual(trickled.status, 204, trickled)
            self.assertEqual(self.serve.call('GET', session, token=None).status, 204)
            self.assertEqual(self.serve.call('DELETE', session, token=None).status, 200)

    def keep_recordings(self, path):
        recording = self.serve.ask('GET', f'{path}/recordings')['recordings'][0]
        self.assertFalse(recording['isOpen'])
        for file in recording['files']:
            link = file['url'][file['url'].index('/shows/'):]
            whole = self.serve.call('GET', link, token=None)
            self.assertEqual((whole.status, len(whole.body)), (200, file['bytes']))
            if not whole.body:
                continue
            part = self.serve.call('GET', link, token=None, headers={'Range': 'bytes=0-3'})
            self.assertEqual((part.status, part.body), (206, whole.body[:4]))
        self.serve.ask('DELETE', f'{path}/recordings/{recording["id"]}')
        self.assertEqual(self.serve.ask('GET', f'{path}/recordings')['recordings'], [])

    def hold_sessions(self, show):
        ask = self.serve.ask
        session = ask('POST', '/sessions', {'showId': show})['sessionId']
        ask('GET', f'/sessions/{session}')
        ask('POST', f'/sessions/{session}/program/commands', {'command': 'STOP_MEDIA'})
        other = ask('POST', '/sessions', {'title': 'Short'})['sessionId']
        ask('DELETE', f'/sessions/{other}')


class LiveFigures(unittest.TestCase):
    """A show with a robot, and what is told of it live."""

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe()
        cls.addClassCleanup(cls.serve.stop)
        cls.show = cls.serve.live_show('Figures')

    def robot(self, token):
        robot = subprocess.Popen(
            [BINARY, 'robot', '--server', f'http://127.0.0.1:{self.serve.port}', '--show', self.show,
             '--token', token, '--voice', 'tone:440', '--seconds', '60'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(robot.wait)
        self.addCleanup(robot.kill)

    def test_a_persons_line_is_reported_live(self):
        invitation = self.serve.ask('GET', f'/shows/{self.show}/links')['callerToken']
        watcher = WebSocketClient(self.serve.port, f'/shows/{self.show}/events', self.serve.token)
        self.addCleanup(watcher.close)
        self.robot(invitation)
        _, seat = watcher.wait_frame(
            'a measured line', lambda frame: frame['type'] == 'seat' and frame['isPublishing'] and
            frame['stats'].get('delayMs', 0) > 0, 20)
        self.assertLess(seat['stats']['lossPercent'], 50)
        self.assertIn('concealedPercent', seat['stats'])
        person = next(one for one in self.serve.ask('GET', f'/shows/{self.show}/participants')
                      if one['participantId'] == seat['participantId'])
        self.assertEqual(set(person['stats']), set(seat['stats']))
        # Every kind of frame that a desk is sent has come by now, and fits.
        wait_for('all kinds of frames', lambda: {'state', 'event', 'levels', 'seat', 'status'} <=
                 {frame['type'] for _, frame in watcher.frames})

    def test_an_operator_sees_counters_and_what_processes_use(self):
        def counted():
            health = self.serve.ask('GET', f'/shows/{self.show}/health')
            return health if (health['mixer'] or {}).get('ticks') else None
        first = wait_for('the first counters', counted)
        self.assertEqual([one['role'] for one in first['processes']], ['compose', 'mix', 'publish'])
        for process in first['processes']:
            self.assertIn(process['pid'], self.serve.pids(process['role']))
            self.assertGreater(process['pssBytes'], 100_000)
        self.assertIsInstance(first['mixer']['missedTicks'], int)
        wait_for('ticks to go on', lambda: counted()['mixer']['ticks'] > first['mixer']['ticks'])
        series = f'shelcaster_mixer_ticks_total{{show="{self.show}"}}'
        self.assertIn(series, self.serve.call('GET', '/metrics').body.decode())

    def test_viewers_are_pushed(self):
        watcher = WebSocketClient(self.serve.port, f'/shows/{self.show}/events', self.serve.token)
        self.addCleanup(watcher.close)
        wait_for('a playlist', lambda: self.serve.call(
            'GET', f'/live/{self.show}/index.m3u8', token=None).status == 200)
        watcher.wait_frame('a viewer', lambda frame: frame['type'] == 'status' and
                           frame['viewerCount'] >= 1)


def ending_in(seconds, token, key):
    """The same token with another end, signed by the server's key: the shortest lifetime that the
    server gives is a minute."""
    def encoded(part):
        return base64.urlsafe_b64encode(part).rstrip(b'=')
    header, payload, _ = token.split('.')
    claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
    claims['exp'] = int(time.time()) + seconds
    signed = header.encode() + b'.' + encoded(json.dumps(claims).encode())
    return (signed + b'.' + encoded(hmac.digest(key.encode(), signed, 'sha256'))).decode()


class EndingStreams(unittest.TestCase):
    def test_an_event_stream_ends_with_its_token(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Short'})['showId']
        given = serve.ask('POST', f'/shows/{show}/caller-tokens', {'username': 'Ada'})['token']
        token = ending_in(3, given, (serve.data / 'token-key').read_text().strip())
        began = time.monotonic()
        watcher = WebSocketClient(serve.port, f'/shows/{show}/events', token)
        self.addCleanup(watcher.close)
        self.assertEqual(watcher.wait_closed(), 4401)
        self.assertGreater(time.monotonic() - began, 1)
        self.assertEqual(serve.call('GET', f'/shows/{show}/me', token=token).status, 401)

    def test_an_event_stream_ends_with_its_person_and_with_its_show(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Kick'})['showId']
        path = f'/shows/{show}/events'
        seat = serve.ask('POST', f'/shows/{show}/caller-tokens', {'username': 'Ada'})
        caller = WebSocketClient(serve.port, path, seat['token'])
        self.addCleanup(caller.close)
        desk = WebSocketClient(serve.port, path, serve.token)
        self.addCleanup(desk.close)
        serve.ask('POST', f'/shows/{show}/participants/{seat["participantId"]}/kick')
        self.assertEqual(caller.wait_closed(), 4403)
        serve.ask('DELETE', f'/shows/{show}')
        self.assertEqual(desk.wait_closed(), 4410)


if __name__ == '__main__':
    unittest.main()

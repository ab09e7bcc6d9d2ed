"""Every endpoint of the contract against the real server: its fields, states and refusals."""

import time
import unittest

from running_serve import RunningServe

SHOW_FIELDS = {'showId', 'title', 'status', 'stageArn', 'channelArn', 'hostUserId',
               'compositionServiceTaskArn', 'compositionServiceStatus', 'tracklistId', 'createdAt',
               'updatedAt'}
ROUTING_DEFAULTS = {
    'tracklistVolume': 30, 'hostVolume': 100, 'callersVolume': 80, 'onAirCallerIds': [],
    'masterVolume': 100, 'compression': {'enabled': True, 'threshold': -20, 'ratio': 4},
    'limiter': {'enabled': True, 'ceiling': -1}}


class Api(unittest.TestCase):
    """One show, LIVE, that the tests leave LIVE."""

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe('--token-lifetime-s', '60')
        cls.addClassCleanup(cls.serve.stop)
        made = cls.serve.ask('POST', '/shows', {'title': 'Contract'}, status=201)
        cls.show = made['showId']
        cls.before_start = made
        cls.started = cls.serve.ask('POST', f'/shows/{cls.show}/start', status=200)
        cls.serve.wait_for_status(cls.show, 'LIVE')

    def ask(self, method, path, body=None, token='admin', status=200):
        return self.serve.ask(method, path.replace('{show}', self.show), body, token, status)

    def join(self, name):
        return self.ask('POST', '/shows/{show}/join', {'username': name},
                        self.started['callerToken'], 201)

    def assert_problem(self, reply, status):
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.headers['Content-Type'], 'application/problem+json')
        problem = reply.json
        self.assertEqual(problem['status'], status)
        self.assertTrue(problem['title'] and problem['detail'], problem)
        return problem

    # The seed's complete list.

    def test_a_show_is_made_with_the_seeds_fields(self):
        self.assertLessEqual(SHOW_FIELDS, set(self.before_start))
        self.assertEqual(self.before_start['status'], 'CREATING')

    def test_start_gives_arns_and_tokens(self):
        self.assertLessEqual({'stageArn', 'channelArn', 'hostToken', 'callerToken', 'status'},
                             set(self.started))
        self.assertIn(self.started['status'], ('STARTING', 'LIVE'))
        self.assertEqual(self.started['stageArn'],
                         f'arn:shelcaster:stage:local:0:stage/{self.show}')

    def test_status_has_metadata_count_and_composition(self):
        status = self.ask('GET', '/shows/{show}/status')
        self.assertLessEqual(SHOW_FIELDS | {'participantCount', 'composition'}, set(status))
        self.assertEqual(status['composition']['status'], 'RUNNING')

    def test_composition_start_stop_and_health(self):
        show = self.serve.ask('POST', '/shows', {'title': 'Composition'})['showId']
        started = self.serve.ask('POST', f'/shows/{show}/composition/start', status=200)
        self.assertTrue(started['taskArn'].startswith('arn:shelcaster:task:local:0:task/'))
        self.assertEqual(started['status'], 'STARTING')
        self.serve.wait_for_status(show, 'LIVE')
        health = self.serve.ask('GET', f'/shows/{show}/composition/health', status=200)
        self.assertLessEqual({'status', 'lastHeartbeat', 'metrics'}, set(health))
        self.assertEqual(health['status'], 'RUNNING')
        self.assertAlmostEqual(health['lastHeartbeat'], time.time() * 1000, delta=5_000)
        stopped = self.serve.ask('POST', f'/shows/{show}/composition/stop', status=200)
        self.assertEqual(stopped['status'], 'STOPPED')
        self.assertEqual(self.serve.status(show), 'STOPPED')
        # The Lambda list's names for the same.
        again = self.serve.ask('POST', f'/shows/{show}/start-composition', status=200)
        self.assertNotEqual(again['taskArn'], started['taskArn'])
        self.serve.wait_for_status(show, 'LIVE')
        status = self.serve.ask('GET', f'/shows/{show}/composition-status', status=200)
        self.assertLessEqual({'status', 'participantCount', 'audioRouting', 'lastHeartbeat'},
                             set(status))
        self.assertEqual(self.serve.ask('POST', f'/shows/{show}/stop-composition')['status'],
                         'STOPPED')

    def test_participants_are_an_array_with_the_seeds_fields(self):
        seat = self.join('Ada')
        people = self.ask('GET', '/shows/{show}/participants')
        ada = next(one for one in people if one['participantId'] == seat['participantId'])
        self.assertLessEqual({'participantId', 'username', 'role', 'isOnAir', 'isPublishing',
                              'joinedAt'}, set(ada))
        self.assertEqual((ada['username'], ada['role'], ada['isOnAir'], ada['isPublishing']),
                         ('Ada', 'CALLER', False, False))
        self.assertEqual(people[0]['role'], 'HOST')

    def test_a_caller_is_toggled_under_both_names_and_by_routing(self):
        seat = self.join('Bob')['participantId']
        toggle = f'/shows/{self.show}/participants/{seat}/toggle-on-air'
        self.assertEqual(self.ask('POST', toggle), {'isOnAir': True})
        self.assertIn(seat, self.ask('GET', '/shows/{show}/audio-routing')['onAirCallerIds'])
        alias = f'/shows/{self.show}/callers/{seat}/toggle-on-air'
        self.assertEqual(self.ask('POST', alias), {'isOnAir': False})
        self.assertEqual(self.ask('POST', toggle, {'isOnAir': True}), {'isOnAir': True})
        self.assertEqual(self.ask('POST', toggle, {'isOnAir': True}), {'isOnAir': True})
        self.ask('PUT', '/shows/{show}/audio-routing', {'onAirCallerIds': []})
        people = self.ask('GET', '/shows/{show}/participants')
        self.assertFalse(next(p for p in people if p['participantId'] == seat)['isOnAir'])

    def test_routing_is_changed_and_reset(self):
        changed = self.ask('PUT', '/shows/{show}/audio-routing', {
            'tracklistVolume': 40, 'hostVolume': 90, 'callersVolume': 70, 'onAirCallerIds': []})
        self.assertEqual((changed['tracklistVolume'], changed['hostVolume'],
                          changed['callersVolume'], changed['masterVolume']), (40, 90, 70, 100))
        self.assertEqual(self.ask('GET', '/shows/{show}/audio-routing'), changed)
        reset = self.ask('POST', '/shows/{show}/audio-routing/reset')
        self.assertIsInstance(reset.pop('updatedAt'), int)
        self.assertEqual(reset, ROUTING_DEFAULTS)

    def test_a_session_carries_commands(self):
        made = self.ask('POST', '/sessions', {'showId': self.show}, status=201)
        self.assertLessEqual({'sessionId', 'showId', 'stageArn', 'channelArn', 'hostToken',
                              'callerToken', 'taskArn', 'status'}, set(made))
        self.assertEqual(self.ask('GET', f'/sessions/{made["sessionId"]}')['showId'], self.show)
        commands = f'/sessions/{made["sessionId"]}/program/commands'
        self.assertEqual(self.ask('POST', commands, {'command': 'STOP_MEDIA'}),
                         {'command': 'STOP_MEDIA', 'message': 'Command sent'})
        self.assert_problem(self.serve.call('POST', commands, {'command': 'EXPLODE'}), 422)
        self.assert_problem(self.serve.call('POST', commands, {'command': 'PLAY_MEDIA'}), 422)
        self.assert_problem(self.serve.call('GET', '/sessions/sess-no'), 404)

    # States.

    def test_an_illegal_transition_says_what_is_allowed(self):
        problem = self.assert_problem(self.serve.call('POST', f'/shows/{self.show}/start'), 409)
        self.assertIn('STOPPING', problem['allowed'])
        self.assert_problem(self.serve.call('DELETE', f'/shows/{self.show}'), 409)
        fresh = self.serve.ask('POST', '/shows', {'title': 'Fresh'})['showId']
        problem = self.assert_problem(self.serve.call('POST', f'/shows/{fresh}/stop'), 409)
        self.assertIn('STARTING', problem['allowed'])
        self.assert_problem(self.serve.call('POST', f'/shows/{fresh}/deck/commands',
                                            {'command': 'PLAY'}), 409)
        reply = self.serve.call('POST', f'/whep/{fresh}', 'v=0\r\n',
                                headers={'Content-Type': 'application/sdp'})
        self.assertEqual(self.assert_problem(reply, 409)['allowed'], ['LIVE'])
        self.assertEqual(self.serve.call('DELETE', f'/shows/{fresh}').status, 204)
        self.assert_problem(self.serve.call('GET', f'/shows/{fresh}'), 404)

    # Refusals.

    def test_bad_bodies_are_told_by_field_and_change_nothing(self):
        routing = f'/shows/{self.show}/audio-routing'
        before = self.ask('GET', routing)
        for body, status, pointer in (
                ('{"tracklistVolume":', 400, None), ('[1,2]', 422, None), ('"text"', 422, None),
                ('\xff\xfe', 400, None), ('{"a":' * 5_000, 400, None),
                ({'tracklistVolume': 101}, 422, '/tracklistVolume'),
                ({'hostVolume': -1}, 422, '/hostVolume'),
                ({'callersVolume': '80'}, 422, '/callersVolume'),
                ({'masterVolume': 1e9}, 422, '/masterVolume'),
                ({'hostVolume': 50.5}, 422, '/hostVolume'),
                ({'hostVolume': None}, 422, '/hostVolume'),
                ({'loudness': 3}, 422, '/loudness'),
                ({'onAirCallerIds': ['part-nobody']}, 422, '/onAirCallerIds'),
                ({'limiter': {'ceiling': 12}}, 422, '/limiter/ceiling')):
            reply = self.serve.call('PUT', routing,
                                    body.encode('latin-1') if isinstance(body, str) else body)
            with self.subTest(body=str(body)[:40]):
                problem = self.assert_problem(reply, status)
                if pointer:
                    self.assertTrue(any(error['pointer'].startswith(pointer)
                                        for error in problem['errors']), problem)
        self.assertEqual(self.ask('GET', routing), before)

    def test_huge_bodies_wrong_types_and_unknown_paths(self):
        huge = b'{"title":"' + b'x' * 1_000_000 + b'"}'
        self.assert_problem(self.serve.call('POST', '/shows', huge), 413)
        self.assert_problem(self.serve.call('POST', '/shows', 'title=x', headers={
            'Content-Type': 'application/x-www-form-urlencoded'}), 415)
        self.assert_problem(self.serve.call('POST', '/shows', {'title': 'x' * 1_000}), 422)
        self.assert_problem(self.serve.call('GET', '/shows/show-nobody'), 404)
        self.assert_problem(self.serve.call('GET', '/shows/../../etc/passwd'), 404)
        reply = self.serve.call('PUT', f'/shows/{self.show}/start')
        self.assert_problem(reply, 405)
        self.assertIn('POST', reply.headers['Allow'])
        self.assert_problem(self.serve.call('POST', f'/whip/{self.show}', b'v=0' + b'x' * 200_000,
                                            token=self.join('Big')['token'],
                                            headers={'Content-Type': 'application/sdp'}), 413)

    def test_tokens_that_are_missing_broken_foreign_or_too_weak(self):
        path = f'/shows/{self.show}/status'
        self.assert_problem(self.serve.call('GET', path, token=None), 401)
        self.assert_problem(self.serve.call('GET', path, token='nonsense'), 401)
        host = self.started['hostToken']
        head, claims, mark = host.split('.')
        self.assert_problem(self.serve.call('GET', path, token=f'{head}.{claims}.{mark[::-1]}'), 401)
        # "alg":"none"
        self.assert_problem(self.serve.call('GET', path, token=f'eyJhbGciOiJub25lIn0.{claims}.'), 401)
        self.ask('GET', '/shows/{show}/status', token=host)
        other = self.serve.ask('POST', '/shows', {'title': 'Other'})['showId']
        self.assert_problem(self.serve.call('GET', f'/shows/{other}/status', token=host), 403)
        caller = self.join('Weak')['token']
        for method, where in (('POST', 'stop'), ('PUT', 'audio-routing'), ('GET', 'participants'),
                              ('POST', 'audio-routing/reset'), ('POST', 'deck/commands')):
            reply = self.serve.call(method, f'/shows/{self.show}/{where}', token=caller)
            self.assert_problem(reply, 403)
        self.assert_problem(self.serve.call('POST', '/shows', {'title': 'x'}, token=host), 403)
        self.assert_problem(self.serve.call('POST', f'/whip/{self.show}', 'v=0\r\n',
                                            token=self.started['callerToken'],
                                            headers={'Content-Type': 'application/sdp'}), 403)

    def again(self, path, body, key, token='admin', mime='application/json'):
        return self.serve.call('POST', path.replace('{show}', self.show), body, token,
                               {'Idempotency-Key': key, 'Content-Type': mime})

    def test_a_key_is_answered_once_and_an_uploads_bytes_belong_to_the_request(self):
        first = self.again('/tracks?title=One', b'RIFF one', 'upload', mime='audio/wav')
        self.assertEqual(first.status, 202)
        self.assertEqual(self.again('/tracks?title=One', b'RIFF one', 'upload',
                                    mime='audio/wav').json, first.json)
        self.assert_problem(self.again('/tracks?title=One', b'RIFF two', 'upload',
                                       mime='audio/wav'), 422)

    def test_a_key_of_an_invitation_is_nobody_elses(self):
        invitation = self.started['callerToken']
        body = {'username': 'Sam'}
        self.assert_problem(self.again('/shows/{show}/join', body, '1', invitation), 422)
        key = 'a-random-key-of-22-chars'
        seats = {self.again('/shows/{show}/join', body, key, invitation).json['participantId']
                 for _ in range(2)}
        self.assertEqual(len(seats), 1)

    def test_a_name_can_be_erased(self):
        person = self.join('Erasmus')['participantId']
        self.assertEqual(self.serve.call(
            'DELETE', f'/shows/{self.show}/participants/{person}/name').status, 204)
        for path in ('participants', 'events'):
            self.assertNotIn(b'Erasmus', self.serve.call('GET', f'/shows/{self.show}/{path}').body)


class ExpiredTokens(unittest.TestCase):
    def test_are_told_from_others(self):
        """Signed with the server's own key, as any of its tokens, an hour ago."""
        import base64
        import hashlib
        import hmac
        import json
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.ask('POST', '/shows', {'title': 'Old'})
        key = (serve.data / 'token-key').read_text().strip().encode()

        def token(expires_in_s):
            now = int(time.time())
            parts = [{'alg': 'HS256', 'typ': 'JWT'},
                     {'scope': 'host', 'iat': now - 7_200, 'exp': now + expires_in_s,
                      'show': show['showId'], 'sub': show['hostUserId']}]
            text = '.'.join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b'=').decode()
                            for part in parts)
            mark = hmac.new(key, text.encode(), hashlib.sha256).digest()
            return f'{text}.{base64.urlsafe_b64encode(mark).rstrip(b"=").decode()}'

        path = f'/shows/{show["showId"]}'
        self.assertEqual(serve.call('GET', path, token=token(60)).status, 200)
        expired = serve.call('GET', path, token=token(-3_600))
        self.assertEqual(expired.status, 401)
        self.assertIn('expired', expired.json['detail'])


if __name__ == '__main__':
    unittest.main()

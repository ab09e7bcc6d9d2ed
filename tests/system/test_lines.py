"""Who listens without a token takes neither lines nor time from those who have a seat."""

import collections
import threading
import time
import unittest

from running_serve import RunningServe, wait_for

FINGERPRINT = ':'.join(['00'] * 32)


def offer(direction, more=''):
    return ('v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'
            'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n'
            f'a=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\na=rtcp-mux\r\n'
            f'a=rtpmap:111 opus/48000/2\r\na={direction}\r\n{more}')


class Lines(unittest.TestCase):
    LISTENERS = 20

    def setUp(self):
        self.serve = RunningServe('--listeners-max', str(self.LISTENERS),
                                  '--listeners-per-address-max', '128',
                                  '--listener-offers-per-minute-max', '100000')
        self.addCleanup(self.serve.stop)
        self.show = self.serve.live_show()

    def post(self, path, body, token=None):
        return self.serve.call('POST', path, body, token, {'Content-Type': 'application/sdp'})

    def listen(self, body=offer('recvonly')):
        return self.post(f'/whep/{self.show}', body)

    def caller(self, name):
        invitation = self.serve.ask('GET', f'/shows/{self.show}/links')['callerToken']
        return self.serve.ask('POST', f'/shows/{self.show}/join', {'username': name},
                              invitation)['token']

    def test_listeners_who_never_come_lock_nobody_out_and_are_soon_forgotten(self):
        caller = self.caller('Late')
        answers = collections.Counter(self.listen().status for _ in range(3 * self.LISTENERS))
        self.assertEqual(answers, {201: self.LISTENERS, 503: 2 * self.LISTENERS})
        full = self.listen()
        self.assertEqual(full.headers['Retry-After'], '2')
        self.assertIn('HLS', full.json['detail'])
        for _ in range(2):
            self.assertEqual(self.post(f'/whip/{self.show}', offer('sendrecv'), caller).status, 201)
        began = time.monotonic()
        wait_for('the lines to be free again', lambda: self.listen().status == 201, 20)
        self.assertLess(time.monotonic() - began, 14)

    def test_large_offers_without_end_delay_no_fader_and_end_no_mixer(self):
        mixers = self.serve.pids('mix')
        caller = self.caller('Ada')
        large = offer('recvonly', 'a=x:y\r\n' * 9_000)
        self.assertLess(len(large), 64 * 1024)
        is_over = threading.Event()
        answers = collections.Counter()

        def attack():
            while not is_over.is_set():
                answers[self.listen(large).status] += 1

        attackers = [threading.Thread(target=attack) for _ in range(8)]
        for attacker in attackers:
            attacker.start()
        slowest = 0
        try:
            for volume in range(20):
                began = time.monotonic()
                self.serve.ask('PUT', f'/shows/{self.show}/audio-routing',
                               {'tracklistVolume': volume})
                # By the thread of the mixer that faders go through as well.
                answer = self.post(f'/whip/{self.show}', offer('sendrecv'), caller)
                self.assertIn(answer.status, (201, 429))
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.1)
        finally:
            is_over.set()
            for attacker in attackers:
                attacker.join()
        self.assertLess(slowest, 1.0)
        self.assertLessEqual(set(answers), {201, 422, 429, 503})
        self.assertEqual(self.serve.pids('mix'), mixers)

    def test_an_offer_that_is_no_text_is_refused_and_breaks_no_link(self):
        mixers = self.serve.pids('mix')
        binary = offer('recvonly').encode() + b's=\xff\xfe\r\n'
        self.assertEqual(self.listen(binary).status, 400)
        patch = self.serve.call('PATCH', f'/whep/{self.show}/sess-x', b'a=ice-ufrag:\xff\r\n', None,
                                {'Content-Type': 'application/trickle-ice-sdpfrag'})
        self.assertEqual(patch.status, 400)
        self.assertEqual(self.listen().status, 201)
        self.assertEqual(self.serve.pids('mix'), mixers)
        self.assertEqual(self.serve.events(self.show, 'composition_relaunched'), [])


if __name__ == '__main__':
    unittest.main()

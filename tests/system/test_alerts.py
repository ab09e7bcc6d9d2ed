"""Somebody who isn't looking is told that a show is in trouble, once, whatever happens meanwhile."""

import hashlib
import hmac
import http.server
import json
import threading
import unittest

from running_serve import RunningServe, free_port, wait_for


class Receiver:
    """Of a webhook: refuses the first post, as a receiver that is just being restarted does."""

    def __init__(self):
        owner = self
        self.posts = []
        self.is_refusing = True

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                owner.posts.append((self.headers['X-Shelcaster-Signature'], body))
                self.send_response(500 if owner.is_refusing else 204)
                owner.is_refusing = False
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}/hook?key=in-the-url'
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Alerts(unittest.TestCase):
    def test_an_output_that_is_down_is_told_once_across_a_restart(self):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        serve = RunningServe('--webhook-url', receiver.url, '--allow-private-destinations')
        self.addCleanup(serve.stop)
        show = serve.live_show('Down')
        health = f'/shows/{show}/health'
        self.assertEqual(serve.ask('GET', health)['alerts'], [])
        serve.ask('PUT', f'/shows/{show}/outputs/rtmp',
                  {'url': f'rtmp://127.0.0.1:{free_port()}/app', 'streamKey': 'stream-secret'})
        wait_for('the alert', lambda: serve.ask('GET', health)['alerts'], 45)
        alert, = serve.ask('GET', health)['alerts']
        self.assertEqual((alert['kind'], alert['outputId']), ('output_down', 'rtmp'))

        self.assertIn(f'{show}: alert output_down raised: rtmp unreachable\n', serve.log())
        self.assertIn('output rtmp: unreachable\n', (serve.data / f'log/{show}.log').read_text())

        wait_for('the second try', lambda: len(receiver.posts) == 2)
        self.assertEqual(receiver.posts[0], receiver.posts[1])
        signature, body = receiver.posts[1]
        secret = (serve.data / 'webhook-secret').read_text().strip()
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(signature, f'sha256={expected}')
        told = json.loads(body)
        self.assertEqual({**told, 'at': 0, 'detail': ''},
                         {'kind': 'output_down', 'state': 'raised', 'showId': show, 'title': 'Down',
                          'at': 0, 'detail': '', 'outputId': 'rtmp'})
        metrics = serve.call('GET', '/metrics').body.decode()
        self.assertIn('shelcaster_alerts_active{kind="output_down"} 1\n', metrics)
        self.assertIn('shelcaster_webhooks_total{result="delivered"} 1\n', metrics)

        serve.kill()
        serve.start()
        serve.wait_for_status(show, 'LIVE')
        wait_for('reports', lambda: serve.ask('GET', health)['lastHeartbeat'])
        self.assertEqual(serve.ask('GET', health)['alerts'], [alert])
        serve.ask('DELETE', f'/shows/{show}/outputs/rtmp')
        wait_for('its end', lambda: not serve.ask('GET', health)['alerts'])
        wait_for('the end to be told', lambda: len(receiver.posts) == 3)
        self.assertEqual(json.loads(receiver.posts[2][1])['state'], 'cleared')
        self.assertEqual([event['kind'] for event in serve.events(show)
                          if event['kind'].startswith('alert')], ['alert_raised', 'alert_cleared'])
        for hidden in ('in-the-url', secret, 'stream-secret'):
            self.assertNotIn(hidden, serve.log() + json.dumps(serve.events(show)))


if __name__ == '__main__':
    unittest.main()

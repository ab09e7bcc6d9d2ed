"""20,000 requests made from the description: no answer is the server's own fault, and each is one that
the description has. REQUESTS and SEED make other ones."""

import collections
import http.client
import json
import os
import threading
import time
import unittest

from made_requests import Known, Maker, contract  # which finds the modules of tests/system
from running_serve import Reply, RunningServe, wait_for

REQUESTS = int(os.environ.get('REQUESTS', '20000'))
SEED = int(os.environ.get('SEED', '1'))
CLIENTS = 4
SHOWS = 6


class Client:
    """One connection after another, and a Maker of its own."""

    def __init__(self, serve, seed, count):
        self.serve = serve
        self.count = count
        self.maker = Maker(seed, Known())
        self.maker.known.tokens['admin'].append(serve.token)
        self.maker.known.tokens['wrong'] = ['x.y.z', '', 'admin']
        self.statuses = collections.Counter()
        self.faults = []
        self.connection = serve.connect(timeout=30)

    def run(self):
        for _ in range(self.count):
            request = self.maker.make()
            try:
                self.judge(request, self.send(request))
            except OSError as error:
                self.faults.append(f'{request.method} {request.path}: {error!r}')
                self.connection.close()
            except AssertionError as error:
                self.faults.append(str(error)[:600])
        self.connection.close()

    def send(self, request):
        for attempt in (1, 2):
            try:
                try:
                    self.connection.request(request.method, request.path, request.body,
                                            request.headers)
                except BrokenPipeError:
                    pass  # refused by its head; the answer is there
                response = self.connection.getresponse()
                body = response.read()
                return Reply(response.status, response.headers, body)
            except (http.client.HTTPException, ConnectionError):
                # The last answer ended the connection.
                self.connection.close()
                if attempt == 2:
                    raise

    def judge(self, request, reply):
        self.statuses[reply.status] += 1
        if reply.status >= 500:
            self.faults.append(f'{request.method} {request.path} {request.body!r:.300}: {reply}')
            return
        contract.check_answer(request.method, request.path, reply)
        if reply.status < 300:
            location = reply.headers.get('Location', '')
            if location.startswith(('/whip/', '/whep/')):
                self.maker.known.learn_session(location)
            elif reply.body and 'json' in (reply.headers.get('Content-Type') or ''):
                self.maker.known.learn(json.loads(reply.body))


class RequestsFromTheDescription(unittest.TestCase):
    def test_no_request_finds_a_fault_or_an_answer_that_is_not_described(self):
        folder = '/dev/shm' if os.path.isdir('/dev/shm') else None
        serve = RunningServe('--participants-max', '60', folder=folder)
        self.addCleanup(serve.stop)
        shows = [serve.ask('POST', '/shows', {'title': f'Show {i}'})['showId'] for i in range(SHOWS)]
        for show in shows[:2]:
            serve.ask('POST', f'/shows/{show}/start')
            serve.wait_for_status(show, 'LIVE')
        clients = [Client(serve, SEED * CLIENTS + i, REQUESTS // CLIENTS) for i in range(CLIENTS)]
        for client in clients:
            for show in shows:
                client.maker.known.learn({'showId': show, **serve.ask('GET', f'/shows/{show}/links')})
        began = time.monotonic()
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        statuses = sum((client.statuses for client in clients), collections.Counter())
        faults = [fault for client in clients for fault in client.faults]
        print(f'\n{sum(statuses.values())} requests in {took:.0f} s: ' +
              ', '.join(f'{status} {count}' for status, count in sorted(statuses.items())), flush=True)
        self.assertEqual(faults[:20], [], f'{len(faults)} in all')
        self.assertEqual(sum(statuses.values()), REQUESTS)
        # Enough of them are taken to reach what lies behind the checks.
        self.assertGreater(sum(count for status, count in statuses.items() if status < 300),
                           REQUESTS / 5)
        wait_for('the server', serve.is_healthy)


if __name__ == '__main__':
    unittest.main()

"""What stands in the database: of an earlier release, damaged, removed, long, and asked for by many."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import unittest

from running_serve import RunningServe, wait_for
from websocket_client import WebSocketClient

DATABASES = pathlib.Path(__file__).parent / 'databases'


def changed(serve, *statements):
    """While serve is away."""
    with contextlib.closing(sqlite3.connect(serve.database)) as database, database:
        for statement, values in statements:
            database.execute(statement, values)


def rows(serve, statement, values=()):
    with contextlib.closing(sqlite3.connect(serve.database)) as database:
        return database.execute(statement, values).fetchall()


def cut_the_power(serve):
    pids = serve.pids()
    serve.kill()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for('the processes to end', lambda: not serve.pids(), 5)


def moves_on(serve, show):
    """Whether segments are added to the show's play list."""
    path = serve.data / 'hls' / show / 'index.m3u8'

    def last():
        found = re.findall(r'seg-(\d+)\.m4s', path.read_text()) if path.exists() else []
        return int(found[-1]) if found else -1
    before = last()
    return wait_for('a new segment', lambda: last() > before, 20)


class Upgrade(unittest.TestCase):
    """From the first schema, as commit e41ab10 left it when its machine lost power."""

    STATUSES = ('CREATING', 'STARTING', 'LIVE', 'STOPPING', 'STOPPED', 'ERROR')

    @classmethod
    def setUpClass(cls):
        cls.serve = RunningServe(database=DATABASES / 'schema_1.sql')
        cls.addClassCleanup(cls.serve.stop)
        shows = cls.serve.ask('GET', '/shows')['shows']
        cls.shows = {show['title'].rsplit(' ', 1)[1]: show['showId'] for show in shows}

    def test_every_show_is_there_in_its_order(self):
        self.assertEqual(tuple(self.shows), self.STATUSES)
        for title, status in (('CREATING', 'CREATING'), ('LIVE', 'LIVE'), ('STOPPED', 'STOPPED'),
                              ('ERROR', 'ERROR'), ('STOPPING', 'STOPPED'), ('STARTING', 'LIVE')):
            with self.subTest(title):
                self.serve.wait_for_status(self.shows[title], status, 30)

    def test_the_show_that_was_live_goes_on_the_air(self):
        show = self.shows['LIVE']
        wait_for('the mixer', lambda: self.serve.ask(
            'GET', f'/shows/{show}/composition/health')['status'] == 'RUNNING', 30)
        self.assertTrue(moves_on(self.serve, show))
        self.assertEqual(len(self.serve.events(show, 'composition_relaunched')), 1)

    def test_people_faders_queue_and_destination_are_as_they_were(self):
        for title in ('CREATING', 'STOPPED', 'ERROR'):
            with self.subTest(title):
                show = self.shows[title]
                people = {one['username']: one for one in
                          self.serve.ask('GET', f'/shows/{show}/participants?all=true')}
                self.assertLessEqual({'Host', 'Ada', 'Bob from Bonn', 'Dora'}, set(people))
                self.assertEqual(people['Host']['role'], 'HOST')
                bob = people['Bob from Bonn']
                self.assertEqual((bob['muted'], bob['volume'], bob['isOnAir']), (True, 40, False))
                routing = self.serve.ask('GET', f'/shows/{show}/audio-routing')
                self.assertEqual((routing['hostVolume'], routing['masterVolume']), (71, 90))
                queue = self.serve.ask('GET', f'/shows/{show}/queue')['items']
                self.assertEqual([item['title'] for item in queue], ['Tone 3', 'Tone 3', 'Tone 4'])
                output, = self.serve.ask('GET', f'/shows/{show}/outputs')['outputs']
                self.assertEqual(output['url'], 'rtmp://127.0.0.1:9/app')
                self.assertTrue(output['streamKeySet'])

    def test_music_sessions_and_logs_are_there(self):
        tracks = self.serve.ask('GET', '/tracks')['tracks']
        self.assertEqual([(one['title'], one['status']) for one in tracks],
                         [('Tone 3', 'READY'), ('Tone 4', 'READY'), ('Broken', 'FAILED')])
        tracklist, = self.serve.ask('GET', '/tracklists')['tracklists']
        self.assertEqual(tracklist['trackIds'], [one['trackId'] for one in tracks[:2]])
        (session,), = rows(self.serve, "SELECT id FROM documents WHERE collection = 'sessions'")
        self.assertEqual(self.serve.ask('GET', f'/sessions/{session}')['showId'], self.shows['LIVE'])
        log = self.serve.events(self.shows['CREATING'])
        self.assertEqual([event['number'] for event in log], list(range(1, len(log) + 1)))
        self.assertEqual(log[0]['kind'], 'show_created')
        self.assertNotIn('Bob', json.dumps(log), 'names stand in seats only')

    def test_no_token_is_left_in_what_was_answered(self):
        self.assertEqual(rows(self.serve, "SELECT key FROM answers WHERE body LIKE '%eyJ%'"), [])
        self.assertGreater(rows(self.serve, 'SELECT count(*) FROM answers')[0][0], 0)


class OneBadDocument(unittest.TestCase):
    def setUp(self):
        self.serve = RunningServe()
        self.addCleanup(self.serve.stop)
        self.bad = self.serve.ask('POST', '/shows', {'title': 'Bad'})['showId']
        self.good = self.serve.live_show('Good')

    def expect_the_other_show_on_the_air(self):
        self.serve.start()
        wait_for('the mixer', lambda: self.serve.ask(
            'GET', f'/shows/{self.good}/composition/health')['status'] == 'RUNNING', 20)
        self.assertEqual(self.serve.status(self.good), 'LIVE')
        self.assertTrue(moves_on(self.serve, self.good))
        for path in ('/shows', '/metrics', '/tracks', f'/shows/{self.good}/health'):
            self.assertEqual(self.serve.call('GET', path).status, 200, path)
        seen = self.serve.ask('GET', f'/shows/{self.bad}')
        self.assertEqual(seen['status'], 'ERROR')
        self.assertIn(self.bad, seen['error'])
        self.assertEqual(self.serve.log().count(f'shows/{self.bad} can'), 1, 'logged once')
        self.serve.ask('POST', f'/shows/{self.good}/stop')
        self.serve.wait_for_status(self.good, 'STOPPED')
        self.assertEqual(self.serve.call('DELETE', f'/shows/{self.bad}').status, 204)

    def test_that_is_cut_off(self):
        cut_the_power(self.serve)
        changed(self.serve, ("UPDATE documents SET body = '{' WHERE collection = 'shows' AND id = ?",
                             (self.bad,)))
        self.expect_the_other_show_on_the_air()

    def test_of_a_newer_program(self):
        cut_the_power(self.serve)
        changed(self.serve, ("UPDATE documents SET body = replace(body, 'CREATING', 'ARCHIVED') "
                             "WHERE collection = 'shows' AND id = ?", (self.bad,)))
        self.expect_the_other_show_on_the_air()


class FileRemoved(unittest.TestCase):
    def test_is_told_and_nothing_is_acknowledged_that_would_be_lost(self):
        serve = RunningServe()
        self.addCleanup(serve.stop)
        show = serve.live_show()
        serve.ask('POST', '/tracklists', {'title': 'before'})
        aside = serve.data / 'aside'
        os.rename(serve.database, aside)
        refused = serve.call('POST', '/tracklists', {'title': 'after'})
        self.assertEqual(refused.status, 503)
        self.assertIn('removed', refused.json['detail'])
        fader = serve.call('PUT', f'/shows/{show}/audio-routing', {'hostVolume': 12})
        self.assertEqual((fader.status, fader.headers['Shelcaster-Storage']), (200, 'memory'))

        def alerts():
            return [one['kind'] for one in serve.ask('GET', f'/shows/{show}/health')['alerts']]
        wait_for('the alert', lambda: 'disk_failing' in alerts(), 10)
        os.rename(aside, serve.database)
        wait_for('the end of the alert', lambda: 'disk_failing' not in alerts(), 10)
        serve.ask('POST', '/tracklists', {'title': 'again'})
        self.assertIn('"hostVolume":12', rows(
            serve, "SELECT body FROM documents WHERE collection = 'audio-routing'")[0][0])


class LongLog(unittest.TestCase):
    """A show whose log is as long as it may be, and its readers."""

    ROWS = 30_000

    def setUp(self):
        self.serve = RunningServe()
        self.serve.holds_to_contract = False
        self.addCleanup(self.serve.stop)
        self.show = self.serve.live_show()
        self.person = self.serve.ask('POST', f'/shows/{self.show}/caller-tokens', {'username': 'Ada'})
        self.serve.kill()
        last = rows(self.serve, 'SELECT last FROM event_counters WHERE show_id = ?', (self.show,))[0][0]
        now = rows(self.serve, "SELECT max(at_unix_ms) FROM events")[0][0]
        text = json.dumps({'text': 'x' * 180})
        changed(self.serve,
                ('WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?) '
                 "INSERT INTO events SELECT ?, i, ?, 'told', 'admin', ?, '' FROM n",
                 (last + 1, last + self.ROWS, self.show, now, text)),
                ('UPDATE event_counters SET last = last + ?, bytes = bytes + ?',
                 (self.ROWS, self.ROWS * len(text))))
        self.serve.start()
        self.serve.wait_for_status(self.show, 'LIVE')

    def upgrade(self, token, after):
        asked = (f'GET /shows/{self.show}/events?after={after} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'
                 'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                 f'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n')
        client = socket.create_connection(('127.0.0.1', self.serve.port), timeout=20)
        client.sendall(asked.encode())
        return client

    def resident_kib(self):
        status = pathlib.Path(f'/proc/{self.serve.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status)[1])

    def test_is_given_whole_and_in_order_to_a_desk(self):
        last = rows(self.serve, 'SELECT last FROM event_counters WHERE show_id = ?', (self.show,))[0][0]
        desk = WebSocketClient(self.serve.port, f'/shows/{self.show}/events?after={last - 5000}',
                               self.serve.token)
        self.addCleanup(desk.close)
        self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'hostVolume': 3})
        desk.wait_frame('the newest event', lambda frame: frame['type'] == 'event' and
                        frame['kind'] == 'routing_updated', 30)
        numbers = [frame['number'] for _, frame in desk.frames if frame['type'] == 'event']
        self.assertEqual(numbers, list(range(last - 4999, numbers[-1] + 1)))

    def test_costs_a_caller_who_asks_for_all_of_it_their_own_rows(self):
        caller = WebSocketClient(self.serve.port, f'/shows/{self.show}/events?after=0',
                                 self.person['token'])
        self.addCleanup(caller.close)
        caller.wait_frame('their seat', lambda frame: frame['type'] == 'event' and
                          frame['kind'] == 'participant_joined')
        events = [frame for _, frame in caller.frames if frame['type'] == 'event']
        self.assertLess(len(events), 10)
        self.assertNotIn('told', {event['kind'] for event in events})

    def test_is_held_for_nobody_who_does_not_read(self):
        before = self.resident_kib()
        readers = [self.upgrade(self.serve.token, 0) for _ in range(40)]
        connections = []
        for _ in range(12):
            connection = http.client.HTTPConnection('127.0.0.1', self.serve.port)
            connection.request('GET', f'/shows/{self.show}/events?limit=10000',
                               headers={'Authorization': f'Bearer {self.serve.token}'})
            connections.append(connection)
        try:
            for reader in readers:
                self.assertIn(b'101', reader.recv(100))
            for _ in range(20):
                self.serve.ask('PUT', f'/shows/{self.show}/audio-routing', {'hostVolume': 3})
            self.assertLess(self.resident_kib() - before, 64 * 1024)
            health = self.serve.ask('GET', f'/shows/{self.show}/health')
            self.assertEqual(health['eventClients'], 40, 'who is slow stays, and gets it later')
        finally:
            for one in [*readers, *connections]:
                one.close()

    def test_goes_with_its_show(self):
        self.serve.ask('POST', f'/shows/{self.show}/stop')
        self.serve.wait_for_status(self.show, 'STOPPED')
        self.assertEqual(self.serve.call('DELETE', f'/shows/{self.show}').status, 204)
        wait_for('the log to go', lambda: rows(
            self.serve, 'SELECT count(*) FROM events WHERE show_id = ?', (self.show,))[0][0] == 0, 240)


if __name__ == '__main__':
    unittest.main()

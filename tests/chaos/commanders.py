"""Clients that give commands while everything around them is killed, remember what was acknowledged,
and compare it afterwards with the state and the event log.

A command has one of three fates: acknowledged (2xx), refused (nothing may have changed), or unknown
(the connection broke before the answer). One with an Idempotency-Key is given again until its fate is
known, and must then have been applied once; one without is never given twice."""

import http.client
import json
import random
import sys
import pathlib
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'system'))
from running_serve import wait_for  # noqa: E402
from websocket_client import Refused, WebSocketClient  # noqa: E402


class Commander(threading.Thread):
    """Gives one command after another, each with the next number, until it is told to stop."""

    commands_max = 1_000_000

    def __init__(self, serve, show, rng, pause_s=0.05, is_keyed=True):
        super().__init__(daemon=True)
        self.serve, self.show = serve, show
        self.rng = random.Random(rng.random())
        self.is_keyed = is_keyed
        self.acknowledged, self.unknown, self.refused = [], [], []
        self.replayed = 0  # answered from the store: applied before, its first answer never came
        self.failure = None
        self._pause_s = pause_s
        self._is_over = threading.Event()

    def path(self, below):
        return f'/shows/{self.show}/{below}'

    def run(self):
        number = 0
        try:
            while number < self.commands_max and not self._is_over.wait(
                    self.rng.uniform(0, 2 * self._pause_s)):
                number += 1
                self._give(number)
        except Exception as failure:  # told by the comparison, not on a thread's way out
            self.failure = failure

    def finish(self):
        self._is_over.set()
        self.join(60)

    def _give(self, number):
        method, below, body, key = self.command(number)
        end = time.monotonic() + 40
        while True:
            headers = {'Idempotency-Key': key} if self.is_keyed and key else {}
            try:
                reply = self.serve.call(method, self.path(below), body, headers=headers)
            except (OSError, http.client.HTTPException):
                if not self.is_keyed:
                    return self.unknown.append(number)
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
                continue
            if reply.status < 300:
                self.replayed += reply.headers.get('Idempotent-Replayed') == 'true'
                return self.acknowledged.append(number)
            if reply.status == 503 and self.is_keyed and time.monotonic() < end:
                time.sleep(0.05)
                continue
            return self.refused.append((number, reply.status, reply.body[:200]))

    def breaches(self, log):
        found = [] if self.failure is None else [f'{self.name}: {self.failure!r}']
        if self.is_alive():
            found.append(f'{self.name} has not come to its end')
        if not self.acknowledged:
            found.append(f'{self.name}: nothing was acknowledged')
        return found + [f'{self.name}: {one}' for one in self.compare(log)]


class Faders(Commander):
    """Moves a fader and names the seat after each move: PATCH, which carries the value itself."""

    def __init__(self, serve, show, seat, rng):
        super().__init__(serve, show, rng, is_keyed=False)
        self.name = 'faders'
        self.seat = seat

    def command(self, number):
        return ('PATCH', f'participants/{self.seat}',
                {'volume': number % 101, 'username': f'move {number}'}, None)

    @staticmethod
    def numbers(volumes):
        """Which moves these were, one after the other: one that came twice or too late reads as a move
        that nobody has given yet."""
        numbers = []
        for volume in volumes:
            last = numbers[-1] if numbers else 0
            numbers.append(last + 1 + (volume - last - 1) % 101)
        return numbers

    def compare(self, log):
        moves = self.numbers(event['data']['volume'] for event in log
                             if event['kind'] == 'participant_updated'
                             and event['data']['participantId'] == self.seat and 'volume' in event['data'])
        found = [f'move {number} was acknowledged and is not in the log'
                 for number in sorted(set(self.acknowledged) - set(moves))]
        found += [f'move {number} was applied and never given, or twice'
                  for number in sorted(set(moves) - {*self.acknowledged, *self.unknown})]
        people = self.serve.ask('GET', self.path('participants'))
        person = next(one for one in people if one['participantId'] == self.seat)
        last = moves[-1] if moves else 0
        if (person['username'], person['volume']) != (f'move {last}', last % 101):
            found.append(f'the fader stands at {person["volume"]} ({person["username"]}) after {last}')
        return found


class Queuers(Commander):
    """Puts its own track into the queue again and again."""

    def __init__(self, serve, show, track, rng, is_keyed):
        super().__init__(serve, show, rng, 0.15, is_keyed)
        self.name = 'queue with keys' if is_keyed else 'queue without keys'
        self.track = track

    def command(self, number):
        return 'POST', 'queue', {'trackId': self.track}, f'{self.name} {number}'

    def compare(self, log):
        items = [item for item in self.serve.ask('GET', self.path('queue'))['items']
                 if item['trackId'] == self.track]
        least, most = len(self.acknowledged), len(self.acknowledged) + len(self.unknown)
        if not least <= len(items) <= most:
            return [f'{len(items)} items are in the queue, {least} were acknowledged and '
                    f'{len(self.unknown)} are unknown']
        return []


class Togglers(Commander):
    """Puts a seat on and off the air by bare toggles, which done twice would be undone."""

    def __init__(self, serve, show, seat, rng):
        super().__init__(serve, show, rng, 0.08)
        self.name = 'toggles'
        self.seat = seat

    def command(self, number):
        return 'POST', f'participants/{self.seat}/toggle-on-air', None, f'toggle {self.seat} {number}'

    def compare(self, log):
        changes = [event['kind'] == 'participant_on_air' for event in log
                   if event['kind'] in ('participant_on_air', 'participant_off_air')
                   and event['data']['participantId'] == self.seat]
        found = []
        if len(changes) != len(self.acknowledged):
            found.append(f'{len(changes)} changes in the log, {len(self.acknowledged)} toggles '
                         f'acknowledged')
        if changes != [i % 2 == 0 for i in range(len(changes))]:
            found.append('the log does not go on and off in turn')
        people = self.serve.ask('GET', self.path('participants'))
        person = next(one for one in people if one['participantId'] == self.seat)
        if person['isOnAir'] != bool(len(self.acknowledged) % 2):
            found.append(f'the seat is {"on" if person["isOnAir"] else "off"} the air')
        return found


class Skippers(Commander):
    """Skips from item to item of a show whose queue it has filled: each skip is one item further."""

    def __init__(self, serve, show, track, rng, items=300):
        super().__init__(serve, show, rng, 0.25)
        self.name = 'skips'
        chain = serve.ask('POST', '/tracklists', {'title': 'Chain'})['tracklistId']
        serve.ask('PUT', f'/tracklists/{chain}/tracks', {'trackIds': [track] * items})
        queue = serve.ask('POST', self.path('queue'), {'tracklistId': chain})
        self.items = [item['itemId'] for item in queue['items']]
        self.commands_max = items - 1
        serve.ask('POST', self.path('deck/commands'), {'command': 'PLAY'})
        wait_for('the first item', lambda: self._item() == self.items[0], 20)

    def _item(self):
        deck = self.serve.ask('GET', self.path('deck'))
        return deck['itemId'] if deck['state'] == 'PLAYING' else None

    def command(self, number):
        return 'POST', 'deck/commands', {'command': 'SKIP', 'id': f'skip-{number}'}, None

    def compare(self, log):
        wanted = self.items[len(self.acknowledged)]
        try:
            wait_for('the deck', lambda: self._item() == wanted, 10)
        except TimeoutError:
            deck = self.serve.ask('GET', self.path('deck'))
            at = self.items.index(deck['itemId']) if deck['itemId'] in self.items else None
            return [f'{len(self.acknowledged)} skips were acknowledged, the deck is at {at} '
                    f'({deck["state"]}); not one item further each: {self.strays(log)}']
        return []

    def strays(self, log):
        """Skips that were not of the item behind the one that the skip before was of."""
        named = [(event['data']['id'], self.items.index(event['data'].get('itemId', self.items[0])))
                 for event in log if event['kind'] == 'deck_command'
                 and event['data']['command'] == 'DECK_SKIP']
        return [f'{before} of item {was}, {then} of item {now}'
                for (before, was), (then, now) in zip(named, named[1:]) if now != was + 1]


class EventReader(threading.Thread):
    """A studio's event stream: connects again for ever, and asks for what came after the last event."""

    def __init__(self, serve, show):
        super().__init__(daemon=True)
        self.serve, self.show = serve, show
        self.numbers = []
        self.last_due = 0
        self.streams = 0
        self._is_over = threading.Event()

    def run(self):
        while not self._is_over.is_set():
            try:
                self._read()
            except (OSError, Refused, ValueError, IndexError) :
                self._is_over.wait(0.1)

    def _read(self):
        after = self.numbers[-1] if self.numbers else 0
        stream = WebSocketClient(self.serve.port, f'/shows/{self.show}/events?after={after}',
                                 self.serve.token, holds_to_contract=False)
        self.streams += 1
        seen = 0
        try:
            while stream.is_open and not self._is_over.wait(0.05):
                seen = self._take(stream, seen)
            self._take(stream, seen)
        finally:
            stream.close()

    def _take(self, stream, seen):
        frames = stream.frames[seen:]
        self.numbers += [frame['number'] for _, frame in frames if frame['type'] == 'event']
        return seen + len(frames)

    def finish(self, last, limit_s=10):
        """Ends the stream once it has given the event `last`, which is due."""
        self.last_due = last
        end = time.monotonic() + limit_s
        while (not self.numbers or self.numbers[-1] < last) and time.monotonic() < end:
            time.sleep(0.05)
        self._is_over.set()
        self.join(10)

    def breaches(self, log):
        wanted = [event['number'] for event in log]
        found = []
        if wanted != list(range(1, len(wanted) + 1)):
            found.append('events: the log has gaps')
        if self.numbers != wanted[:len(self.numbers)] or len(self.numbers) < self.last_due:
            found.append(f'events: the stream gave {len(self.numbers)} of {len(wanted)}, or out of order')
        return found


def whole_log(serve, show):
    log = []
    while True:
        after = log[-1]['number'] if log else 0
        page = serve.ask('GET', f'/shows/{show}/events?after={after}&limit=1000')['events']
        log += page
        if len(page) < 1000:
            return json.loads(json.dumps(log))


class Crew:
    """All of them at work on one show, and the skips on another one beside it."""

    def __init__(self, chaos, rng, has_skips=True):
        self.chaos = chaos
        serve, show = chaos.serve, chaos.show
        seats = [serve.ask('POST', chaos.path('caller-tokens'), {'username': name})['participantId']
                 for name in ('move 0', 'toggled')]
        self.commanders = [Faders(serve, show, seats[0], rng), Togglers(serve, show, seats[1], rng)]
        for is_keyed in (True, False):
            self.commanders.append(Queuers(serve, show, chaos.upload(2), rng, is_keyed))
        if has_skips:
            other = serve.live_show('Skips')
            self.commanders.append(Skippers(serve, other, chaos.track, rng))
        self.reader = EventReader(serve, show)
        for thread in (*self.commanders, self.reader):
            thread.start()

    def finish(self):
        for commander in self.commanders:
            commander.finish()

    def breaches(self):
        self.reader.finish(whole_log(self.chaos.serve, self.chaos.show)[-1]['number'])
        # Read after the stream's end: the show goes on meanwhile, and may tell the stream one event more.
        logs = {one.show: whole_log(self.chaos.serve, one.show) for one in self.commanders}
        log = logs[self.chaos.show]
        return [breach for one in self.commanders for breach in one.breaches(logs[one.show])] + \
            self.reader.breaches(log)

    def figures(self):
        return {one.name: {'acknowledged': len(one.acknowledged), 'replayed': one.replayed,
                           'unknown': len(one.unknown), 'refused': len(one.refused)}
                for one in self.commanders}

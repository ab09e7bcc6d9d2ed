"""Drives bench_load: WebRTC clients of our own against Shelcaster (WHIP) or Janus (its HTTP API)."""

import json
import pathlib
import subprocess
import time

import machine

BINARIES = pathlib.Path(__file__).resolve().parent.parent / 'build/release/bin'
PILOTS = 12
HEARD_DB = 12.0  # a pilot stands 20 to 60 dB out of the sound beside it


class Load:
    """The generator on its core. `join` takes who signals: (offer) -> answer."""

    def __init__(self, is_celt=False):
        self.kind = {'celt': True} if is_celt else {}
        with machine.pinned(machine.LOAD_CORE):
            self.process = subprocess.Popen([BINARIES / 'bench_load'], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True, bufsize=1)
        self.next_id = 0
        self.rooms = {}  # client -> (room, pilot)
        self.listeners = set()
        self.reported_at = time.monotonic()
        self.seconds = 0.0  # that the last report is about

    def _ask(self, **command):
        self.process.stdin.write(json.dumps(command) + '\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError('bench_load has ended')
        reply = json.loads(line)
        if 'error' in reply:
            raise RuntimeError(f'{command["do"]}: {reply["error"]}')
        return reply

    def join(self, signal, room, place, listens=False):
        """One more client. `place` in the room chooses its voice and pilot."""
        client = self.next_id
        self.next_id += 1
        pilot = (3 * room + place) % PILOTS
        extra = {'listen': True} if listens else {}
        offer = self._ask(do='offer', id=client, pilot=pilot, **self.kind, **extra)['sdp']
        self._ask(do='answer', id=client, sdp=signal(offer))
        self.rooms[client] = (room, pilot)
        if listens:
            self.listeners.add(client)
        return client

    def report(self):
        now = time.monotonic()
        self.seconds, self.reported_at = now - self.reported_at, now
        return self._ask(do='report')['report']

    def wait_until_connected(self, limit_s=30):
        end = time.monotonic() + limit_s
        while True:
            rows = self.report()
            left = [row for row in rows if not row['connected']]
            if not left:
                return
            if time.monotonic() > end:
                raise TimeoutError(f'{len(left)} of {len(rows)} clients are not connected: '
                                   f'{left[0].get("closed", "no reason")}')
            time.sleep(0.2)

    def stop(self):
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def summary(load, rows):
    """What the clients got, in figures that say whether the server kept up."""
    received = sum(row['received'] for row in rows)
    return {
        'clients': len(rows),
        'connected': sum(row['connected'] for row in rows),
        'sentPerClientPerS': round(sum(row['sent'] for row in rows) / len(rows) / load.seconds, 2),
        'receivedPerClientPerS': round(received / len(rows) / load.seconds, 2),
        'lost': sum(row['lost'] for row in rows),
        'refused': sum(row['refused'] for row in rows),
        'gapsOver40Ms': sum(row['gaps'] for row in rows),
        'gapMsMax': round(max(row['gapMsMax'] for row in rows), 1),
    }


def who_hears_whom(load, rows, talkers=None):
    """Errors, one a text: a listener that doesn't hear another of its room, or hears itself or
    another room. `talkers`: those who are on the air, all if None."""
    errors = []
    for row in rows:
        if row['id'] not in load.listeners:
            continue
        room, own = load.rooms[row['id']]
        heard = {pilot for pilot, db in enumerate(row['pilotsDb']) if db > HEARD_DB}
        due = {pilot for client, (at, pilot) in load.rooms.items()
               if at == room and client != row['id'] and (talkers is None or client in talkers)}
        due.discard(own)
        if heard != due:
            errors.append(f'client {row["id"]} hears pilots {sorted(heard)}, not {sorted(due)}')
    return errors

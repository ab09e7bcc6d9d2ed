"""Parts that put Shelcaster and Janus AudioBridge under the same clients, one after the other."""

import dataclasses

import machine
from janus import Janus
from load import Load, summary
from own_cost import returns_flags, tell_clients
from shelcaster import Shelcaster, settle

# Janus' own default complexity; mono and 64 kbit/s both ways; FEC negotiated, no loss expected.
RETURNS = {'channels': 1, 'bitrate': 64000, 'complexity': 4}
# What does the same work as Janus. The publisher does more (AAC and HLS) and is left out; the
# control plane has no media.
SAME_WORK = ('keeper', 'mix')
PACKETS_PER_S = 50


@dataclasses.dataclass
class Work:
    cpu: float  # percent of a core
    has_kept_up: bool


def _measure(table, part, name, server, load, seconds, people, talkers=None):
    machine.favour(server.groups())
    load.wait_until_connected()
    settle()
    load.report()
    used, elsewhere = machine.measure(server.groups(), seconds, [load.process.pid])
    rows = load.report()
    for group, percent in used.items():
        table.add(part, f'{name}: CPU of {group}', percent, '% core')
    tell_clients(table, part, load, rows, talkers, prefix=f'{name}: ')
    work = sum(percent for group, percent in used.items()
               if group in SAME_WORK or group == 'janus')
    delivered = summary(load, rows)['receivedPerClientPerS'] / PACKETS_PER_S
    has_kept_up = delivered >= 0.98
    if not has_kept_up:
        # Out of breath: the core was full, or others had it. What is missing would have cost too.
        table.add(part, f'{name}: of what it should send', 100 * delivered, '%',
                  'its cost is scaled up to all')
        work /= delivered
    table.add(part, f'{name}: each of {people} people', work / people, '% core')
    table.add(part, f'{name}: others on the machine meanwhile', elsewhere, '% core')
    return Work(work, has_kept_up)


def part_audiobridge(table, rooms=6, seconds=12, is_celt=False):
    """Rooms of three, everybody talking."""
    part = 'rooms, celt' if is_celt else 'rooms of 3'
    people = 3 * rooms
    with Shelcaster(*returns_flags(RETURNS)) as server:
        load = Load(is_celt)
        try:
            for room in range(rooms):
                server.trio(load, server.show(), room, listens=room < 2)
            ours = _measure(table, part, 'shelcaster', server, load, seconds, people)
        finally:
            load.stop()
    with Janus() as server:
        load = Load(is_celt)
        try:
            for room in range(rooms):
                server.room(100 + room, RETURNS['bitrate'])
                for place in range(3):
                    load.join(server.person(100 + room, RETURNS['complexity']), room, place,
                              listens=room < 2)
            theirs = _measure(table, part, 'janus', server, load, seconds, people)
        finally:
            load.stop()
    for name, work in (('shelcaster', ours), ('janus', theirs)):
        table.add(part, f'{name}: people on a core, extrapolated', 100 * people / work.cpu, '',
                  f'from {people} people at {work.cpu:.1f} % of a core')
    table.add(part, 'people per core, shelcaster / janus', theirs.cpu / ours.cpu, 'x', at_least=2)


def part_audiobridge_celt(table):
    """The same with microphones in Opus' transform mode, which is cheap to decode for both."""
    part_audiobridge(table, is_celt=True)


def _waiting_here(table, waiting, seconds):
    with Shelcaster(*returns_flags(RETURNS)) as server:
        load = Load()
        try:
            show = server.show()
            talkers = server.trio(load, show, 0, listens=True)
            for place in range(3, 3 + waiting):
                load.join(server.person(show, is_on_air=False), 0, 3 + place % 9)
            return _measure(table, 'waiting', f'shelcaster, 3 + {waiting}', server, load, seconds,
                            3 + waiting, talkers)
        finally:
            load.stop()


def _waiting_at_janus(table, waiting, seconds):
    with Janus() as server:
        load = Load()
        try:
            server.room(100, RETURNS['bitrate'])
            talkers = [load.join(server.person(100, RETURNS['complexity']), 0, place, listens=True)
                       for place in range(3)]
            for place in range(3, 3 + waiting):
                load.join(server.person(100, RETURNS['complexity'], is_muted=True), 0, 3 + place % 9)
            return _measure(table, 'waiting', f'janus, 3 + {waiting}', server, load, seconds,
                            3 + waiting, talkers)
        finally:
            load.stop()


def part_waiting(table, seconds=10):
    """Three talk to each other, many wait and hear them."""
    part = 'waiting'
    ours = {waiting: _waiting_here(table, waiting, seconds) for waiting in (15, 30, 60)}
    theirs = {waiting: _waiting_at_janus(table, waiting, seconds) for waiting in (15, 30, 60)}
    for name, work in (('shelcaster', ours), ('janus', theirs)):
        table.add(part, f'{name}: each further one who waits', (work[30].cpu - work[15].cpu) / 15,
                  '% core')
    for waiting in (15, 30):
        table.add(part, f'CPU at 3 + {waiting}, janus / shelcaster',
                  theirs[waiting].cpu / ours[waiting].cpu, 'x')
    most, note = theirs[60].cpu, 'measured'
    if not theirs[60].has_kept_up:
        most = 3 * theirs[30].cpu - 2 * theirs[15].cpu
        note = 'Janus did not keep up with 63: its 18 and 33 in a straight line'
    table.add(part, 'CPU at 3 + 60, janus / shelcaster', most / ours[60].cpu, 'x', note, at_least=10)

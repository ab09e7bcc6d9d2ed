"""Parts that put Shelcaster and Janus AudioBridge under the same clients, one after the other."""

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
    if delivered < 0.98:
        # Out of breath: the core was full, or others had it. What is missing would have cost too.
        table.add(part, f'{name}: of what it should send', 100 * delivered, '%',
                  'its cost is scaled up to all')
        work /= delivered
    table.add(part, f'{name}: each of {people} people', work / people, '% core')
    table.add(part, f'{name}: others on the machine meanwhile', elsewhere, '% core')
    return work


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
        table.add(part, f'{name}: people on a core, extrapolated', 100 * people / work, '',
                  f'from {people} people at {work:.1f} % of a core')
    table.add(part, 'people per core, shelcaster / janus', theirs / ours, 'x', at_least=2)


def part_audiobridge_celt(table):
    """The same with microphones in Opus' transform mode, which is cheap to decode for both."""
    part_audiobridge(table, is_celt=True)


def part_waiting(table, waiting=60, seconds=12):
    """Three talk to each other, many wait and hear them."""
    people = 3 + waiting
    with Shelcaster(*returns_flags(RETURNS)) as server:
        load = Load()
        try:
            show = server.show()
            talkers = server.trio(load, show, 0, listens=True)
            for place in range(3, people):
                load.join(server.person(show, is_on_air=False), 0, 3 + place % 9)
            ours = _measure(table, 'waiting', 'shelcaster', server, load, seconds, people, talkers)
        finally:
            load.stop()
    with Janus() as server:
        load = Load()
        try:
            server.room(100, RETURNS['bitrate'])
            talkers = [load.join(server.person(100, RETURNS['complexity']), 0, place, listens=True)
                       for place in range(3)]
            for place in range(3, people):
                load.join(server.person(100, RETURNS['complexity'], is_muted=True), 0, 3 + place % 9)
            theirs = _measure(table, 'waiting', 'janus', server, load, seconds, people, talkers)
        finally:
            load.stop()
    table.add('waiting', 'CPU, janus / shelcaster', theirs / ours, 'x', at_least=10)

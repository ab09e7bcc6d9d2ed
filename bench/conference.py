"""Parts that put Shelcaster and Janus AudioBridge under the same clients, one after the other."""

import machine
from janus import Janus
from load import Load
from own_cost import returns_flags, tell_clients
from shelcaster import Shelcaster, settle

# Janus' own default complexity; mono and 64 kbit/s both ways; FEC negotiated, no loss expected.
RETURNS = {'channels': 1, 'bitrate': 64000, 'complexity': 4}
# What does the same work as Janus. The publisher does more (AAC and HLS) and is left out; the
# control plane has no media.
SAME_WORK = ('keeper', 'mix')


def _measure(table, part, name, server, load, seconds, people, talkers=None):
    load.wait_until_connected()
    settle()
    load.report()
    used = machine.measure(server.groups(), seconds)
    rows = load.report()
    for group, percent in used.items():
        table.add(part, f'{name}: CPU of {group}', percent, '% core')
    tell_clients(table, f'{part} {name}'[:12], load, rows, seconds, talkers)
    work = sum(percent for group, percent in used.items()
               if group in SAME_WORK or group == 'janus')
    table.add(part, f'{name}: each of {people} people', work / people, '% core')
    return work


def part_audiobridge(table, rooms=10, seconds=12):
    """Rooms of three, everybody talking."""
    people = 3 * rooms
    with Shelcaster(*returns_flags(RETURNS)) as server:
        load = Load()
        try:
            for room in range(rooms):
                server.trio(load, server.show(), room, listens=room < 2)
            ours = _measure(table, 'rooms of 3', 'shelcaster', server, load, seconds, people)
        finally:
            load.stop()
    with Janus() as server:
        load = Load()
        try:
            for room in range(rooms):
                server.room(100 + room, RETURNS['bitrate'])
                for place in range(3):
                    load.join(server.person(100 + room, RETURNS['complexity']), room, place,
                              listens=room < 2)
            theirs = _measure(table, 'rooms of 3', 'janus', server, load, seconds, people)
        finally:
            load.stop()
    for name, work in (('shelcaster', ours), ('janus', theirs)):
        table.add('rooms of 3', f'{name}: people on a core, extrapolated', 100 * people / work, '',
                  f'from {people} people at {work:.1f} % of a core')
    table.add('rooms of 3', 'people per core, shelcaster / janus', theirs / ours, 'x', at_least=2)


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

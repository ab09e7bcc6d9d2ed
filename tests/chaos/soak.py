"""script/soak: a show with people and music for hours, and what it takes of the machine each minute."""

import argparse
import collections
import os
import pathlib
import signal
import sys
import time

from chaos_show import ChaosShow, wait_for

ROLES = ('serve', 'compose', 'mix', 'publish')
# Memory may settle for so long before it has to stay as it is.
SETTLE_S = 600
RSS_GROWTH_MAX = 0.02
# Pages and segments come in steps; clocks that drift do so without end.
DRIFT_MS_MAX = 50
DECK_S = 300
FEW = 3

Sample = collections.namedtuple('Sample', 'at role rss_kb pss_kb fds sockets threads')


def fields(path):
    return dict(line.split(':', 1) for line in path.read_text().splitlines() if ':' in line)


def sample_of(pid, role, at):
    proc = pathlib.Path('/proc') / str(pid)
    links = []
    for entry in (proc / 'fd').iterdir():
        try:
            links.append(os.readlink(entry))
        except OSError:
            continue
    memory = fields(proc / 'smaps_rollup')
    return Sample(at, role, int(memory['Rss'].split()[0]), int(memory['Pss'].split()[0]), len(links),
                  sum(link.startswith('socket:') for link in links),
                  int(fields(proc / 'status')['Threads']))


def clocks(chaos):
    """(ms that the tape's head, and ms that the published list's end is behind the wall clock), both at
    the moment when a report of the keeper comes in."""
    before = chaos.health()['tapeHeadSamples']
    wait_for('a report', lambda: chaos.health()['tapeHeadSamples'] != before, 10, 0.005)
    now_ms = time.time() * 1000
    health = chaos.health()
    return (now_ms - health['tapeHeadSamples'] / 48,
            now_ms - health['publish']['hls']['lastSegmentUnixMs'])


def keep_playing(chaos):
    items = chaos.serve.ask('GET', chaos.path('queue'))['items']
    if len(items) < 3:
        chaos.serve.ask('POST', chaos.path('queue'), {'trackId': chaos.track})


def least(samples):
    """Of a few samples of one process: a file that is open just now is no growth."""
    return samples[0]._replace(**{field: min(getattr(one, field) for one in samples)
                                  for field in ('rss_kb', 'fds', 'sockets', 'threads')})


def grown(samples):
    """What must not happen from the first few to the last few samples of one process."""
    first, last = least(samples[:FEW]), least(samples[-FEW:])
    found = []
    if last.rss_kb > first.rss_kb * (1 + RSS_GROWTH_MAX):
        found.append(f'{last.role}: RSS went from {first.rss_kb} to {last.rss_kb} kB')
    for count in ('fds', 'sockets', 'threads'):
        if getattr(last, count) > getattr(first, count):
            found.append(f'{last.role}: {count} went from {getattr(first, count)} to '
                         f'{getattr(last, count)}')
    return found


def verdict(samples, drifts):
    """Breaches of [Sample] and [(at, tape's ms, list's ms)] over a whole run."""
    found = []
    begin = min(SETTLE_S, max(sample.at for sample in samples) / 2)
    for role in ROLES:
        settled = [sample for sample in samples if sample.role == role and sample.at >= begin]
        if settled:
            found += grown(settled)
    heads = [head for at, head, _ in drifts if at >= begin]
    if heads and abs(heads[-1] - heads[0]) > DRIFT_MS_MAX:
        found.append(f'the tape drifted by {heads[-1] - heads[0]:.0f} ms')
    # A segment is 1984 ms long: what lies between two of them is no drift.
    ends = [end for at, _, end in drifts if at >= begin]
    if ends and abs(ends[-1] - ends[0]) > 2_000 + DRIFT_MS_MAX:
        found.append(f'the published list drifted by {ends[-1] - ends[0]:.0f} ms')
    return found


def measure(chaos, began, samples, drifts):
    at = time.monotonic() - began
    pids = [('serve', chaos.serve.process.pid)]
    pids += [(role, chaos.serve.pids(role)[0]) for role in ROLES[1:]]
    row = [sample_of(pid, role, at) for role, pid in pids]
    samples += row
    drifts.append((at, *clocks(chaos)))
    first = drifts[0]
    print(f'{at:7.0f} s  ' + '  '.join(
        f'{s.role} {s.rss_kb}/{s.pss_kb} kB {s.fds} fds {s.sockets} sk {s.threads} th' for s in row)
        + f'  tape {drifts[-1][1] - first[1]:+.0f} ms  list {drifts[-1][2] - first[2]:+.0f} ms', flush=True)


def main():
    parser = argparse.ArgumentParser(prog='script/soak', description=__doc__)
    parser.add_argument('--hours', type=float, default=2.0)
    parser.add_argument('--every-s', type=float, default=60.0)
    options = parser.parse_args()
    # What was started is ended, also when this is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chaos = ChaosShow(DECK_S)
    samples, drifts = [], []
    try:
        chaos.recorder.stop()  # it keeps what it hears
        began = time.monotonic()
        end = began + options.hours * 3600
        while time.monotonic() < end:
            keep_playing(chaos)
            measure(chaos, began, samples, drifts)
            time.sleep(min(options.every_s, max(0.0, end - time.monotonic())))
        connections = chaos.connections()
    finally:
        chaos.stop()
    found = verdict(samples, drifts)
    if connections != len(chaos.robots):
        found.append(f'the robots connected {connections} times')
    for breach in found:
        print(f'! {breach}')
    print('held' if not found else 'breached')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())

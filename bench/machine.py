"""What processes cost: processor time from the scheduler, memory as proportional share (PSS)."""

import contextlib
import os
import pathlib
import subprocess
import time

PROC = pathlib.Path('/proc')
TICKS_PER_S = os.sysconf('SC_CLK_TCK')

# The server alone on one core, who measures and who makes the load on the other.
SERVER_CORE = 0
LOAD_CORE = max(os.sched_getaffinity(0))


@contextlib.contextmanager
def pinned(core):
    """Processes that are started inside stay on this core, with all that they start, and go before
    others on the machine as far as we may say so: the same for all that is measured."""
    before, niceness = os.sched_getaffinity(0), os.getpriority(os.PRIO_PROCESS, 0)
    os.sched_setaffinity(0, {core})
    if os.getuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        if os.getuid() == 0:
            os.setpriority(os.PRIO_PROCESS, 0, niceness)


def favour(groups):
    """Lets the sessions of these processes go before others. The kernel shares a core between
    sessions first (autogroup), so that niceness alone does nothing for a session's process."""
    for pids in groups.values():
        for pid in pids:
            try:
                (PROC / str(pid) / 'autogroup').write_text('-15')
            except OSError:
                pass  # not root, or a kernel without it


def cpu_seconds(pid):
    """User and system time of a process that lives. The scheduler counts nanoseconds for a thread,
    stat hundredths of seconds for all, with those threads that have ended."""
    threads = 0
    try:
        for task in (PROC / str(pid) / 'task').iterdir():
            threads += int((task / 'schedstat').read_text().split()[0])
        fields = (PROC / str(pid) / 'stat').read_text().rsplit(')', 1)[1].split()
    except (OSError, IndexError):
        return 0.0
    return max(threads / 1e9, (int(fields[11]) + int(fields[12])) / TICKS_PER_S - 0.02)


def pss_mb(pid):
    try:
        for line in (PROC / str(pid) / 'smaps_rollup').read_text().splitlines():
            if line.startswith('Pss:'):
                return int(line.split()[1]) / 1000
    except OSError:
        pass
    return 0.0


def descendants(pid):
    """The process and everything that it has started and that lives."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / 'stat').read_text().rsplit(')', 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def _busy_seconds():
    """Of all cores together, since the start of the machine."""
    fields = [int(field) for field in (PROC / 'stat').read_text().splitlines()[0].split()[1:]]
    user, nice, system, _, _, irq, softirq = fields[:7]
    return (user + nice + system + irq + softirq) / TICKS_PER_S


def measure(groups, seconds, beside=()):
    """Processor time of each group of processes for so long, in percent of one core, and that of
    all others on the machine, which should be near 0 for figures that are to be kept. `beside`:
    processes that belong to the benchmark but to no group."""
    groups = {**groups, '': [os.getpid(), *beside]}

    def read():
        used = {name: sum(cpu_seconds(pid) for pid in pids) for name, pids in groups.items()}
        return time.monotonic(), used, _busy_seconds()

    began, before, busy_before = read()
    time.sleep(seconds)
    ended, after, busy_after = read()
    used = {name: 100 * (after[name] - before[name]) / (ended - began) for name in groups}
    elsewhere = 100 * (busy_after - busy_before) / (ended - began) - sum(used.values())
    del used['']
    return used, max(0.0, elsewhere)


def memory(groups):
    return {name: sum(pss_mb(pid) for pid in pids) for name, pids in groups.items()}


class Program:
    """A child on a core, killed at the end by its own id."""

    def __init__(self, words, folder, core):
        self.log = folder / f'{pathlib.Path(str(words[0])).name}.log'
        with pinned(core), open(self.log, 'w') as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=folder, start_new_session=True)

    def check(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'{self.log.stem} has ended: {self.log.read_text()[-1500:]}')

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

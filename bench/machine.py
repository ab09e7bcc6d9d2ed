"""What processes cost: processor time from the scheduler, memory as proportional share (PSS)."""

import contextlib
import os
import pathlib
import time

PROC = pathlib.Path('/proc')
TICKS_PER_S = os.sysconf('SC_CLK_TCK')

# The server alone on one core, who measures and who makes the load on the other.
SERVER_CORE = 0
LOAD_CORE = max(os.sched_getaffinity(0))


@contextlib.contextmanager
def pinned(core):
    """Processes that are started inside stay on this core, with all that they start."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


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


def kernel_share(pid):
    """The part of a process's time that the kernel took for it, 0 to 1; roughly, by ticks."""
    fields = (PROC / str(pid) / 'stat').read_text().rsplit(')', 1)[1].split()
    user, system = int(fields[11]), int(fields[12])
    return system / max(1, user + system)


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


class Watch:
    """Processor time of groups of processes from now to `stop()`, in percent of one core."""

    def __init__(self, groups):
        self.groups = groups
        self.began = time.monotonic()
        self.before = self._read()

    def _read(self):
        return {name: sum(cpu_seconds(pid) for pid in pids) for name, pids in self.groups.items()}

    def stop(self):
        seconds = time.monotonic() - self.began
        after = self._read()
        return {name: 100 * (after[name] - self.before[name]) / seconds for name in self.groups}


def measure(groups, seconds):
    watch = Watch(groups)
    time.sleep(seconds)
    return watch.stop()


def memory(groups):
    return {name: sum(pss_mb(pid) for pid in pids) for name, pids in groups.items()}

"""A live show with a deck that tells its samples, people who are tones, and a recorder."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import deck_signal
import ear
from hls_recorder import HlsRecorder

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'system'))
from full_disk import full  # noqa: E402, F401
from running_serve import RunningServe, free_port, wait_for  # noqa: E402
from tone_show import Robots  # noqa: E402
from websocket_client import WebSocketClient  # noqa: E402

# What one lost packet may cost a voice: 20 ms that lie in two of the ear's steps. Beside that a voice
# may be away for as long as its robot was held up by the machine, which it tells; the deck's sound
# has no such excuse.
VOICE_GAP_MS_MAX = 68


class ChaosShow:
    """`deck_s`: length of the deck's sound, which must outlast the test. `folder`: for its data."""

    def __init__(self, deck_s=300, folder=None):
        port = free_port()
        # Its disk may be a small one.
        self.serve = RunningServe('--media-port-min', str(port), '--media-port-max', str(port + 20),
                                  '--reserve-mib', '0', folder=folder)
        # tests/system does that: here frames and answers come by the thousand.
        self.serve.holds_to_contract = False
        self.robots, self.recorder = [], None
        try:
            self.show = self.serve.live_show('Chaos')
            self.hls = self.serve.data / 'hls' / self.show
            self.recorder = HlsRecorder(self.hls)
            self._bring_robots()
            self._play(deck_s)
            self.wait_for_people()
            # Levels have settled, and segments of all of it are out.
            self.recorder.wait_for(3)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for robot in self.robots:
            robot.stop()
        if self.recorder:
            self.recorder.stop()
        self.serve.stop()

    def path(self, below):
        return f'/shows/{self.show}/{below}'

    def _bring_robots(self):
        token = self.serve.ask('GET', self.path('links'))['callerToken']
        for hz in deck_signal.VOICES_HZ:
            self.robots.append(Robots(self.serve, self.show, token, 1, f'tone:{hz}'))
            self.robots[-1].go_first()
        for person in self.callers():
            self.serve.ask('POST', self.path(f'participants/{person["participantId"]}/toggle-on-air'),
                           {'isOnAir': True})

    def callers(self):
        people = self.serve.ask('GET', self.path('participants'))
        return [one for one in people if one['username'].startswith('robot-')]

    def upload(self, seconds):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'deck.wav'
            deck_signal.write(file, seconds)
            reply = self.serve.call('POST', '/tracks?title=Deck', file.read_bytes(),
                                    headers={'Content-Type': 'audio/wav'})
        track = reply.json['trackId']
        wait_for('the track', lambda: self.serve.ask('GET', f'/tracks/{track}')['status'] == 'READY',
                 90)
        return track

    def _play(self, seconds):
        self.track = self.upload(seconds)
        self.serve.ask('POST', self.path('queue'), {'trackId': self.track})
        self.serve.ask('POST', self.path('deck/commands'), {'command': 'PLAY'})

    # What state it is in.

    def is_composed(self):
        health = self.serve.ask('GET', self.path('composition/health'))
        return health['status'] == 'RUNNING' and health['lastHeartbeat'] is not None

    def are_people_back(self):
        return all(one['connection'] == 'connected' for one in self.callers())

    def wait_for_people(self, limit_s=20):
        wait_for('the robots in their seats', self.are_people_back, limit_s, 0.02)

    def connections(self):
        """How often the robots have connected in all: one each, unless somebody had to come again."""
        return sum(robot.last['robot-1']['connections'] for robot in self.robots)

    def forget_lateness(self):
        for robot in self.robots:
            robot.late_ms_max = 0

    def lateness_ms(self):
        """How late a robot spoke at the most since that."""
        return max(robot.late_ms_max for robot in self.robots)

    def health(self):
        return self.serve.ask('GET', self.path('composition/health'))['metrics']

    def deck(self):
        return self.serve.ask('GET', self.path('deck'))

    def pid(self, role):
        """Of this show's only process in the role."""
        def one():
            found = [pid for pid in self.serve.pids(role)
                     if self.show.encode() in pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()]
            return found[0] if len(found) == 1 else None
        return wait_for(f'one {role}', one, 10)

    def stream(self):
        return WebSocketClient(self.serve.port, self.path('events'), self.serve.token,
                               holds_to_contract=False)

    # What is done to it.

    def kill_all(self, rng):
        """Everything at once, in any order; returns when. What a process still starts after its
        children were killed is killed too."""
        at = time.monotonic()
        pids = [self.serve.process.pid, *self.serve.pids()]
        rng.shuffle(pids)
        while pids:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.serve.process.wait()
            pids = self.serve.pids()
        return at


def heard(recorder, after, late_ms=0, discontinuities=0):
    """Breaches of what listeners heard behind segment `after`, and [(hz, longest gap in ms)].
    `late_ms`: of the robots."""
    breaches = list(recorder.breaches)
    found = recorder.discontinuities(after)
    if len(found) != discontinuities:
        breaches.append(f'{len(found)} discontinuities instead of {discontinuities}: {found}')
    gaps = []
    for stretch in recorder.stretches(after):
        sound = recorder.sound(stretch)
        begin = ear.SETTLE
        if stretch[0].discontinuity:
            begin = ear.first_heard(sound)
            if begin is None:
                breaches.append(f'the deck is not heard behind segment {stretch[0].number}')
                continue
            begin += 2 * deck_signal.WINDOW
        breaches += [f'segment {stretch[0].number}: {one}' for one in ear.deck_breaks(sound, begin)]
        for hz in deck_signal.VOICES_HZ:
            # They join a show that has begun again by themselves, which has a bound of its own.
            gaps.append((hz, ear.voice_gap(sound, hz)[0] if not stretch[0].discontinuity else 0))
    breaches += [f'{hz} Hz was away for {gap} ms' for hz, gap in gaps
                 if gap > VOICE_GAP_MS_MAX + late_ms]
    return breaches, gaps


DISK_MB = 256


@contextlib.contextmanager
def small_disk():
    """A folder that is a disk of its own. Only root may mount one."""
    folder = tempfile.mkdtemp(prefix='shelcaster-disk-')
    try:
        subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_MB}m', 'none', folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(['umount', folder], check=True)
    finally:
        os.rmdir(folder)


def pause(rng, low_s, high_s):
    time.sleep(rng.uniform(low_s, high_s))


def seeded(seed, *names):
    return random.Random(':'.join(map(str, (seed, *names))))

"""What is done to a live show, and what must be true afterwards. A scenario is a function of the show
and a seeded Random that gives a Result; `rounds` is how often it strikes."""

import collections
import contextlib
import dataclasses
import json
import os
import signal
import time

import chaos_show
import ear
from chaos_show import heard, pause, wait_for
from commanders import Crew

# Promises, in milliseconds where not said otherwise.
MIX_BACK_MS = 250
LIVE_AGAIN_MS = 5_000
PEOPLE_BACK_MS = 3_000
DECK_OFF_MS = 1_000


@dataclasses.dataclass
class Result:
    breaches: list = dataclasses.field(default_factory=list)
    # Name → one value a strike, in ms.
    times: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(list))
    # Name → anything worth a line.
    notes: dict = dataclasses.field(default_factory=dict)

    def time(self, name, ms, bound=None):
        self.times[name].append(ms)
        if bound is not None and ms > bound:
            self.breaches.append(f'{name}: {ms:.0f} ms, allowed are {bound}')


class Levels:
    """The meters' frames of an event stream: the mixer is on the air while they come."""

    def __init__(self, chaos):
        self._stream = chaos.stream()

    def first_after(self, at, limit_s=30):
        return self._stream.wait_frame('levels', lambda frame: frame['type'] == 'levels', limit_s,
                                       since=at)[0]

    def close(self):
        self._stream.close()


def signal_child(chaos, role, how):
    """Kills or stops the show's process in the role; the process and when."""
    pid = chaos.pid(role)
    at = time.monotonic()
    os.kill(pid, how)
    return pid, at


def wait_for_another(chaos, role, pid, limit_s):
    wait_for(f'another {role}', lambda: chaos.serve.pids(role) not in ([], [pid]), limit_s, 0.005)
    wait_for('the show', chaos.is_composed, limit_s)


def strike_child(chaos, rng, rounds, role, result, hang_share=0.25):
    """A kill or a stop each few seconds; what the listeners heard from before the first to after the
    last. Levels come 15 times a second, so that a time on the air is known to 70 ms."""
    before = chaos.recorder.last()
    connections = chaos.connections()
    chaos.forget_lateness()
    for _ in range(rounds):
        pause(rng, 1.0, 4.0)
        how = signal.SIGSTOP if rng.random() < hang_share else signal.SIGKILL
        name = 'back after a hang' if how == signal.SIGSTOP else 'back after a kill'
        levels = Levels(chaos)
        try:
            levels.first_after(0)
            pid, at = signal_child(chaos, role, how)
            wait_for_another(chaos, role, pid, 20)
            if role == 'mix':
                back = levels.first_after(at + 0.1)
                result.time(name, (back - at) * 1000, MIX_BACK_MS if how == signal.SIGKILL else None)
            else:
                result.time(name, (time.monotonic() - at) * 1000)
        finally:
            levels.close()
    chaos.recorder.wait_for(3)
    chaos.wait_for_people()
    result.notes['connections more'] = chaos.connections() - connections
    if chaos.connections() != connections:
        result.breaches.append(f'robots had to connect again {chaos.connections() - connections} times')
    hear(chaos, before, result)


def hear(chaos, before, result, **bounds):
    breaches, gaps = heard(chaos.recorder, before, chaos.lateness_ms(), **bounds)
    result.breaches += breaches
    result.notes['robots late'] = f'{chaos.lateness_ms():.0f} ms at the most'
    result.notes['longest gap of a voice'] = f'{max((gap for _, gap in gaps), default=0)} ms'
    result.notes['segments'] = chaos.recorder.last() - before


def mix(chaos, rng, rounds):
    result = Result()
    strike_child(chaos, rng, rounds, 'mix', result)
    return result


def publish(chaos, rng, rounds):
    result = Result()
    strike_child(chaos, rng, rounds, 'publish', result)
    return result


def serve(chaos, rng, rounds):
    """The control plane dies in the middle of commands from many clients; the sound knows nothing."""
    result = Result()
    before, connections = chaos.recorder.last(), chaos.connections()
    chaos.forget_lateness()
    crew = Crew(chaos, rng)
    keeper = chaos.pid('compose')
    for _ in range(rounds):
        pause(rng, 0.3, 3.0)
        chaos.serve.kill()
        pause(rng, 0.0, 1.0)
        began = time.monotonic()
        chaos.serve.start()
        result.time('answers again', (time.monotonic() - began) * 1000)
        wait_for('the show', chaos.is_composed, 10, 0.02)
        result.time('show at hand again', (time.monotonic() - began) * 1000, LIVE_AGAIN_MS)
    pause(rng, 1.0, 2.0)
    crew.finish()
    result.breaches += crew.breaches()
    result.notes.update(crew.figures())
    if chaos.pid('compose') != keeper:
        result.breaches.append('the keeper is another one')
    if chaos.connections() != connections:
        result.breaches.append('a robot had to connect again')
    chaos.recorder.wait_for(2)
    hear(chaos, before, result)
    return result


def deck_at(stream, at):
    """The deck's second at this time, from the last report before it."""
    reports = [(when, frame) for when, frame in stream.frames
               if when <= at and frame['type'] == 'deck' and frame['state'] == 'PLAYING']
    when, frame = reports[-1]
    return frame['positionMs'] / 1000 + at - when


def everything(chaos, rng, rounds):
    """The power is cut: every process of the show and the control plane dies at once, mid-write."""
    result = Result()
    crew = Crew(chaos, rng)
    before_all = chaos.recorder.last()
    for _ in range(rounds):
        stream = chaos.stream()
        stream.wait_frame('the deck', lambda frame: frame['type'] == 'deck', 10)
        pause(rng, 0.5, 2.5)
        last = chaos.recorder.last()
        killed_at = chaos.kill_all(rng)
        stood_at = deck_at(stream, killed_at)
        stream.close()
        pause(rng, 0.0, 1.0)
        began = time.monotonic()
        chaos.serve.start()
        wait_for('the show', chaos.is_composed, 20, 0.02)
        live = time.monotonic()
        result.time('live again', (live - began) * 1000, LIVE_AGAIN_MS)
        chaos.wait_for_people()
        result.time('people back', max(0.0, time.monotonic() - live) * 1000, PEOPLE_BACK_MS)
        chaos.recorder.wait_for(3)
        heard, unheard = deck_of_new_stretch(chaos, last)
        if heard is None:
            result.breaches.append('the deck is not heard again')
            continue
        ahead = (heard - stood_at + 4) % 8 - 4
        result.times['deck ahead, as heard'].append(ahead * 1000)
        # It may have gone on already when the first segment began.
        if ahead < -DECK_OFF_MS / 1000 or ahead - unheard > DECK_OFF_MS / 1000:
            result.breaches.append(f'the deck went on {ahead:+.3f} s from where it was, of which at most '
                                   f'{unheard:.3f} s were not published')
    crew.finish()
    result.breaches += crew.breaches()
    result.notes.update(crew.figures())
    chaos.recorder.wait_for(1)
    hear(chaos, before_all, result, discontinuities=rounds)
    return result


def hls_state(folder):
    """The newer of the two records in the publisher's file of two slots of 32 KiB."""
    blob = (folder / 'state').read_bytes()
    heads = [(blob[at:at + 64].split(b'\n')[0].split(), at) for at in (0, 1 << 15)]
    (_, size, _), at = max((head for head in heads if len(head[0]) == 3), key=lambda head: int(head[0][0]))
    begin = blob.index(b'\n', at) + 1
    return json.loads(blob[begin:begin + int(size)])


def deck_of_new_stretch(chaos, after):
    """Behind the last discontinuity: the deck's second (modulo eight) at its first sound, and the seconds
    of the new tape that went by before that."""
    stretch = chaos.recorder.stretches(after)[-1]
    sound = chaos.recorder.sound(stretch)
    first = ear.first_heard(sound)
    if first is None:
        return None, 0
    state = hls_state(chaos.hls)
    begin = next(segment['startSample'] for segment in state['segments']
                 if segment['number'] == stretch[0].number)
    return ear.deck_second(sound, first), (begin + first) / 48000


def disk_full(chaos, rng, rounds):
    """The data folder's disk is full for a while: people talk on, the API says what is wrong, and what
    is published goes on by itself when there is space again."""
    result = Result()
    before, connections = chaos.recorder.last(), chaos.connections()
    routing = chaos.path('audio-routing')
    for _ in range(rounds):
        head = chaos.health()['tapeHeadSamples']
        with chaos_show.full(chaos.serve.data):
            began = time.monotonic()
            taken = chaos.serve.call('PUT', routing, {'tracklistVolume': 30})
            if taken.status != 200:
                result.breaches.append(f'a fader on a full disk was answered {taken}')
            refusal = chaos.serve.call('POST', '/tracklists', {'title': 'Later'})
            if refusal.status != 503 or b'disk' not in refusal.body:
                result.breaches.append(f'a change on a full disk was answered {refusal}')
            pause(rng, 5.0, 8.0)
            if chaos.deck()['state'] != 'PLAYING':
                result.breaches.append('the state could not be read')
            moved = (chaos.health()['tapeHeadSamples'] - head) / 48000
            # The keeper reports every other second.
            if moved < time.monotonic() - began - 3:
                result.breaches.append(f'the tape moved by {moved:.1f} s only')
            if min(robot.last['robot-1']['heardRmsDb'] for robot in chaos.robots) < -60:
                result.breaches.append('somebody hears nothing')
        freed = time.monotonic()
        wait_for('a change to be taken', lambda: chaos.serve.call(
            'POST', '/tracklists', {'title': 'Now'}).status == 201, 10)
        result.time('takes changes again', (time.monotonic() - freed) * 1000, 2_000)
        chaos.recorder.wait_for(2)
        result.time('segments again', (time.monotonic() - freed) * 1000)
    if chaos.connections() != connections:
        result.breaches.append('a robot had to connect again')
    hear(chaos, before, result, discontinuities=rounds)
    return result


SCENARIOS = {'mix': mix, 'publish': publish, 'serve': serve, 'everything': everything,
             'disk_full': disk_full}


def run(name, seed, rounds, deck_s):
    rng = chaos_show.seeded(seed, name)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(chaos_show.small_disk()) if name == 'disk_full' else None
        chaos = chaos_show.ChaosShow(deck_s, folder)
        stack.callback(chaos.stop)
        return SCENARIOS[name](chaos, rng, rounds)

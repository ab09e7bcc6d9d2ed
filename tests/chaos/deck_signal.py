"""A sound for the deck that tells at every moment which of its samples is heard.

Two tones, whose periods are primes of samples, run through it without a break: together their phases
give the position modulo 53 · 31 = 1643 samples, so that a lost or repeated sample is a step of both.
Each half second a short burst of another pitch carries its number (modulo 16), which gives the
position modulo eight seconds to some milliseconds. Everything that is measured has a whole number of
samples as its period: a sum over every n-th sample, which Python does fast, is then all of the work.
"""

import array
import cmath
import functools
import math
import operator
import wave

RATE = 48000
PERIODS = (53, 31)
CYCLE = PERIODS[0] * PERIODS[1]
BURST_EVERY = 24000
BURST_LENGTH = 1920
# Period by number: 5333 Hz down to 2000.
BURST_PERIODS = tuple(range(9, 25))
TONE_HEIGHT = 0.2
BURST_HEIGHT = 0.25
WINDOW = CYCLE  # 34 ms: whole periods of both tones
# Of people's voices: nearly whole periods in a window, so that they and the deck don't hear each other.
VOICES_HZ = (409, 555)
BURST_HOP = 240


def burst(number):
    """With soft ends, so that it is heard at its own pitch only."""
    period = BURST_PERIODS[number % len(BURST_PERIODS)]
    return [BURST_HEIGHT * math.sin(math.pi * i / BURST_LENGTH) ** 2
            * math.sin(2 * math.pi * i / period) for i in range(BURST_LENGTH)]


def samples(seconds):
    cycle = [TONE_HEIGHT * sum(math.sin(2 * math.pi * i / period) for period in PERIODS)
             for i in range(CYCLE)]
    count = seconds * RATE
    sound = (array.array('h', (round(32767 * x) for x in cycle)) * (count // CYCLE + 1))[:count]
    bursts = [burst(number) for number in range(len(BURST_PERIODS))]
    for number, at in enumerate(range(0, count - BURST_LENGTH, BURST_EVERY)):
        for i, x in enumerate(bursts[number % len(bursts)], at):
            sound[i] = round(32767 * (cycle[i % CYCLE] + x))
    return sound


def write(path, seconds):
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples(seconds).tobytes())


def component(sound, at, length, period):
    """The tone of this period in a window of whole periods, as a complex height: its phase is that of
    a sine at the window's first sample."""
    window = sound[at:at + length - length % period]
    turn = -2j * math.pi / period
    total = sum(sum(window[i::period]) * cmath.exp(turn * i) for i in range(period))
    return 2j * total / len(window) if len(window) else 0j


@functools.cache
def _waves(hz):
    angles = [2 * math.pi * hz * i / RATE for i in range(WINDOW)]
    return [math.cos(angle) for angle in angles], [math.sin(angle) for angle in angles]


def voice_height(sound, at, hz):
    window = sound[at:at + WINDOW]
    return math.hypot(*(sum(map(operator.mul, window, wave)) for wave in _waves(hz))) * 2 / WINDOW


def position_of(sound, at):
    """(position modulo CYCLE, height) of the deck's sample that is heard at `at`. The position is None
    where the two tones point between samples, or aren't there."""
    phases, heights = [], []
    for period in PERIODS:
        heard = component(sound, at, WINDOW, period)
        heights.append(abs(heard))
        phases.append(cmath.phase(heard) / (2 * math.pi) % 1 * period)
    whole = [round(phase) for phase in phases]
    if min(heights) < 1e-3 or max(abs(p - w) for p, w in zip(phases, whole)) > 0.35:
        return None, min(heights)
    first, second = PERIODS
    # Chinese remainders.
    position = (whole[0] * second * pow(second, -1, first)
                + whole[1] * first * pow(first, -1, second)) % CYCLE
    return position, min(heights)


def signed(step):
    """Of a step of positions modulo CYCLE, the nearer of both ways round."""
    return (step + CYCLE // 2) % CYCLE - CYCLE // 2


def bursts(sound):
    """[(where its middle is heard, number modulo 16)] in order."""
    found, run = [], []

    def close():
        if len(run) < BURST_LENGTH // BURST_HOP // 4:
            return
        weight = sum(power for _, power, _ in run)
        middle = sum(at * power for at, power, _ in run) / weight
        loudest = max(run, key=lambda entry: entry[1])
        found.append((round(middle), loudest[2]))

    for at in range(0, len(sound) - 960, BURST_HOP):
        heights = [abs(component(sound, at, 960, period)) for period in BURST_PERIODS]
        best = max(range(len(heights)), key=heights.__getitem__)
        if heights[best] > 0.4 * BURST_HEIGHT / TONE_HEIGHT * max(position_of(sound, at)[1], 2e-3):
            run.append((at + 480, heights[best] ** 2, best))
        else:
            close()
            run = []
    close()
    return found

"""Tones and their levels, in dBFS of the sine's peak."""

import math
import statistics

WINDOW_SECONDS = 0.05
WINDOWS_A_SECOND = 40


def from_db(db):
    return 10 ** (db / 20)


def tone(hz, db, frames, first=0, rate=48000):
    """`frames` samples of a sine as floats; `first` keeps the phase from block to block."""
    step = 2 * math.pi * hz / rate
    amplitude = from_db(db)
    return [amplitude * math.sin(step * (first + i)) for i in range(frames)]


def tone_db(samples, hz, rate=48000):
    """Level of one frequency, by a Hann-windowed Goertzel filter."""
    count = len(samples)
    if count == 0:
        return -200.0
    coefficient = 2 * math.cos(2 * math.pi * hz / rate)
    step = 2 * math.pi / count
    s1 = s2 = 0.0
    for i, sample in enumerate(samples):
        s1, s2 = sample * (0.5 - 0.5 * math.cos(step * i)) + coefficient * s1 - s2, s1
    power = max(s1 * s1 + s2 * s2 - coefficient * s1 * s2, 0.0)
    return 20 * math.log10(max(4 * math.sqrt(power) / count, 1e-10))


def usual_db(samples, hz, rate=48000):
    """Whether a tone is there: the median of its levels in windows of 50 ms. Where a lost packet was made
    up for, the phase moves, and over the whole stretch the tone before would cancel that behind it. That
    a tone is *not* there is better asked of tone_db(), which then hears further down."""
    width = round(WINDOW_SECONDS * rate)
    starts = range(0, len(samples) - width + 1, rate // WINDOWS_A_SECOND)
    return statistics.median([tone_db(samples[at:at + width], hz, rate) for at in starts] or [-200.0])

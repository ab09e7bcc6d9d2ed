"""Tones and their levels, in dBFS of the sine's peak."""

import math


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

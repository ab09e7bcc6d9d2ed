"""What a listener heard: the deck sample by sample, and every person's voice."""

import dataclasses

import deck_signal as deck

# A decoder begins with a frame that it has only half of.
SETTLE = 2 * 1024
# Below this nobody speaks: what a window has of another pitch, and the codecs' noise.
VOICE_FLOOR = 0.002


@dataclasses.dataclass
class Break:
    """Where the deck's sound isn't what it was to be. `samples`: lost if positive, repeated if negative;
    None: the deck wasn't heard, or not as itself."""
    second: float
    samples: int | None
    what: str

    def __str__(self):
        return f'{self.what} at {self.second:.3f} s'


def offsets_of(sound, begin):
    """[(at, offset or None, height)] by window: how far the deck's position is ahead of the sound's own.
    It is None where no neighbour agrees: a window across a break points anywhere."""
    windows = []
    for at in range(begin, len(sound) - deck.WINDOW - 1024, deck.WINDOW):
        position, height = deck.position_of(sound, at)
        windows.append((at, None if position is None else (position - at) % deck.CYCLE, height))
    solid = []
    for i, (at, offset, height) in enumerate(windows):
        near = [other for _, other, _ in windows[max(0, i - 1):i + 2]]
        solid.append((at, offset if near.count(offset) > 1 else None, height))
    return solid


def tone_breaks(windows):
    found, last, missing = [], None, 0
    usual = sorted(height for _, _, height in windows)[len(windows) // 2] if windows else 0
    for at, offset, height in windows:
        second = at / deck.RATE
        missing = missing + 1 if offset is None or height < usual / 2 else 0
        if missing == 3:
            found.append(Break(second, None, 'deck not heard'))
        elif height < 0.8 * usual and missing < 3:
            found.append(Break(second, None, f'deck at {height / usual:.2f} of its height'))
        if offset is None:
            continue
        if last is not None and offset != last:
            step = deck.signed(offset - last)
            kind = f'{step} samples lost' if step > 0 else f'{-step} samples repeated'
            found.append(Break(second, step, kind))
        last = offset
    return found


def burst_breaks(heard):
    """From [(at, number)]: each burst has the next number, half a second after the one before."""
    found = []
    for (before, number), (at, following) in zip(heard, heard[1:]):
        wanted = (number + 1) % len(deck.BURST_PERIODS)
        late = at - before - deck.BURST_EVERY
        if following != wanted:
            found.append(Break(at / deck.RATE, None, f'burst {following} instead of {wanted}'))
        elif abs(late) > 480:
            found.append(Break(at / deck.RATE, None, f'burst {following} {late} samples late'))
    return found


def deck_breaks(sound, begin=SETTLE):
    """Breaks of the deck in one stretch of programme that should have none."""
    heard = [entry for entry in deck.bursts(sound) if entry[0] >= begin + deck.BURST_LENGTH]
    return tone_breaks(offsets_of(sound, begin)) + burst_breaks(heard)


def first_heard(sound, begin=0):
    """Where the deck is heard first, to about 30 ms; None if it never is."""
    for at in range(begin, len(sound) - 2 * deck.WINDOW, 480):
        here, there = deck.position_of(sound, at), deck.position_of(sound, at + deck.WINDOW)
        if here[0] is not None and here[0] == there[0]:
            return at
    return None


def deck_second(sound, at):
    """The deck's position in seconds, modulo eight, of what is heard at `at`: from the next burst."""
    for middle, number in deck.bursts(sound[at:at + 3 * deck.BURST_EVERY]):
        start = number * deck.BURST_EVERY + deck.BURST_LENGTH // 2
        return (start - middle) / deck.RATE % (len(deck.BURST_PERIODS) * deck.BURST_EVERY
                                               / deck.RATE)
    return None


def voice_gap(sound, hz, begin=SETTLE):
    """The longest time in ms for which a voice was 12 dB below its usual height, in steps of 34 ms, and
    that usual height."""
    heights = [deck.voice_height(sound, at, hz)
               for at in range(begin, len(sound) - deck.WINDOW, deck.WINDOW)]
    if not heights:
        return 0, 0.0
    usual = sorted(heights)[len(heights) // 2]
    longest = run = 0
    for one in heights:
        run = run + 1 if one < max(usual / 4, VOICE_FLOOR) else 0
        longest = max(longest, run)
    return longest * deck.WINDOW * 1000 // deck.RATE, usual

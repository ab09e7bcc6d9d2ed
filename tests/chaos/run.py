"""script/chaos: strikes a live show and tells what became of it."""

import argparse
import random
import signal
import sys
import time
import traceback

import scenarios

# What a strike and what is heard after it take, at the most.
SECONDS_PER_ROUND = 25


def distribution(values):
    ordered = sorted(values)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return (f'n {len(ordered)}  min {ordered[0]:.0f}  median {at(0.5):.0f}  p95 {at(0.95):.0f}  '
            f'max {ordered[-1]:.0f} ms')


def tell(name, result, seconds):
    print(f'\n{name}: {"BREACHED" if result.breaches else "held"} in {seconds:.0f} s')
    for what, values in result.times.items():
        print(f'  {what:24} {distribution(values)}')
    for what, note in result.notes.items():
        text = note if not isinstance(note, dict) else '  '.join(f'{k} {v}' for k, v in note.items())
        print(f'  {what:24} {text}')
    for breach in result.breaches[:20]:
        print(f'  ! {breach}')
    if len(result.breaches) > 20:
        print(f'  ! and {len(result.breaches) - 20} more')


def main():
    parser = argparse.ArgumentParser(prog='script/chaos', description=__doc__)
    parser.add_argument('scenarios', nargs='*', metavar='SCENARIO',
                        help=f'of {", ".join(scenarios.SCENARIOS)}; all of them by default')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    # What was started is ended, also when this is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = options.scenarios or list(scenarios.SCENARIOS)
    for name in names:
        if name not in scenarios.SCENARIOS:
            parser.error(f'no scenario {name}; there are: {", ".join(scenarios.SCENARIOS)}')
    failed = []
    for name in names:
        began = time.monotonic()
        try:
            result = scenarios.run(name, options.seed, options.rounds,
                                   60 + SECONDS_PER_ROUND * options.rounds)
        except Exception:
            result = scenarios.Result([traceback.format_exc()])
        tell(name, result, time.monotonic() - began)
        sys.stdout.flush()
        if result.breaches:
            failed.append(name)
            print(f'  replay: script/chaos --rounds {options.rounds} --seed {options.seed} {name}')
    print(f'\n{len(names) - len(failed)} held, {len(failed)} breached; seed {options.seed}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())

"""script/bench's parts, one after the other: a table on standard output and build/bench/*.json."""

import json
import platform
import signal
import sys
import time

import conference
import own_cost
import streamers
from shelcaster import ROOT
from table import Table

PARTS = {
    'stages': own_cost.part_stages,
    'pure': own_cost.part_pure,
    'control': own_cost.part_control,
    'show': own_cost.part_show,  # begins with pure
    'idle': own_cost.part_idle,
    'audiobridge': conference.part_audiobridge,
    'audiobridge-celt': conference.part_audiobridge_celt,
    'waiting': conference.part_waiting,
    'ffmpeg': streamers.part_ffmpeg,
    'liquidsoap': streamers.part_liquidsoap,
    'shows': own_cost.part_shows,
    'shows-cheap': own_cost.part_shows_cheap,
}


def main(names):
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f'no part {unknown[0]}; there are: {", ".join(PARTS)}', file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    names = names or [name for name in PARTS if name != 'pure']
    table = Table()
    failed = []
    began = time.time()
    for name in names:
        try:
            PARTS[name](table)
        except Exception as error:  # the other parts still have something to say
            failed.append(name)
            print(f'{name:<12} FAILED: {type(error).__name__}: {error}', file=sys.stderr, flush=True)
    folder = ROOT / 'build/bench'
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / ('all.json' if len(names) > 1 else f'{names[0]}.json')
    out.write_text(json.dumps({
        'parts': names, 'failed': failed, 'beganUnix': int(began),
        'seconds': round(time.time() - began), 'machine': platform.platform(),
        'rows': table.as_json()}, indent=1) + '\n')
    print(f'written to {out.relative_to(ROOT)}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

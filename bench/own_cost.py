"""Parts that measure Shelcaster alone: the standard show, its codecs, many shows, an idle one."""

import json
import subprocess
import time

import machine
from load import BINARIES, Load, summary, who_hears_whom
from shelcaster import MUSIC_GAIN_DB, Shelcaster, music_mp3, settle

# What the settings are when nobody changes them; given by hand, so that both sides of a ratio
# surely have the same.
RETURNS = {'channels': 2, 'bitrate': 96000, 'complexity': 2}
# Late ticks cost nobody anything; more of them than this say that the next will be missed.
LATE_SHARE_MAX = 0.01
SHOW_ROLES = ('keeper', 'mix', 'publish')


def returns_flags(returns):
    return ('--returns-channels', str(returns['channels']),
            '--returns-bitrate-bps', str(returns['bitrate']),
            '--returns-complexity', str(returns['complexity']))


def codec_cost(*flags, seconds=10, returns=None):
    """CPU in percent of a core by kind of codec, of the sound of the standard show."""
    returns = returns or RETURNS
    words = [BINARIES / 'bench_codec', '--seconds', str(seconds), '--music', music_mp3(),
             f'--music-gain-db={MUSIC_GAIN_DB}', *flags]
    for name, value in returns.items():
        words += [f'--{name}', str(value)]
    with machine.pinned(machine.SERVER_CORE):
        out = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(out.stdout)


def least_codec_cost():
    return codec_cost('--runs', '5')


def part_pure(table):
    """The least that the codecs of the standard show cost, and the same in real time."""
    best = least_codec_cost()
    for name, words in (('decode', '3 Opus decodes, mono'), ('encode', '3 Opus encodes'),
                        ('aac', '1 AAC encode'), ('all', 'pure codec cost, run straight through')):
        table.add('pure', words, best[name], '% core')
    paced = codec_cost('--paced', seconds=8)
    table.add('pure', 'pure codec cost, waiting for each 20 ms', paced['all'], '% core',
              'the same calls at the times of a live show: caches get cold in between')
    return best['all'], paced['all']


def part_control(table):
    """How long a step of serve's control thread takes, with 50 shows and 20 desks on a real disk."""
    done = subprocess.run([BINARIES / 'bench_control', '--folder', BINARIES.parent],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = json.loads(done.stdout)
    for figure in ('p50Ms', 'p99Ms', 'p999Ms', 'maxMs'):
        table.add('control', f'{figure.removesuffix("Ms")} of a step, waits for the disk included',
                  found[figure], 'ms')


def cheapest_run(groups, load, runs=3, clip_seconds=10):
    """Of several, each as long as what the voices say before they say it again: the pure codec cost
    is the cheapest of several too, and a busy neighbour is in neither."""
    measured = [machine.measure(groups, clip_seconds, [load.process.pid]) for _ in range(runs)]
    return min(measured, key=lambda one: sum(one[0][role] for role in SHOW_ROLES))


def part_show(table):
    """Host and two callers on the air over UDP, MP3 deck, dynamics, AAC, HLS on disk."""
    pure, paced = part_pure(table)
    with Shelcaster(*returns_flags(RETURNS)) as server:
        track = server.import_music()
        show = server.show()
        load = Load()
        try:
            server.trio(load, show, 0, listens=True)
            server.play(show, track)
            load.wait_until_connected()
            settle()
            load.report()
            groups = server.groups()
            machine.favour(groups)
            before = server.ticks([show])
            used, elsewhere = cheapest_run(groups, load)
            rows = load.report()
            late, missed = (a - b for a, b in zip(server.ticks([show]), before))
            memory = machine.memory(groups)
            segments = len(list((server.serve.data / 'hls' / show).glob('seg-*')))
        finally:
            load.stop()
    pure = (pure + least_codec_cost()['all']) / 2
    for role in (*SHOW_ROLES, 'serve'):
        table.add('show', f'CPU of {role}', used[role], '% core')
    whole = sum(used[role] for role in SHOW_ROLES)
    table.add('show', 'CPU of the show', whole, '% core')
    table.add('show', 'pure codec cost, before and after', pure, '% core')
    table.add('show', 'show / pure codec cost', whole / pure, 'x', at_most=1.3)
    table.add('show', 'show / pure codec cost in real time', whole / paced, 'x')
    for role in (*SHOW_ROLES, 'serve'):
        table.add('show', f'PSS of {role}', memory[role], 'MB')
    table.add('show', 'PSS of the show', sum(memory[role] for role in SHOW_ROLES), 'MB',
              at_most=40)
    table.add('show', 'late ticks', late, '')
    table.add('show', 'missed ticks', missed, '', at_most=0)
    table.add('show', 'HLS segments on disk', segments, '', at_least=5)
    tell_clients(table, 'show', load, rows)
    table.add('show', 'others on the machine meanwhile', elsewhere, '% core')


def tell_clients(table, part, load, rows, talkers=None, prefix=''):
    """Whether the server kept up, as its clients saw it."""
    clients = summary(load, rows)
    table.add(part, f'{prefix}packets to each client', clients['receivedPerClientPerS'], '/s')
    table.add(part, f'{prefix}lost or refused packets', clients['lost'] + clients['refused'], '',
              at_most=0)
    table.add(part, f'{prefix}gaps over 40 ms between packets', clients['gapsOver40Ms'], '',
              f'longest {clients["gapMsMax"]} ms')
    wrong = who_hears_whom(load, rows, talkers)
    table.add(part, f'{prefix}listeners that hear the wrong voices', len(wrong), '',
              '; '.join(wrong[:2]), at_most=0)


def part_idle(table, seconds=25):
    """A show that is on the air with nobody there."""
    with Shelcaster() as server:
        server.show()
        settle(100)  # by then it has as many segments as it keeps, and each new one replaces an old one
        used, elsewhere = machine.measure(server.groups(), seconds)
    for role in (*SHOW_ROLES, 'serve'):
        table.add('idle', f'CPU of {role}', used[role], '% core')
    table.add('idle', 'CPU of the show', sum(used[role] for role in SHOW_ROLES), '% core',
              at_most=0.1)
    table.add('idle', 'others on the machine meanwhile', elsewhere, '% core')


def is_behind(server, shows):
    """Shows whose publisher has been restarted or has made no segment for a while."""
    behind = 0
    for show in shows:
        metrics = server.ask('GET', f'/shows/{show}/composition/health')['metrics']
        publish = metrics['publish']
        age_s = time.time() - (publish.get('hls', {}).get('lastSegmentUnixMs') or 0) / 1000
        behind += publish['restarts'] > 0 or metrics['mix']['restarts'] > 0 or age_s > 8
    return behind


def add_shows(server, load, shows, track, count):
    while len(shows) < count:
        shows.append(server.show())
        server.trio(load, shows[-1], len(shows) - 1)
        server.play(shows[-1], track)
    machine.favour(server.groups())
    load.wait_until_connected()


def trouble(server, load, shows, hold_s):
    """Lets the shows run for a while. What went wrong, empty if nothing, and the CPU they took."""
    late_before, missed_before = server.ticks(shows)
    load.report()
    used, _ = machine.measure(server.groups(), hold_s, [load.process.pid])
    late, missed = server.ticks(shows)
    late, missed = late - late_before, missed - missed_before
    ticks = 100 * hold_s * len(shows)
    clients = summary(load, load.report())
    behind = is_behind(server, shows)
    whole = sum(used.values())
    print(f'  {len(shows)} shows: {whole:.1f} % of the core, {late} late and {missed} missed ticks, '
          f'{behind} publishers behind, longest gap {clients["gapMsMax"]} ms', flush=True)
    if missed or late > LATE_SHARE_MAX * ticks or behind:
        return f'{late} late and {missed} missed ticks, {behind} publishers behind', whole
    return '', whole


def largest_hold(table, part, returns, step=3, limit=36, hold_s=4):
    """Adds standard shows until one misses a tick; the largest count at which none did."""
    floor = codec_cost('--runs', '5', returns=returns)['all']
    table.add(part, 'shows that the codecs alone would allow', 100 / floor, '',
              f'{floor:.2f} % of a core each, run straight through')
    count, best, each, why = min(limit, max(step, int(25 / floor))), 0, 0.0, ''
    with Shelcaster(*returns_flags(returns), '--tape-s', '4') as server:
        track = server.import_music()
        shows, load = [], Load()
        try:
            while not why:
                add_shows(server, load, shows, track, count)
                settle(7)  # the first segment takes 2 s, and two reports each 2 s to be told of
                why, whole = trouble(server, load, shows, hold_s)
                if not why:
                    best, each = count, whole / count
                    why = f'the limit of {limit} was reached' if count == limit else ''
                count = min(limit, count + step)
        finally:
            load.stop()
    table.add(part, 'shows at once on one core', best, '', f'a step further: {why}', at_least=35)
    table.add(part, 'CPU of each', each, '% core')


def part_shows(table):
    """As many standard shows as one core holds without a missed tick."""
    largest_hold(table, 'shows', RETURNS)


def part_shows_cheap(table):
    """The same with returns in mono."""
    largest_hold(table, 'shows cheap', {'channels': 1, 'bitrate': 48000, 'complexity': 0})


BENCHMARKS = (
    # (binary, benchmark, calls a second in the standard show, what it is)
    ('rtc_srtp_bench', 'protect_and_unprotect/0', 150, 'SRTP, 150 packets/s each way (GCM)'),
    ('rtc_media_bench', 'receive_pull_and_send', 300, 'media path with decode, 3 people'),
    ('mixer_bench', 'RenderVoices/3', 100, 'engine, 3 strips'),
    ('codec_bench', 'encode/2/2', 150, '3 stereo returns at complexity 2'),
    ('codec_bench', 'decode/1', 150, '3 decodes'),
)


def part_stages(table):
    """Each stage by its own microbenchmark, scaled to the calls of the standard show."""
    results = {}
    for binary in sorted({row[0] for row in BENCHMARKS}):
        with machine.pinned(machine.SERVER_CORE):
            out = subprocess.run([BINARIES / binary, '--benchmark_format=json',
                                  '--benchmark_min_time=0.2'],
                                 check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        scale = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3}
        for one in json.loads(out.stdout)['benchmarks']:
            results[binary, one['name']] = one['cpu_time'] * scale[one['time_unit']]
    for binary, name, calls, words in BENCHMARKS:
        if (binary, name) in results:
            seconds = results[binary, name]
            table.add('stages', words, 100 * seconds * calls, '% core', f'{seconds * 1e6:.1f} us a call')

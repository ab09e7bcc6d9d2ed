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
    return min((codec_cost() for _ in range(4)), key=lambda cost: cost['all'])


def part_pure(table):
    """The least that the codecs of the standard show cost, and the same in real time."""
    best = least_codec_cost()
    for name, words in (('decode', '3 Opus decodes, mono'), ('encode', '3 Opus encodes'),
                        ('aac', '1 AAC encode'), ('all', 'pure codec cost, run straight through')):
        table.add('pure', words, best[name], '% core')
    paced = codec_cost('--paced')
    table.add('pure', 'pure codec cost, waiting for each 20 ms', paced['all'], '% core',
              'the same calls at the times of a live show: caches get cold in between')
    return best['all'], paced['all']


def part_show(table, seconds=20):
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
            before = server.ticks([show])
            used, elsewhere = machine.measure(groups, seconds, [load.process.pid])
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
    tell_clients(table, 'show', load, rows, seconds)
    table.add('show', 'others on the machine meanwhile', elsewhere, '% core')


def tell_clients(table, part, load, rows, seconds, talkers=None, prefix=''):
    """Whether the server kept up, as its clients saw it."""
    clients = summary(rows, seconds)
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
        settle(6)
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


def largest_hold(table, name, returns, step, limit, hold_s=4):
    """Adds standard shows, `step` at a time, until one misses a tick; the largest count without."""
    part = f'shows {name}'
    best, why = 0, f'the limit of {limit} was reached'
    with Shelcaster(*returns_flags(returns), '--tape-s', '4') as server:
        track = server.import_music()
        shows, load = [], Load()
        try:
            while len(shows) < limit:
                for _ in range(min(step, limit - len(shows))):
                    shows.append(server.show())
                    server.trio(load, shows[-1], len(shows) - 1)
                    server.play(shows[-1], track)
                load.wait_until_connected()
                settle(2)
                before = server.ticks(shows)
                load.report()
                used, _ = machine.measure(server.groups(), hold_s)
                late, missed = (a - b for a, b in zip(server.ticks(shows), before))
                clients = summary(load.report(), hold_s)
                whole = sum(used.values())
                print(f'  {len(shows)} shows: {whole:.1f} % of the core, late ticks {late}, missed '
                      f'{missed}, gaps {clients["gapsOver40Ms"]} (to {clients["gapMsMax"]} ms)',
                      flush=True)
                behind = is_behind(server, shows)
                if missed or late > len(shows) or behind:
                    why = f'{late} late and {missed} missed ticks, {behind} publishers behind'
                    break
                best = len(shows)
                table_used = whole
        finally:
            load.stop()
    table.add(part, 'shows at once on one core', best, '', f'one more step: {why}', at_least=35)
    if best:
        table.add(part, 'CPU of each', table_used / best, '% core')
    return best


def part_shows(table, step=4, limit=36):
    """As many standard shows as one core holds without a missed tick."""
    cost = codec_cost()
    table.add('shows', 'that the codecs alone would allow', 100 / cost['all'], '',
              'pure codec cost of each, run straight through')
    largest_hold(table, 'default', RETURNS, step, limit)


def part_shows_cheap(table, step=4, limit=36):
    """The same with returns in mono."""
    returns = {'channels': 1, 'bitrate': 48000, 'complexity': 0}
    cost = codec_cost(returns=returns)
    table.add('shows cheap', 'that the codecs alone would allow', 100 / cost['all'], '')
    largest_hold(table, 'cheap', returns, step, limit)


BENCHMARKS = (
    # (binary, benchmark, calls a second in the standard show, what it is)
    ('rtc_srtp_bench', 'protect_and_unprotect/0', 150, 'SRTP, 150 packets/s each way (GCM)'),
    ('rtc_media_bench', 'receive_pull_and_send', 300, 'media path with decode, 3 people'),
    ('mixer_bench', 'RenderVoices/3', 100, 'engine, 3 strips'),
    ('codec_bench', 'encode/2/5', 150, '3 stereo returns, complexity 5'),
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

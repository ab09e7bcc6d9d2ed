"""Shelcaster under test: `serve` and its shows on the server's core."""

import os
import pathlib
import subprocess
import sys
import time

import machine
from load import BINARIES

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / 'tests/system'))

from running_serve import RunningServe, free_port, wait_for  # noqa: E402

MUSIC_SECONDS = 150
# By which the import levels that music: checked, and the same in the pure codec cost.
MUSIC_GAIN_DB = 3.19


def music_mp3():
    """A track of generated music, made once."""
    folder = ROOT / 'build/bench'
    folder.mkdir(parents=True, exist_ok=True)
    mp3 = folder / 'music.mp3'
    if not mp3.exists():
        wav = folder / 'music.wav'
        subprocess.run([BINARIES / 'bench_codec', '--music-out', wav, '--seconds', str(MUSIC_SECONDS)],
                       check=True)
        part = folder / 'part.mp3'
        subprocess.run(['ffmpeg', '-v', 'error', '-y', '-i', wav, '-b:a', '192k', part], check=True)
        part.rename(mp3)
    return mp3


class Shelcaster:
    """`flags` are settings; the others are the defaults of the program, whatever is configured."""

    def __init__(self, *flags):
        os.environ['SHELCASTER_CONFIG'] = os.devnull
        with machine.pinned(machine.SERVER_CORE):
            self.serve = RunningServe('--log-level', 'warn', *flags)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.serve.stop()

    def ask(self, method, path, body=None):
        return self.serve.ask(method, path, body)

    def import_music(self):
        reply = self.serve.call('POST', '/tracks?title=Music', music_mp3().read_bytes(),
                                headers={'Content-Type': 'audio/mpeg'})
        track = reply.json['trackId']

        def ready():
            seen = self.ask('GET', f'/tracks/{track}')
            if seen['status'] == 'FAILED':
                raise RuntimeError('the import of the music failed')
            return seen if seen['status'] == 'READY' else None
        gain_db = wait_for('the import', ready, 60)['gainDb']
        if abs(gain_db - MUSIC_GAIN_DB) > 0.1:
            raise RuntimeError(f'the music is levelled by {gain_db} dB, not {MUSIC_GAIN_DB}')
        return track

    def show(self, title='Bench'):
        return self.serve.live_show(title)

    def play(self, show, track):
        for _ in range(2):
            self.ask('POST', f'/shows/{show}/queue', {'trackId': track})
        self.ask('POST', f'/shows/{show}/deck/commands', {'command': 'PLAY'})

    def person(self, show, is_host=False, is_on_air=True):
        """A seat, as the function that signals for it."""
        kind = 'host-tokens' if is_host else 'caller-tokens'
        made = self.ask('POST', f'/shows/{show}/{kind}', {'username': 'Robot'})
        if not is_host and is_on_air:
            self.ask('POST', f'/shows/{show}/participants/{made["participantId"]}/toggle-on-air',
                     {'isOnAir': True})

        def signal(offer):
            reply = self.serve.call('POST', f'/whip/{show}', offer, made['token'],
                                    {'Content-Type': 'application/sdp'})
            if reply.status != 201:
                raise RuntimeError(f'WHIP: {reply}')
            return reply.body.decode()
        return signal

    def trio(self, load, show, room, listens=False):
        """A host and two callers on the air."""
        return [load.join(self.person(show, is_host=place == 0), room, place, listens)
                for place in range(3)]

    def groups(self):
        """Process ids by role."""
        found = {'serve': [self.serve.process.pid]}
        for role, name in (('compose', 'keeper'), ('mix', 'mix'), ('publish', 'publish')):
            found[name] = self.serve.pids(role)
        return found

    def ticks(self, shows):
        """Late and missed ticks of all shows since their start. A mixer that is being restarted has
        said nothing yet."""
        late = missed = 0
        for show in shows:
            mix = self.ask('GET', f'/shows/{show}/composition/health')['metrics']['mix']
            late += mix.get('lateTicks', 0)
            missed += mix.get('missedTicks', 0)
        return late, missed


def settle(seconds=4):
    """The first seconds of a show hold handshakes, page faults and growing buffers."""
    time.sleep(seconds)

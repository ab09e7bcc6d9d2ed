"""What else mixes three voices with a track for listeners: the seed's FFmpeg command and Liquidsoap.
Neither has WebRTC or returns; voices come to both as raw sound in real time through pipes."""

import pathlib
import os
import shutil
import subprocess
import tempfile
import threading
import time

import machine
from load import BINARIES
from shelcaster import free_port, music_mp3, wait_for

FRAME_BYTES = 2 * 960
RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so'

NGINX = '''
load_module {module};
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    application live {{ live on; record all; record_path {folder}; }}
  }}
}}
'''

LIQUIDSOAP = '''
settings.init.allow_root.set(true)
settings.log.stdout.set(true)
settings.log.level.set(3)
settings.frame.audio.samplerate.set(48000)
def voice(path, volume) =
  amplify(volume, mksafe(input.external.rawaudio(channels=1, samplerate=48000, restart=true,
                                                 "cat #{{path}}")))
end
voices = add(normalize=false, [audio_to_stereo(voice("{folder}/pipe-0", 1.0)),
                               audio_to_stereo(voice("{folder}/pipe-1", 0.8)),
                               audio_to_stereo(voice("{folder}/pipe-2", 0.8))])
music = amplify(0.3, mksafe(single("{music}")))
programme = add(normalize=false, [voices, music])
programme = compress(threshold=-20., ratio=4., attack=10., release=150., gain=0., programme)
programme = limit(threshold=-1., programme)
output.file.hls(playlist="live.m3u8", segment_duration=2.0, segments=10, "{folder}/hls",
                [("aac", %ffmpeg(format="mpegts",
                                 %audio(codec="aac", b="128k", samplerate=48000, channels=2)))],
                programme)
'''


class Voices:
    """Three named pipes that somebody talks into, 20 ms at a time."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run([BINARIES / 'bench_codec', '--voices-out', folder], check=True)
        self.clips = [(folder / f'voice-{i}.s16').read_bytes() for i in range(3)]
        self.pipes = [folder / f'pipe-{i}' for i in range(3)]
        for pipe in self.pipes:
            os.mkfifo(pipe)
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._talk, args=pair, daemon=True)
                        for pair in zip(self.pipes, self.clips)]
        for thread in self.threads:
            thread.start()

    def _talk(self, pipe, clip):
        try:
            with open(pipe, 'wb', buffering=0) as out:
                at, due = 0, time.monotonic()
                while not self.is_over.is_set():
                    out.write(clip[at:at + FRAME_BYTES])
                    at = (at + FRAME_BYTES) % len(clip)
                    due += 0.02
                    time.sleep(max(0.0, due - time.monotonic()))
        except BrokenPipeError:
            pass

    def stop(self):
        self.is_over.set()
        for pipe in self.pipes:  # one that nobody has opened waits for a reader
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        for thread in self.threads:
            thread.join(5)


def _measure(table, part, program, output, seconds=15):
    """`output`: bytes that have come out so far, which must grow."""
    program.check()
    time.sleep(5)
    before = output()
    pids = machine.descendants(program.process.pid)
    machine.favour({part: pids})
    used, elsewhere = machine.measure({part: pids}, seconds)
    program.check()
    made = (output() - before) * 8 / 1000 / seconds
    table.add(part, 'CPU', used[part], '% core')
    table.add(part, 'PSS', machine.memory({part: pids})[part], 'MB')
    table.add(part, 'output meanwhile', made, 'kbit/s', at_least=60)
    table.add(part, 'others on the machine meanwhile', elsewhere, '% core')


def part_ffmpeg(table):
    """The seed's command with its three pipes and a file, to an RTMP server on loopback."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='shelcaster-ffmpeg-'))
    running = []
    try:
        port = free_port()
        user = 'user root;' if os.getuid() == 0 else ''
        (folder / 'nginx.conf').write_text(NGINX.format(module=RTMP_MODULE, folder=folder,
                                                        port=port, user=user))
        running.append(machine.Program(['nginx', '-p', folder, '-c', folder / 'nginx.conf',
                                '-e', folder / 'error.log'], folder, machine.LOAD_CORE))
        running.append(Voices(folder))
        words = ['ffmpeg', '-nostats', '-y']
        for pipe in running[1].pipes:
            words += ['-f', 's16le', '-ar', '48000', '-ac', '1', '-i', pipe]
        words += ['-i', music_mp3(), '-filter_complex',
                  '[0:a]volume=1.0[host];[1:a]volume=1.0[caller1];[2:a]volume=1.0[caller2];'
                  '[host][caller1][caller2]amix=inputs=3:duration=longest[voice_mix];'
                  '[3:a]volume=0.3[music];'
                  '[voice_mix][music]amix=inputs=2:duration=longest[final]',
                  '-map', '[final]', '-c:a', 'aac', '-b:a', '128k', '-f', 'flv',
                  f'rtmp://127.0.0.1:{port}/live/show']
        ffmpeg = machine.Program(words, folder, machine.SERVER_CORE)
        running.append(ffmpeg)
        _measure(table, 'ffmpeg', ffmpeg,
                 lambda: sum(path.stat().st_size for path in folder.glob('*.flv')))
    finally:
        for one in reversed(running):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)


def part_liquidsoap(table):
    """Three inputs and a track, compressed and limited, as AAC and HLS on disk."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix='shelcaster-liquidsoap-'))
    running = []
    try:
        (folder / 'hls').mkdir()
        (folder / 'radio.liq').write_text(LIQUIDSOAP.format(folder=folder, music=music_mp3()))
        running.append(Voices(folder))
        liquidsoap = machine.Program(['liquidsoap', folder / 'radio.liq'], folder, machine.SERVER_CORE)
        running.append(liquidsoap)

        def made():
            liquidsoap.check()
            return any((folder / 'hls').glob('*.ts'))
        wait_for('the first segment of liquidsoap', made, 25)
        seen = {}

        def output():
            seen.update({path.name: path.stat().st_size for path in (folder / 'hls').glob('*.ts')})
            return sum(seen.values())
        _measure(table, 'liquidsoap', liquidsoap, output)
    except TimeoutError:
        raise RuntimeError((folder / 'liquidsoap.log').read_text()[-1500:]) from None
    finally:
        for one in reversed(running):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)

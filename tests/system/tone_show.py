"""A show on the air with a tone from the deck and robots on the line, and an ear for its gaps."""

import array
import contextlib
import json
import math
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import wave

from hls_ear import HlsEar
from running_serve import BINARY, RunningServe, free_port, wait_for

# Samples a period at 48 kHz: a prime, so that no number of lost blocks or frames fits by chance.
PERIOD = 53
AMPLITUDE = 0.3
SEGMENT_SAMPLES = 93 * 1024


def write_tone(path, seconds):
    period = array.array('h', (round(AMPLITUDE * 32767 * math.sin(2 * math.pi * i / PERIOD))
                               for i in range(PERIOD)))
    with wave.open(str(path), 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        for _ in range(seconds):
            out.writeframes((period * (48000 // PERIOD)).tobytes())


def play_tone(serve, show, seconds):
    """On the show's deck; returns when it has been imported and is to play."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'tone.wav'
        write_tone(path, seconds)
        reply = serve.call('POST', '/tracks?title=Tone', path.read_bytes(),
                           headers={'Content-Type': 'audio/wav'})
    track = reply.json['trackId']
    wait_for('the tone', lambda: serve.ask('GET', f'/tracks/{track}')['status'] == 'READY', 60)
    serve.ask('POST', f'/shows/{show}/queue', {'trackId': track})
    serve.ask('POST', f'/shows/{show}/deck/commands', {'command': 'PLAY'})


class Robots:
    """`shelcaster robot`, whose reports are read all the time."""

    def __init__(self, serve, show, token, count, voice='silence'):
        self.last = {}
        self.late_ms_max = 0  # of all reports; to be set back by who asks
        self._process = subprocess.Popen(
            [BINARY, 'robot', '--server', f'http://127.0.0.1:{serve.port}', '--show', show,
             '--token', token, '--voice', voice, '--count', str(count)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for('the robots', lambda: len(self.last) == count and all(
            report['connected'] for report in self.last.values()), 20)

    def _read(self):
        for line in self._process.stdout:
            report = json.loads(line)
            self.last[report['name']] = report
            self.late_ms_max = max(self.late_ms_max, report['lateMsMax'])

    def go_first(self):
        """Before other processes, so that what is missing of their voices is not missing for want of a
        processor; without effect for who may not do that."""
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(self._process.pid, os.SCHED_FIFO, os.sched_param(10))

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()


class ToneShow(HlsEar):
    def __init__(self, *flags, robots=2, trust_loopback=True):
        self.media_port = free_port()
        self.serve = RunningServe('--media-port-min', str(self.media_port),
                                  '--media-port-max', str(self.media_port), *flags,
                                  trust_loopback=trust_loopback)
        self.robots = None
        try:
            self.show = self.serve.live_show('Under attack')
            super().__init__(self.serve, self.show)
            links = self.serve.ask('GET', f'/shows/{self.show}/links')
            if robots:
                self.robots = Robots(self.serve, self.show, links['callerToken'], robots)
            self._play_tone()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.robots:
            self.robots.stop()
        self.serve.stop()

    def _play_tone(self):
        play_tone(self.serve, self.show, 600)
        # The compressor has settled, and two whole segments of tone are out.
        first = self.last_segment() + 2
        wait_for('the tone on the air', lambda: self.last_segment() >= first + 1, 20)

    def audio(self):
        """The mixer's counters, as it last told them."""
        health = self.serve.ask('GET', f'/shows/{self.show}/composition/health')
        return health['metrics']['mix']


def breaks(samples):
    """Where a tone of PERIOD samples is not what it was a period before: [(second, share)], worst
    first. 1 would be the tone's own height."""
    settled = samples[2048:-1024]
    height = max(settled)
    worst = {}
    for i in range(PERIOD, len(settled)):
        step = abs(settled[i] - settled[i - PERIOD])
        if step > 0.03 * height:
            block = i // 480
            worst[block] = max(worst.get(block, 0), step / height)
    loudness = [max(settled[at:at + 2 * PERIOD]) for at in range(0, len(settled) - 480, 480)]
    quiet = [(at / 100, 1.0) for at, peak in enumerate(loudness) if peak < 0.8 * height]
    return quiet + sorted(((block / 100, round(share, 3)) for block, share in worst.items()),
                          key=lambda entry: -entry[1])

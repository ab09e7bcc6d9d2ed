"""Keeps every segment of a show's HLS as it appears, and judges what a player would see."""

import array
import collections
import re
import subprocess
import threading
import time

Segment = collections.namedtuple('Segment', 'number init discontinuity seconds body')


def parse(text):
    """(media sequence, discontinuity sequence, [(number, init, discontinuity, seconds)], is ended)"""
    sequence = int(re.search(r'#EXT-X-MEDIA-SEQUENCE:(\d+)', text)[1])
    discontinuities = int(re.search(r'#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)', text)[1])
    entries, init, is_after = [], None, False
    seconds = 0.0
    for line in text.splitlines():
        if line == '#EXT-X-DISCONTINUITY':
            is_after = True
        elif found := re.match(r'#EXT-X-MAP:URI="(.+)"', line):
            init = found[1]
        elif found := re.match(r'#EXTINF:([\d.]+)', line):
            seconds = float(found[1])
        elif found := re.fullmatch(r'seg-(\d+)\.m4s', line):
            entries.append((int(found[1]), init, is_after, seconds))
            is_after = False
    return sequence, discontinuities, entries, '#EXT-X-ENDLIST' in text


class HlsRecorder:
    def __init__(self, folder, period_s=0.1):
        self._folder = folder
        self._period_s = period_s
        self.segments = {}
        self.inits = {}
        self.breaches = []
        self._last_list = (-1, -1)  # number of the last segment, discontinuity sequence
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._is_over.set()
        self._thread.join()
        self.take()

    def _run(self):
        while not self._is_over.wait(self._period_s):
            self.take()

    def take(self):
        try:
            text = (self._folder / 'index.m3u8').read_text()
        except OSError:
            return
        if not text.startswith('#EXTM3U') or '#EXT-X-MEDIA-SEQUENCE' not in text:
            return self._breach('half a play list')
        self.take_list(text)

    def take_list(self, text):
        sequence, discontinuities, entries, is_ended = parse(text)
        if is_ended:
            self._breach('the play list was ended')
        if not entries:
            return
        numbers = [entry[0] for entry in entries]
        if numbers != list(range(sequence, sequence + len(numbers))):
            self._breach(f'media sequence {sequence} does not fit segments {numbers}')
        last, before = self._last_list
        if numbers[-1] < last or discontinuities < before:
            self._breach(f'the list went back from segment {last} to {numbers[-1]}')
        if last >= 0 and numbers[0] > last + 1:
            self._breach(f'segments {last + 1} to {numbers[0] - 1} were never listed')
        self._last_list = (numbers[-1], discontinuities)
        for entry in entries:
            self._keep(*entry)

    def _keep(self, number, init, discontinuity, seconds):
        known = self.segments.get(number)
        if known:
            if (known.init, known.discontinuity) != (init, discontinuity):
                self._breach(f'segment {number} was listed in two ways')
            return
        body = self._read(f'seg-{number}.m4s')
        if init not in self.inits:
            self.inits[init] = self._read(init)
        self.segments[number] = Segment(number, init, discontinuity, seconds, body)

    def _read(self, name):
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            self._breach(f'{name} is listed and not there: {error}')
            return b''

    def _breach(self, what):
        if what not in self.breaches:
            self.breaches.append(what)

    # What was heard.

    def last(self):
        return self._last_list[0]

    def wait_for(self, count, limit_s=30):
        """Until so many more segments are there."""
        wanted, end = self.last() + count, time.monotonic() + limit_s
        while self.last() < wanted:
            if time.monotonic() > end:
                raise TimeoutError(f'no segment {wanted} within {limit_s} s')
            time.sleep(0.05)

    def discontinuities(self, after=-1):
        return [number for number, segment in sorted(self.segments.items())
                if segment.discontinuity and number > after]

    def stretches(self, after=-1):
        """[[segment]] from the number on, cut at discontinuities."""
        found = []
        for number, segment in sorted(self.segments.items()):
            if number <= after:
                continue
            if not found or segment.discontinuity or segment.init != found[-1][-1].init:
                found.append([])
            found[-1].append(segment)
        return found

    def sound(self, stretch):
        """Mono samples of consecutive segments, by FFmpeg."""
        data = self.inits[stretch[0].init] + b''.join(segment.body for segment in stretch)
        done = subprocess.run(['ffmpeg', '-v', 'error', '-i', 'pipe:0', '-ac', '1', '-f', 'f32le',
                               'pipe:1'], input=data, capture_output=True, check=True)
        assert not done.stderr, done.stderr
        return array.array('f', done.stdout)

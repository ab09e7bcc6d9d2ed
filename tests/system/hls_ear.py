"""A show's HLS as a listener has it: its play list, its segments and, decoded, its samples."""

import array
import re
import subprocess

from running_serve import wait_for


class HlsEar:
    def __init__(self, serve, show):
        self.folder = serve.data / 'hls' / show

    def play_list(self):
        path = self.folder / 'index.m3u8'
        return path.read_text() if path.exists() else ''

    def last_segment(self):
        return max((int(number) for number in re.findall(r'seg-(\d+)\.m4s', self.play_list())),
                   default=-1)

    def wait_for_segment(self, number, limit_s=30):
        wait_for(f'segment {number}', lambda: self.last_segment() >= number, limit_s, 0.2)

    def decoded(self, first, last):
        """Mono samples of whole segments, by FFmpeg."""
        init = sorted(self.folder.glob('init-*.mp4'))[-1].read_bytes()
        body = b''.join((self.folder / f'seg-{number}.m4s').read_bytes()
                        for number in range(first, last + 1))
        done = subprocess.run(['ffmpeg', '-v', 'error', '-i', 'pipe:0', '-ac', '1', '-f', 's16le',
                               'pipe:1'], input=init + body, capture_output=True, check=True)
        assert not done.stderr, done.stderr
        return array.array('h', done.stdout)

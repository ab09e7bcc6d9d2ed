"""A small HTTP server on loopback that hands out media as slowly as a test asks for."""

import http.server
import pathlib
import subprocess
import tempfile
import threading
import time


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.0'

    def do_GET(self):
        owner = self.server.owner
        path = self.path.split('?')[0]
        owner.requests.append(self.path)
        if path in owner.redirects:
            self.send_response(302)
            self.send_header('Location', owner.redirects[path])
            self.end_headers()
            return
        if path not in owner.files and path not in owner.endless:
            self.send_error(404)
            return
        if path in owner.endless:
            self.stream(*owner.endless[path])
            return
        content, bytes_per_second, ends_after = owner.files[path]
        self.send_response(200)
        self.send_header('Content-Type', 'application/octet-stream')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        step = max(1, bytes_per_second // 20)
        try:
            for at in range(0, min(len(content), ends_after), step):
                self.wfile.write(content[at:min(at + step, ends_after)])
                if owner.is_over.wait(0.05):
                    return
        except OSError:
            pass

    def stream(self, content, bytes_per_second):
        owner = self.server.owner
        with owner.lock:
            owner.streaming += 1
        self.send_response(200)
        self.send_header('Content-Type', 'audio/mpeg')
        self.end_headers()
        step = max(1, bytes_per_second // 20)
        try:
            at = 0
            while not owner.is_over.wait(0.05):
                self.wfile.write(content[at:at + step])
                at = at + step if at + step < len(content) else 0
        except OSError:
            pass
        with owner.lock:
            owner.streaming -= 1

    def log_message(self, *_):
        pass


class MediaServer:
    def __init__(self, address='127.0.0.1'):
        self.files = {}
        self.endless = {}
        self.streaming = 0
        self.lock = threading.Lock()
        self.redirects = {}
        self.requests = []
        self.is_over = threading.Event()
        self._server = http.server.ThreadingHTTPServer((address, 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.port = self._server.server_port
        self.url = f'http://{address}:{self.port}'
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def serve(self, path, content, bytes_per_second=64_000, ends_after=1 << 40):
        """`ends_after`: the connection breaks there, whatever was promised."""
        self.files[path] = (content, bytes_per_second, ends_after)
        return self.url + path

    def serve_endless(self, path, content, bytes_per_second=64_000):
        """The same again and again, as a radio station; `streaming` says how many listen."""
        self.endless[path] = (content, bytes_per_second)
        return self.url + path

    def stop(self):
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def tone_file(name, seconds, *options, frequency=440):
    """A sine at -18 dB FS from the ffmpeg CLI, in the container that the name's ending says."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        subprocess.run(
            ['ffmpeg', '-nostdin', '-v', 'error', '-f', 'lavfi', '-i',
             f'sine=frequency={frequency}:sample_rate=44100:duration={seconds}', *options, path],
            check=True, timeout=60)
        return path.read_bytes()

"""`serve` with the socket of a parent that keeps it, as systemd does."""

import os
import socket
import subprocess

from hold_socket import hand_over
from running_serve import BINARY, ROOT, RunningServe, wait_for


class SocketServe(RunningServe):
    def __init__(self, *flags):
        self.listening = socket.create_server(('127.0.0.1', 0), backlog=1024)
        super().__init__(*flags)

    def start(self, *flags):
        self.port = self.listening.getsockname()[1]
        command = [BINARY, 'serve', '--data', self.data, '--media-ip', '127.0.0.1', *self._flags, *flags]
        with open(self.data / 'serve.log', 'a') as log:
            # The shell knows the process that it becomes.
            self.process = subprocess.Popen(
                ['/bin/sh', '-c', 'export LISTEN_PID=$$; exec "$0" "$@"', *command], cwd=ROOT, stdout=log,
                stderr=log, start_new_session=True, close_fds=False,
                preexec_fn=lambda: hand_over(self.listening),
                env={**os.environ, 'SHELCASTER_ADMIN_TOKEN': self.token, 'LISTEN_FDS': '1'})
        wait_for('the server', self.is_healthy)

    def restart(self):
        """As `systemctl restart`: SIGTERM, its end, and the next one."""
        assert self.terminate() == 0, self.log()[-2_000:]
        self.start()

    def stop(self):
        super().stop()
        self.listening.close()

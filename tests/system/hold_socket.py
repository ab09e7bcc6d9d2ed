"""hold_socket.py PORT COMMAND...   keeps a listening socket for a program and starts it again whenever
it ends well, as a service manager does. Ends with SIGTERM, or when the program fails."""

import os
import signal
import socket
import subprocess
import sys


def hand_over(listening):
    os.dup2(listening.fileno(), 3)
    os.set_inheritable(3, True)  # also when it was the third already


def main(port, command):
    listening = socket.create_server(('127.0.0.1', port), backlog=1024)
    program = None

    def end(*_):
        if program:
            program.terminate()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        # The shell knows the process that it becomes.
        program = subprocess.Popen(
            ['/bin/sh', '-c', 'export LISTEN_PID=$$; exec "$0" "$@"', *command], close_fds=False,
            preexec_fn=lambda: hand_over(listening), env={**os.environ, 'LISTEN_FDS': '1'})
        if program.wait() != 0:
            sys.exit(1)


if __name__ == '__main__':
    main(int(sys.argv[1]), sys.argv[2:])

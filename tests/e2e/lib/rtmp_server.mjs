// A real RTMP server (nginx with its rtmp module) on loopback that records what it is sent as FLV.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Program } from './processes.mjs';
import { freePort, waitFor } from './wait.mjs';

const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

function configuration(folder, port) {
  return `
    load_module ${MODULE};
    ${process.getuid() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log info;
    events { worker_connections 64; }
    rtmp {
      server {
        listen 127.0.0.1:${port};
        application live {
          live on;
          record all;
          record_path ${folder}/recordings;
          record_unique on;
        }
      }
    }`;
}

export class RtmpServer {
  static async start() {
    const server = new RtmpServer();
    server.folder = await mkdtemp(join(tmpdir(), 'shelcaster-rtmp-'));
    await mkdir(join(server.folder, 'recordings'));
    const port = await freePort();
    server.url = `rtmp://127.0.0.1:${port}/live`;
    await writeFile(join(server.folder, 'nginx.conf'), configuration(server.folder, port));
    server.program = new Program('/usr/sbin/nginx', [
      '-p',
      server.folder,
      '-c',
      join(server.folder, 'nginx.conf'),
      '-e',
      join(server.folder, 'error.log'),
    ]);
    await waitFor('nginx to listen', () => {
      if (!server.program.isRunning) throw new Error(server.program.output);
      return isListening(port);
    });
    return server;
  }

  /** Paths of the recordings so far, oldest first. */
  async recordings() {
    const names = await readdir(join(this.folder, 'recordings'));
    return names.sort().map((name) => join(this.folder, 'recordings', name));
  }

  async stop() {
    await this.program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

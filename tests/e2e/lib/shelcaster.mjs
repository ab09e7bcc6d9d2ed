// A running Shelcaster on an ephemeral port, with a data folder and an admin token of its own.
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Program } from './processes.mjs';
import { freePort, waitFor } from './wait.mjs';

const ROOT = new URL('../../..', import.meta.url).pathname;
const HOLD_SOCKET = join(ROOT, 'tests/system/hold_socket.py');
export const BINARY = process.env.SHELCASTER_BINARY ?? join(ROOT, 'build/release/bin/shelcaster');

export class Shelcaster {
  #ended = [];

  /** `keepsSocket`: as under systemd, which keeps the socket and starts `serve` again when it ends. */
  static async start({ args = [], env = {}, deadAirAfterS = 0, keepsSocket = false } = {}) {
    await access(BINARY).catch(() => {
      throw new Error(`${BINARY} is missing; script/build release shelcaster makes it`);
    });
    const server = new Shelcaster();
    server.data = await mkdtemp(join(tmpdir(), 'shelcaster-e2e-'));
    server.adminToken = randomBytes(24).toString('hex');
    server.url = `http://127.0.0.1:${await freePort()}`;
    server.options = { args, env, deadAirAfterS, keepsSocket };
    await server.#launch();
    return server;
  }

  /** Ends `serve` alone, without a warning: the processes of its shows live on. */
  async killServe() {
    process.kill(this.program.pid, 'SIGKILL');
    await this.program.ended;
  }

  /** Asks `serve` to end, where somebody keeps its socket, and waits for the next one. */
  async restartServe() {
    const [pid] = await this.pidsOf('serve');
    process.kill(pid, 'SIGTERM');
    const isAnother = async () => {
      const [other] = await this.pidsOf('serve');
      return other !== undefined && other !== pid && (await fetch(`${this.url}/healthz`)).ok;
    };
    await waitFor('another serve', isAnother);
  }

  /** Process ids of a show's role: "compose" (the keeper), "mix" or "publish". */
  async pidsOf(role) {
    // One that has ended and the one after it are called with the same folder.
    const found = (await Promise.all([...this.#ended, this.program].map((one) => one.pids()))).flat();
    const pids = [...new Set(found)];
    const isInRole = async (pid) => {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return words.split('\0')[1] === role;
    };
    const inRole = await Promise.all(pids.map(async (pid) => ((await isInRole(pid)) ? pid : undefined)));
    return inRole.filter((pid) => pid !== undefined);
  }

  /** Without a warning; gives up when no other one has taken its place. */
  async killRole(role) {
    const [pid] = await this.pidsOf(role);
    process.kill(pid, 'SIGKILL');
    const isAnother = async () => {
      const pids = await this.pidsOf(role);
      return pids.length === 1 && pids[0] !== pid;
    };
    await waitFor(`another ${role}`, isAnother);
  }

  /** As if the power had been cut. */
  async killEverything() {
    const keepers = await this.pidsOf('compose');
    process.kill(this.program.pid, 'SIGKILL');
    for (const pid of keepers) process.kill(pid, 'SIGKILL');
    await this.program.ended;
    await waitFor('the mixers to end', async () => (await this.pidsOf('mix')).length === 0);
  }

  /** `serve` again after killServe(), at the same address and with the same data. */
  async serveAgain() {
    this.#ended.push(this.program);
    await this.#launch();
  }

  async #launch() {
    const { args, env, deadAirAfterS, keepsSocket } = this.options;
    const { host: listen, port } = new URL(this.url);
    const [command, ...before] = keepsSocket ? ['/usr/bin/python3', HOLD_SOCKET, port, BINARY] : [BINARY];
    this.program = new Program(
      command,
      [...before, 'serve', '--listen', listen, '--data', this.data, '--media-ip', '127.0.0.1',
       '--trust-loopback', '--dead-air-after-s', `${deadAirAfterS}`, ...args],
      { cwd: ROOT, env: { SHELCASTER_ADMIN_TOKEN: this.adminToken, ...env }, folder: this.data },
    );
    const isHealthy = async () => {
      if (!this.program.isRunning) return true;
      return (await fetch(`${this.url}/healthz`)).ok;
    };
    await waitFor('the server', isHealthy);
    if (!this.program.isRunning) throw new Error(`serve ended:\n${this.program.output}`);
  }

  /** Any request; `body` is JSON unless it is bytes. Gives {status, headers, body}. */
  async request(method, path, { token = this.adminToken, body, type, headers = {} } = {}) {
    const isRaw = body === undefined || body instanceof Uint8Array || typeof body === 'string';
    const response = await fetch(this.url + path, {
      method,
      body: isRaw ? body : JSON.stringify(body),
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
        ...headers,
      },
    });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** A request that must succeed; gives its body. */
  async call(method, path, body, options = {}) {
    const answer = await this.request(method, path, { body, ...options });
    if (answer.status >= 400) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  async status(showId) {
    return this.call('GET', `/shows/${showId}/status`);
  }

  /** A show that is on the air: {showId, hostToken, callerToken, studioUrl, joinUrl, listenUrl}. */
  async makeLiveShow(title) {
    const { showId } = await this.call('POST', '/shows', { title });
    const started = await this.call('POST', `/shows/${showId}/start`);
    await waitFor('the show to be live', async () => (await this.status(showId)).status === 'LIVE');
    return { showId, ...started, ...(await this.call('GET', `/shows/${showId}/links`)) };
  }

  async stopShow(showId) {
    await this.call('POST', `/shows/${showId}/stop`);
    await waitFor('the show to stop', async () => (await this.status(showId)).status === 'STOPPED');
  }

  /** Uploads audio bytes and waits until they can be played; gives the track. */
  async importTrack(bytes, title) {
    const query = `title=${encodeURIComponent(title)}&filename=${encodeURIComponent(title)}.wav`;
    const { trackId } = await this.call('POST', `/tracks?${query}`, bytes, { type: 'audio/wav' });
    const imported = await waitFor(
      `the import of ${title}`,
      async () => {
        const track = await this.call('GET', `/tracks/${trackId}`);
        return track.status !== 'IMPORTING' && track;
      },
      { seconds: 60 },
    );
    if (imported.status !== 'READY') throw new Error(`import failed: ${JSON.stringify(imported)}`);
    return imported;
  }

  async participants(showId) {
    const answer = await this.call('GET', `/shows/${showId}/participants`);
    return Array.isArray(answer) ? answer : answer.participants;
  }

  async stop() {
    for (const program of [this.program, ...this.#ended]) await program.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}

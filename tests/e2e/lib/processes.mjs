// Starts programs so that everything they leave behind can be found again and ended, by pid.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

import { waitFor } from './wait.mjs';

const MARK = 'SHELCASTER_TEST_RUN';
const OUTPUT_MAX = 200_000;

/**
 * Processes that carry the mark in their environment, belong to the session or are called with the
 * folder, and their children: what was started, and whatever that started. Some change their
 * environment (nginx), some their session (setsid), some do both (a show's keeper).
 */
async function marked(mark, session, folder) {
  const found = new Set();
  const parents = new Map();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    const [state, parent, , itsSession] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (!state || state === 'Z') continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    const isMarked = environment.split('\0').includes(`${MARK}=${mark}`);
    const call = folder ? await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '') : '';
    parents.set(Number(pid), Number(parent));
    const isCalledSo = folder && call.includes(folder);
    if (isMarked || isCalledSo || Number(itsSession) === session) found.add(Number(pid));
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export class Program {
  #child;
  #mark = randomUUID();
  #folder;
  #output = '';

  /** `folder`: what stands in the command line of whatever it starts, if anything does. */
  constructor(command, args, { env = {}, cwd, folder } = {}) {
    this.#folder = folder;
    this.name = command.split('/').pop();
    this.#child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env, [MARK]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (bytes) => {
      this.#output = (this.#output + bytes).slice(-OUTPUT_MAX);
    };
    this.#child.stdout.on('data', keep);
    this.#child.stderr.on('data', keep);
    this.ended = new Promise((resolve) => {
      this.#child.on('exit', (code, signalName) => resolve(code ?? signalName));
      this.#child.on('error', (error) => {
        keep(`${error.message}\n`);
        resolve('not started');
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get output() {
    return this.#output;
  }

  get isRunning() {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All processes of this program that live now. */
  pids() {
    return marked(this.#mark, this.pid, this.#folder);
  }

  /** Asks all its processes to end, and kills what has not after `seconds`. */
  async stop({ seconds = 5 } = {}) {
    for (const pid of await this.pids()) signal(pid, 'SIGTERM');
    const isGone = async () => (await this.pids()).length === 0;
    await waitFor(`${this.name} to end`, isGone, { seconds }).catch(async () => {
      for (const pid of await this.pids()) signal(pid, 'SIGKILL');
      await waitFor(`${this.name} to be killed`, isGone);
    });
    if (this.pid !== undefined) await this.ended;
  }
}

/** Runs a program to its end; gives its standard output as bytes. */
export function run(command, args, { input, limitSeconds = 60 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: limitSeconds * 1000 });
    const chunks = [];
    let errors = '';
    child.stdout.on('data', (bytes) => chunks.push(bytes));
    child.stderr.on('data', (bytes) => (errors = (errors + bytes).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`${command}: ${code}: ${errors}`)),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

// Waiting for what is to come, never for time to pass.
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with the first truthy value of `probe`; rejects after `seconds`, telling what it saw last. */
export async function waitFor(what, probe, { seconds = 15, everyMs = 50 } = {}) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const saw = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${seconds} s in vain for ${what}; saw last: ${saw}`);
    }
    await pause(everyMs);
  }
}

/** A TCP port on loopback that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

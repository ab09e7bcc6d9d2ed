// What script/server says to a running Shelcaster, by its HTTP API:
//   shows.mjs start BASE DATA SERVE_PID DEMO   waits for it and puts a show on the air; prints its id
//   shows.mjs links BASE DATA SHOW             prints the links of a show
//   shows.mjs stop BASE DATA                   takes every show off the air and waits for it
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [action, base, data, ...rest] = process.argv.slice(2);

async function adminToken() {
  return (
    process.env.SHELCASTER_ADMIN_TOKEN ?? (await readFile(join(data, 'admin-token'), 'utf8')).trim()
  );
}

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${await adminToken()}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitUntil(what, condition, seconds) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await pause(100);
  }
}

async function isHealthy(pid) {
  if (!isAlive(pid)) throw new Error('shelcaster serve ended; its last lines above say why');
  try {
    return (await fetch(`${base}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function start(pid, demo) {
  await waitUntil('the server', () => isHealthy(pid), 20);
  const title = demo === 'yes' ? 'Demo show' : 'My first show';
  const { shows } = await call('GET', '/shows');
  const show = shows.find((each) => each.title === title) ?? (await call('POST', '/shows', { title }));
  const { status } = await call('GET', `/shows/${show.showId}/status`);
  if (status !== 'LIVE' && status !== 'STARTING') await call('POST', `/shows/${show.showId}/start`);
  const isLive = async () => (await call('GET', `/shows/${show.showId}/status`)).status === 'LIVE';
  await waitUntil('the show to be on the air', isLive, 30);
  console.log(show.showId);
}

async function links(showId) {
  const { studioUrl, joinUrl, listenUrl } = await call('GET', `/shows/${showId}/links`);
  console.log(`
  The show is on the air.

    Run it        ${studioUrl}
    Call in       ${joinUrl}
    Listen        ${listenUrl}

  Ctrl-C takes it off the air.
`);
}

async function stop() {
  const { shows } = await call('GET', '/shows');
  const running = shows.filter((show) => ['LIVE', 'STARTING', 'STOPPING'].includes(show.status));
  for (const show of running.filter((each) => each.status !== 'STOPPING')) {
    await call('POST', `/shows/${show.showId}/stop`);
  }
  const isOff = async (show) =>
    ['STOPPED', 'ERROR'].includes((await call('GET', `/shows/${show.showId}/status`)).status);
  await waitUntil(
    'the shows to end',
    async () => (await Promise.all(running.map(isOff))).every(Boolean),
    10,
  );
}

try {
  await { start, links, stop }[action](...rest);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}

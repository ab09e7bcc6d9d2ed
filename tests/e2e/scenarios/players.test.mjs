// Players for the web that are opened the moment a show is started: each plays by itself.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { chromium } from 'playwright-core';

import { Shelcaster } from '../lib/shelcaster.mjs';
import { waitFor } from '../lib/wait.mjs';

const SCRIPTS = {
  hls: 'hls.js/dist/hls.min.js',
  shaka: 'shaka-player/dist/shaka-player.compiled.js',
  video: 'video.js/dist/video.min.js',
};

// Their defaults, as their own pages show it.
const PAGE = `<!doctype html><title>player</title><video id="player" class="video-js"></video>
<script src="/script"></script>
<script>
  const { kind, source } = Object.fromEntries(new URL(location).searchParams);
  const element = document.getElementById('player');
  window.faults = [];
  window.stalls = 0;
  window.played = () => document.querySelector('video').currentTime;
  if (kind === 'hls') {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_, what) => what.fatal && faults.push(what.details));
    hls.loadSource(source);
    hls.attachMedia(element);
    element.play();
    const count = () => element.addEventListener('waiting', () => ++stalls);
    element.addEventListener('playing', count, { once: true });
  } else if (kind === 'shaka') {
    const player = new shaka.Player();
    player.attach(element).then(() => player.load(source)).then(() => element.play())
      .catch((error) => faults.push('code ' + error.code));
    player.addEventListener('error', (event) => faults.push('code ' + event.detail.code));
  } else {
    const player = videojs(element, { autoplay: true });
    player.on('error', () => faults.push(player.error().message));
    player.src({ src: source, type: 'application/vnd.apple.mpegurl' });
  }
</script>`;

async function servePages() {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x');
    if (url.pathname === '/script') {
      const kind = new URL(request.headers.referer).searchParams.get('kind');
      response.setHeader('Content-Type', 'text/javascript');
      response.end(await readFile(new URL(`../node_modules/${SCRIPTS[kind]}`, import.meta.url)));
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end(PAGE);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('players for the web', { timeout: 120_000 }, () => {
  let server, pages, browser;

  before(async () => {
    [server, pages] = await Promise.all([Shelcaster.start({ keepsSocket: true }), servePages()]);
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
    });
  });

  after(async () => {
    await browser?.close();
    pages?.close();
    await server?.stop();
  });

  /** `segments`: how many the show has before it is opened. */
  async function open(kind, segments = 0) {
    const page = await browser.newPage();
    const { showId } = await server.call('POST', '/shows', { title: kind });
    const { hlsUrl } = await server.call('POST', `/shows/${showId}/start`);
    const media = hlsUrl.replace('master.m3u8', 'index.m3u8');
    if (segments > 0) {
      await waitFor('segments', async () => {
        const list = await (await fetch(media)).text();
        return list.split('#EXTINF').length > segments;
      }, { seconds: 40 });
    }
    const query = new URLSearchParams({ kind, source: hlsUrl });
    await page.goto(`http://127.0.0.1:${pages.address().port}/?${query}`);
    return { page, showId };
  }

  /** Where it has come to when that is at least `seconds`. */
  function played(page, seconds) {
    return waitFor(`${seconds} s to be played`, async () => {
      const [faults, now] = await page.evaluate(() => [window.faults, window.played()]);
      assert.deepEqual(faults, []);
      return now > seconds && now;
    }, { seconds: 40 });
  }

  for (const kind of Object.keys(SCRIPTS)) {
    test(`${kind} plays a show that has just been started`, async () => {
      const { page, showId } = await open(kind);
      const at = await played(page, 6).finally(() => page.close());
      await server.call('POST', `/shows/${showId}/stop`);
      assert.ok(at > 6);
    });
  }

  test('hls.js does not notice that serve is restarted', async () => {
    // Who joins at a show's first moment has nothing in hand yet.
    const { page, showId } = await open('hls', 6);
    let at = await played(page, 5);
    await page.evaluate(() => (window.stalls = 0));
    for (let restarts = 0; restarts < 3; restarts += 1) {
      await server.restartServe();
      at = await played(page, at + 5);
    }
    assert.equal(await page.evaluate(() => window.stalls), 0);
    await page.close();
    await server.call('POST', `/shows/${showId}/stop`);
  });
});

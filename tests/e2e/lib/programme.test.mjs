import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { run } from './processes.mjs';
import { decode, HlsListener, longestGapMs, parsePlaylist, Programme } from './programme.mjs';
import { fromDb, toneDb, toneWav } from './tone.mjs';
import { waitFor } from './wait.mjs';

function stepped(hz, levelsDb) {
  const samples = new Float32Array(levelsDb.length * 48000);
  levelsDb.forEach((db, second) => {
    for (let i = second * 48000; i < (second + 1) * 48000; i++) {
      samples[i] = fromDb(db) * Math.sin((2 * Math.PI * hz * i) / 48000);
    }
  });
  return new Programme(samples, 1_000_000);
}

test('a playlist is read with numbers, times and discontinuities', () => {
  const playlist = parsePlaylist(
    [
      '#EXTM3U',
      '#EXT-X-MEDIA-SEQUENCE:7',
      '#EXT-X-MAP:URI="init-1.mp4"',
      '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.500Z',
      '#EXTINF:1.984,',
      'seg-7.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXTINF:2.0,',
      'seg-8.m4s',
      '#EXT-X-ENDLIST',
    ].join('\n'),
  );
  assert.equal(playlist.ended, true);
  assert.deepEqual(playlist.segments[0], {
    discontinuity: false,
    unixMs: Date.UTC(2026, 0, 1) + 500,
    seconds: 1.984,
    number: 7,
    uri: 'seg-7.m4s',
    init: 'init-1.mp4',
  });
  assert.equal(playlist.segments[1].number, 8);
  assert.equal(playlist.segments[1].discontinuity, true);
});

test('crossings are found within 60 ms', () => {
  const programme = stepped(440, [-90, -30, -90]);
  assert.ok(Math.abs(programme.crossing(440, 1_000_000, -40, 'above') - 1_001_000) < 60);
  assert.ok(Math.abs(programme.crossing(440, 1_001_200, -40, 'below') - 1_002_000) < 60);
  assert.equal(programme.crossing(440, 1_002_200, -40, 'above'), null);
});

test('a steady tone has no gaps and a broken one has', () => {
  assert.deepEqual(stepped(440, [-30, -30]).gaps(440, 1_000_000, 1_002_000), []);
  const broken = stepped(440, [-30, -30, -30]);
  broken.samples.fill(0, 48000, 48000 + 2400);
  const gaps = broken.gaps(440, 1_000_000, 1_003_000);
  assert.ok(longestGapMs(gaps) >= 40 && longestGapMs(gaps) <= 100, JSON.stringify(gaps));
  assert.equal(longestGapMs([]), 0);
});

test('asking beyond what was heard is an error', () => {
  assert.throws(() => stepped(440, [-30]).level(440, 999_000, 1_000_500), RangeError);
});

test('HLS made by another packager is heard as it was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shelcaster-hls-'));
  await writeFile(join(folder, 'tone.wav'), toneWav({ hz: 660, db: -24, seconds: 6 }));
  const format = '-c:a aac -b:a 128k -f hls -hls_time 2 -hls_segment_type fmp4 -hls_flags program_date_time';
  await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    join(folder, 'tone.wav'),
    ...format.split(' '),
    join(folder, 'index.m3u8'),
  ]);
  const server = createServer(async (request, response) => {
    response.end(await readFile(join(folder, request.url.slice(1))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener = new HlsListener(`http://127.0.0.1:${server.address().port}/index.m3u8`);
  await waitFor('three segments', () => listener.segments.length >= 3);
  await listener.stop();
  server.close();
  const programme = await listener.programme();
  const middle = programme.startUnixMs + 3000;
  assert.ok(Math.abs(programme.level(660, middle, middle + 1000) + 24) < 0.5);
  assert.deepEqual(listener.errors, []);
  await rm(folder, { recursive: true });
});

test('one channel and two of the same tone are equally loud', async () => {
  for (const channels of [1, 2]) {
    const samples = await decode(toneWav({ hz: 440, db: -30, seconds: 1, channels }));
    assert.equal(samples.length, 48000);
    assert.ok(Math.abs(toneDb(samples, 440) + 30) < 0.1, `${channels} channels: ${toneDb(samples, 440)}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run } from './processes.mjs';
import { decode } from './programme.mjs';
import { RtmpServer } from './rtmp_server.mjs';
import { toneDb, toneWav } from './tone.mjs';
import { waitFor } from './wait.mjs';

test('what is sent to the RTMP server can be heard in its recording', async () => {
  const server = await RtmpServer.start();
  try {
    const tone = toneWav({ hz: 880, db: -20, seconds: 3 });
    const send = '-v error -i pipe:0 -c:a aac -b:a 128k -f flv'.split(' ');
    await run('ffmpeg', [...send, `${server.url}/key`], { input: tone });
    const [recording] = await waitFor('a recording', async () => {
      const all = await server.recordings();
      return all.length > 0 && all;
    });
    const samples = await decode(recording);
    assert.ok(Math.abs(toneDb(samples, 880, 48000, 48000, 96000) + 20) < 0.5);
  } finally {
    await server.stop();
  }
});

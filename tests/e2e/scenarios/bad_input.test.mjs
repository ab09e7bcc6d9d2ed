// What a server must refuse, clearly and unharmed: each a 4xx problem document, nothing lost.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';

import { Shelcaster } from '../lib/shelcaster.mjs';
import { toneWav } from '../lib/tone.mjs';
import { waitFor } from '../lib/wait.mjs';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A JWT with the claims of another, signed by a key of one's own. */
function forged(token) {
  const [head, claims] = token.split('.');
  const signature = createHmac('sha256', 'a guess').update(`${head}.${claims}`).digest('base64url');
  return `${head}.${claims}.${signature}`;
}

/** A token whose claims were changed under its signature. */
function tampered(token, change) {
  const [head, claims, signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url')), ...change };
  return `${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
}

describe('bad input', { timeout: 120_000 }, () => {
  let server, show, other, caller, admin;

  before(async () => {
    server = await Shelcaster.start();
    admin = server.adminToken;
    show = await server.makeLiveShow('Under fire');
    other = await server.makeLiveShow('Next door');
    caller = await server.call('POST', `/shows/${show.showId}/caller-tokens`, { username: 'Cal' });
    await server.call('PUT', `/shows/${show.showId}/audio-routing`, { hostVolume: 77 });
  });

  after(async () => {
    if (process.env.KEEP_LOG && server) console.log(server.program.output);
    await server?.stop();
  });

  async function refused(method, path, status, options = {}) {
    const answer = await server.request(method, path, options);
    const told = `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`;
    assert.ok([status].flat().includes(answer.status), told);
    assert.match(answer.headers.get('content-type') ?? '', /application\/problem\+json/, told);
    assert.equal(answer.body.status, answer.status, told);
    assert.ok(answer.body.title && answer.body.detail, `${told}: says what and where`);
    return answer.body;
  }

  const routing = (body) => refused('PUT', `/shows/${show.showId}/audio-routing`, 422, { body });

  test('malformed JSON is a 400', async () => {
    for (const body of ['{', '{"title":', 'null x', '\u0000', '{"title":"a"} {', '[1', '"\\ud800"x']) {
      await refused('POST', '/shows', 400, { body });
    }
  });

  test('JSON nested without end is refused', async () => {
    await refused('POST', '/shows', [400, 413, 422], { body: '['.repeat(100_000) });
  });

  test('wrong types are a 422 that points at the field', async () => {
    const problem = await refused('POST', '/shows', 422, { body: { title: 7 } });
    assert.ok(
      problem.errors.some((error) => error.pointer === '/title'),
      JSON.stringify(problem),
    );
    for (const body of [[], 'text', null, 3]) {
      await refused('POST', '/shows', [400, 422], { body: JSON.stringify(body) });
    }
    await routing({ hostVolume: '80' });
    await routing({ compression: 'yes' });
    await routing({ limiter: { enabled: 1 } });
  });

  test('unknown fields are a 422', async () => {
    const problem = await refused('POST', '/shows', 422, { body: { title: 'a', colour: 'red' } });
    assert.ok(
      problem.errors.some((error) => error.pointer === '/colour'),
      JSON.stringify(problem),
    );
    await routing({ hostVolume: 50, bass: 11 });
  });

  test('numbers out of range are a 422', async () => {
    for (const value of [-1, 101, 1e9, 50.5]) await routing({ tracklistVolume: value });
    await routing({ limiter: { enabled: true, ceiling: 12 } });
    await routing({ compression: { enabled: true, threshold: -20, ratio: 0 } });
    const person = `/shows/${show.showId}/participants/${caller.participantId}`;
    await refused('PATCH', person, 422, { body: { volume: 1000 } });
    const { hostVolume } = await server.call('GET', `/shows/${show.showId}/audio-routing`);
    assert.equal(hostVolume, 77, 'nothing of a refused change was applied');
  });

  test('texts that are too long or empty are a 422', async () => {
    for (const title of ['', ' ', 'x'.repeat(10_000)])
      await refused('POST', '/shows', 422, { body: { title } });
    const join = `/shows/${show.showId}/join`;
    await refused('POST', join, 422, { token: show.callerToken, body: { username: 'x'.repeat(10_000) } });
  });

  test('a wrong content type is a 415', async () => {
    await refused('POST', '/shows', 415, { body: 'title=a', type: 'application/x-www-form-urlencoded' });
    await refused('POST', `/whip/${show.showId}`, 415, { token: caller.token, body: '{}' });
  });

  test('a huge body is a 413', async () => {
    await refused('POST', '/shows', 413, { body: JSON.stringify({ title: 'x'.repeat(8 * MIB) }) });
    const sdp = { token: caller.token, type: 'application/sdp', body: 'v=0\r\n' + 'a=x\r\n'.repeat(100_000) };
    await refused('POST', `/whip/${show.showId}`, [400, 413], sdp);
  });

  test('a bad SDP offer is a 400 or 422', async () => {
    for (const body of ['', 'hello', 'v=0\r\n', 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n']) {
      await refused('POST', `/whip/${show.showId}`, [400, 422], {
        token: caller.token,
        type: 'application/sdp',
        body,
      });
    }
  });

  test('no token, or one that is none, is a 401', async () => {
    for (const token of [null, 'x', 'a.b.c', `${caller.token}x`, forged(caller.token), '\u00e9']) {
      await refused('GET', `/shows/${show.showId}/participants`, 401, { token });
    }
    await refused('POST', `/whip/${show.showId}`, 401, {
      token: null,
      type: 'application/sdp',
      body: 'v=0\r\n',
    });
  });

  test('a token with changed claims is a 401', async () => {
    const later = Math.floor(Date.now() / 1000) + 10 ** 8;
    for (const change of [{ scope: 'admin' }, { exp: later }, { exp: 1 }, { showId: other.showId }]) {
      await refused('GET', `/shows/${show.showId}/links`, 401, { token: tampered(caller.token, change) });
    }
  });

  test('a caller may not command', async () => {
    const own = `/shows/${show.showId}`;
    for (const [method, path, body] of [
      ['POST', `${own}/stop`],
      ['PUT', `${own}/audio-routing`, { hostVolume: 0 }],
      ['POST', `${own}/participants/${caller.participantId}/toggle-on-air`],
      ['POST', `${own}/deck/commands`, { command: 'PLAY' }],
      ['POST', '/shows', { title: 'mine' }],
      ['DELETE', own],
    ]) {
      await refused(method, path, 403, { token: caller.token, body });
    }
  });

  test('a token of another show is a 403, whatever it may do at home', async () => {
    for (const token of [other.hostToken, other.callerToken]) {
      await refused('POST', `/shows/${show.showId}/stop`, 403, { token });
      await refused('GET', `/shows/${show.showId}/participants`, 403, { token });
    }
    const offer = { token: other.hostToken, type: 'application/sdp', body: 'v=0\r\n' };
    await refused('POST', `/whip/${show.showId}`, 403, offer);
  });

  test('an invitation can do nothing but join', async () => {
    await refused('POST', `/shows/${show.showId}/stop`, 403, { token: show.callerToken });
    const offer = { token: show.callerToken, type: 'application/sdp', body: 'v=0\r\n' };
    await refused('POST', `/whip/${show.showId}`, 403, offer);
  });

  test('what does not exist is a 404, and a wrong method a 405', async () => {
    await refused('GET', '/shows/show-000000000000/status', 404);
    await refused('GET', '/tracks/track-000000000000', 404);
    await refused('POST', `/shows/${show.showId}/participants/part-000000000000/kick`, 404);
    await refused('GET', '/live/show-000000000000/index.m3u8', 404);
    await refused('DELETE', '/shows', 405);
  });

  test('a path that climbs out finds nothing', async () => {
    for (const path of [
      '/live/..%2f..%2fadmin-token/x',
      `/live/${show.showId}/..%2f..%2f..%2fadmin-token`,
      '/..%2f..%2fetc/passwd',
    ]) {
      const answer = await server.request('GET', path, { token: null });
      assert.ok(!String(answer.body).includes(admin), path);
      assert.ok(!String(answer.body).includes('root:'), path);
      assert.ok(answer.status < 500, `${path}: ${answer.status}`);
    }
  });

  test('an illegal transition is a 409 that says what is allowed', async () => {
    const problem = await refused('POST', `/shows/${show.showId}/start`, 409);
    assert.ok(problem.allowed, JSON.stringify(problem));
    await refused('DELETE', `/shows/${show.showId}`, 409);
  });

  test('a broken media file is a track that failed, with its reason', async () => {
    const wav = toneWav({ hz: 440, db: -20, seconds: 1 });
    const garbage = Buffer.alloc(200_000, 0x5a);
    const cut = wav.subarray(0, 44);
    for (const [name, bytes] of [
      ['garbage', garbage],
      ['cut', cut],
      ['text', Buffer.from('not a sound')],
    ]) {
      const options = { body: bytes, type: 'audio/mpeg' };
      const answer = await server.request('POST', `/tracks?title=${name}&filename=${name}.mp3`, options);
      if (answer.status !== 202) {
        assert.ok(answer.status >= 400 && answer.status < 500, `${name}: ${answer.status}`);
        continue;
      }
      const track = await waitFor(`${name} to fail`, async () => {
        const now = await server.call('GET', `/tracks/${answer.body.trackId}`);
        return now.status !== 'IMPORTING' && now;
      });
      assert.equal(track.status, 'FAILED', name);
      assert.ok(track.error, name);
    }
    const empty = { body: Buffer.alloc(0), type: 'audio/wav' };
    const answer = await server.request('POST', '/tracks?title=empty', empty);
    assert.ok(answer.status >= 400 && answer.status < 500, `empty: ${answer.status}`);
  });

  test('private addresses are refused as sources of media', async () => {
    for (const url of [
      'http://127.0.0.1:1/a.mp3',
      'http://[::1]/a.mp3',
      'http://169.254.169.254/latest',
      'http://10.0.0.1/a.mp3',
      'file:///etc/passwd',
      'ftp://example.org/a.mp3',
      'http://localhost/a',
    ]) {
      const answer = await server.request('POST', '/tracks', { body: { url, title: 'x' } });
      if (answer.status === 202) {
        const isDone = async () => {
          const now = await server.call('GET', `/tracks/${answer.body.trackId}`);
          return now.status !== 'IMPORTING' && now;
        };
        assert.equal((await waitFor('the refusal', isDone)).status, 'FAILED', url);
      } else {
        assert.ok(answer.status >= 400 && answer.status < 500, `${url}: ${answer.status}`);
      }
    }
  });

  test('an upload of 2 GB is refused at its head', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const answer = await new Promise((resolve, reject) => {
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes;
        if (text.includes('\r\n\r\n')) resolve(text);
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
      socket.write(
        `POST /tracks?title=huge HTTP/1.1\r\nHost: ${hostname}:${port}\r\n` +
          `Authorization: Bearer ${admin}\r\n` +
          `Content-Type: audio/wav\r\nContent-Length: ${2 * GIB}\r\n\r\n`,
      );
    });
    socket.destroy();
    assert.match(answer, /^HTTP\/1\.1 413 /);
  });

  test('bytes that are no HTTP do no harm', async () => {
    const { hostname, port } = new URL(server.url);
    for (const bytes of [
      '\x16\x03\x01\x02\x00\x01',
      'GET\r\n\r\n',
      `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      'POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => {
        socket.on('error', resolve);
        socket.on('close', resolve);
        socket.on('data', () => {});
        socket.end(bytes, 'latin1');
        socket.setTimeout(3000, () => socket.destroy());
      });
    }
  });

  test('after all this the shows are still on the air and nothing is lost', async () => {
    assert.equal((await server.status(show.showId)).status, 'LIVE');
    assert.equal((await server.status(other.showId)).status, 'LIVE');
    const routingNow = await server.call('GET', `/shows/${show.showId}/audio-routing`);
    assert.equal(routingNow.hostVolume, 77);
    assert.equal((await server.participants(show.showId)).filter((row) => row.username === 'Cal').length, 1);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const playlist = `${server.url}/live/${show.showId}/index.m3u8`;
    const first = await (await fetch(playlist)).text();
    await waitFor('HLS to go on', async () => (await (await fetch(playlist)).text()) !== first);
    assert.ok(server.program.isRunning);
  });
});

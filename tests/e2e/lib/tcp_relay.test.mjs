import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { TcpRelay } from './tcp_relay.mjs';

let server, relay;
before(async () => {
  server = createServer((_, response) => response.end('here'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  relay = await TcpRelay.start(server.address().port);
});
after(async () => {
  await relay.stop();
  server.close();
});

test('a relay carries requests, until it is cut, and again when it is restored', async () => {
  const ask = async () => (await fetch(`http://127.0.0.1:${relay.port}/`)).text();
  assert.equal(await ask(), 'here');
  relay.cut();
  await assert.rejects(ask());
  relay.restore();
  assert.equal(await ask(), 'here');
});

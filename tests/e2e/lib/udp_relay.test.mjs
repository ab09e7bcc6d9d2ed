import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';

import { UdpRelay } from './udp_relay.mjs';

test('a relay carries datagrams both ways, until it is cut, and then from another address', async () => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  const page = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(page, 'listening')]);
  const relay = await UdpRelay.start();
  try {
    const { port } = server.address();
    const line = relay.rewrite(`a=candidate:1 1 udp 1 192.0.2.1 ${port} typ host\r\n`);
    const [, relayPort] = /127\.0\.0\.1 (\d+) typ host\r\n$/.exec(line);
    page.send('one', Number(relayPort), '127.0.0.1');
    const [one, before] = await once(server, 'message');
    assert.equal(one.toString(), 'one');
    server.send('two', before.port, '127.0.0.1');
    assert.equal((await once(page, 'message'))[0].toString(), 'two');

    relay.cut();
    page.send('lost', Number(relayPort), '127.0.0.1');
    await relay.restore();
    page.send('three', Number(relayPort), '127.0.0.1');
    const [three, after] = await once(server, 'message');
    assert.notEqual(after.port, before.port);
    assert.match(three.toString(), /three|lost/);
  } finally {
    relay.stop();
    server.close();
    page.close();
  }
});

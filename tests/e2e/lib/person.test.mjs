import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { Person } from './person.mjs';

const PAGE = `<!doctype html><script type="module">
  const media = await navigator.mediaDevices.getUserMedia({ audio: true });
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  a.addTrack(media.getAudioTracks()[0], media);
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
</script>`;

test("a person's tone goes through WebRTC and is heard at its level", async () => {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(PAGE);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const person = await Person.start({ name: 'Ada', hz: 660, db: -30 });
  try {
    await person.page.goto(`http://127.0.0.1:${server.address().port}/`);
    await person.hear(2);
    const { whole, usual } = await person.hearTones([440, 660], 2);
    for (const tones of [whole, usual]) {
      assert.ok(Math.abs(tones.get(660) + 30) < 1, `660 Hz: ${tones.get(660)} dB`);
    }
    assert.ok(whole.get(440) < -80, `440 Hz: ${whole.get(440)} dB`);
    assert.deepEqual(person.errors, []);
  } finally {
    await person.stop();
    server.close();
  }
});

// Takes a picture of each page of a running show: node screenshots.mjs DIR
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { JoinPage, ListenPage, StudioPage } from './lib/pages.mjs';
import { Person } from './lib/person.mjs';
import { Shelcaster } from './lib/shelcaster.mjs';
import { toneWav } from './lib/tone.mjs';
import { waitFor } from './lib/wait.mjs';

const folder = process.argv[2];
if (!folder) throw new Error('usage: screenshots.mjs DIR');
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 414, height: 800 };

const people = [];
async function person(name, hz, viewport, db = -18) {
  const made = await Person.start({ name, hz, db, viewport });
  people.push(made);
  return made;
}

async function picture(of, name) {
  await mkdir(folder, { recursive: true });
  await of.page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
  console.log(join(folder, `${name}.png`));
}

const server = await Shelcaster.start();
try {
  const show = await server.makeLiveShow('Saturday Night Shells');
  for (const [title, hz] of [
    ['Low Tide', 220],
    ['Harbour Lights', 330],
    ['Sand in the Reel', 294],
  ]) {
    const track = await server.importTrack(toneWav({ hz, db: -20, seconds: 200, channels: 2 }), title);
    await server.call('POST', `/shows/${show.showId}/queue`, { trackId: track.trackId });
  }
  await server.call('POST', `/shows/${show.showId}/deck/commands`, { command: 'PLAY' });

  const studio = new StudioPage(await person('Hanna', 440, DESK), show.studioUrl);
  const ada = new JoinPage(await person('Ada', 660, PHONE), show.joinUrl);
  const bob = new JoinPage(await person('Bob', 880, PHONE), show.joinUrl);
  const listen = new ListenPage(await person('Lee', null, PHONE), show.listenUrl);

  await ada.open();
  await ada.person.byId('join-name').fill('Ada');
  await picture(ada.person, 'join');
  await Promise.all([studio.open(), bob.open(), listen.open()]);
  await Promise.all([studio.join(), ada.join(), bob.join()]);
  const rows = await waitFor('three people', async () => {
    const now = await server.participants(show.showId);
    return now.filter((row) => row.isPublishing).length === 3 && now;
  });
  await studio.setOnAir(rows.find((row) => row.username === 'Ada').participantId, true);
  await ada.waitForOnAir(true);
  await listen.play();
  await studio.person.hear(2);
  await picture(studio.person, 'studio');
  await picture(ada.person, 'join-on-air');
  await picture(listen.person, 'listen');
} finally {
  await Promise.allSettled(people.map((one) => one.stop()));
  await server.stop();
}

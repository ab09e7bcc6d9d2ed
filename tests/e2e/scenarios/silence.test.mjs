// A programme that falls silent, as the desk sees it: what plays in its place, and silence that is meant,
// declared and ended by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { StudioPage } from '../lib/pages.mjs';
import { Person } from '../lib/person.mjs';
import { Shelcaster } from '../lib/shelcaster.mjs';
import { waitFor } from '../lib/wait.mjs';

const PHONE = { width: 390, height: 844 };

describe('a silent programme', { timeout: 120_000 }, () => {
  const people = [];
  let server, show;

  async function open(name, viewport) {
    const person = await Person.start({ name, viewport });
    people.push(person);
    const studio = new StudioPage(person, show.studioUrl);
    await studio.open();
    return person;
  }

  const fallback = async () =>
    (await server.call('GET', `/shows/${show.showId}/composition/health`)).deadAir.fallback;

  before(async () => {
    server = await Shelcaster.start({ deadAirAfterS: 2 });
    show = await server.makeLiveShow('Quiet Night');
  });

  after(async () => {
    await Promise.allSettled(people.map((one) => one.stop()));
    await server?.stop();
  });

  for (const [name, viewport] of [
    ['Hanna', undefined],
    ['Hugo with a phone', PHONE],
  ]) {
    test(`is told to ${name}, who declares silence and ends it`, async () => {
      const person = await open(name, viewport);
      const { page } = person;
      const told = person.byId('alert-dead_air');
      await told.waitFor({ timeout: 15_000 });
      assert.match(await told.innerText(), /The programme has been silent; the standby music is playing\./);
      assert.equal(await fallback(), 'bed');

      await person.byId('silence-minutes').selectOption('5');
      await person.byId('silence-minutes').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await person.byId('silence-declared').waitFor();
      assert.match(
        await person.byId('silence-declared').innerText(),
        /Silence is declared until .*[45]:\d\d left/s,
      );
      await told.waitFor({ state: 'detached' });
      assert.equal(await fallback(), null);

      await person.byId('silence-end').focus();
      await page.keyboard.press('Enter');
      await person.byId('silence-declare').waitFor();
      await told.waitFor({ timeout: 15_000 });

      await person.byId('silence-is-meant').click();
      await person.byId('silence-declared').waitFor();
      await waitFor('the music to go', async () => (await fallback()) === null);
      await person.byId('silence-end').click();
      assert.deepEqual(person.errors, []);
    });
  }
});

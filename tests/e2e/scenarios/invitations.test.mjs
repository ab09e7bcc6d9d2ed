// Whom a link lets in, and what removing somebody does and doesn't: the pages say what is so.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { JoinPage, StudioPage } from '../lib/pages.mjs';
import { Person } from '../lib/person.mjs';
import { Shelcaster } from '../lib/shelcaster.mjs';
import { waitFor } from '../lib/wait.mjs';

const QUICK = { timeout: 15_000 };

describe('invitations and removals', { timeout: 180_000 }, () => {
  let server, show, hanna, studio;

  /** Somebody else at the same machine: a browser that knows nothing yet. */
  async function stranger(name) {
    const context = await hanna.browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    return { name, page, byId: (id) => page.getByTestId(id), close: () => context.close() };
  }
  const tryToJoin = async (person, url) => {
    const join = new JoinPage(person, url);
    await join.open();
    await person.byId('join-name').fill(person.name);
    await person.byId('join-button').click();
    return join;
  };

  before(async () => {
    server = await Shelcaster.start();
    show = await server.makeLiveShow('Links');
    hanna = await Person.start({ name: 'Hanna', hz: 440, viewport: { width: 1440, height: 1000 } });
    studio = new StudioPage(hanna, show.studioUrl);
    await studio.open();
  });

  after(async () => {
    await hanna?.stop();
    await server?.stop();
  });

  test('the link for any caller can be replaced, and the old one says so', async () => {
    await hanna.byId('invite').click();
    const link = hanna.byId('invite-link');
    const old = await waitFor('the link', async () => {
      const value = await link.inputValue();
      return value.startsWith(server.url) && value;
    });
    await hanna.byId('links-rotate').click();
    await hanna.byId('confirm').click();
    const fresh = await waitFor('another link', async () => {
      const value = await link.inputValue();
      return value !== old && value;
    });
    const late = await stranger('Late');
    await late.page.goto(old);
    await late.page.getByText('This link doesn’t open the show').waitFor(QUICK);
    const again = await tryToJoin(late, fresh);
    await again.waitForStatus('connected');
    await late.close();
    show.joinUrl = fresh;
  });

  test('a co-host is offered no way to remove the owner', async () => {
    const { studioUrl } = await server.call('POST', `/shows/${show.showId}/host-tokens`, {
      username: 'Grace',
    });
    const owner = (await server.participants(show.showId)).find((one) => one.isOwner);
    const grace = await stranger('Grace');
    await grace.page.goto(studioUrl);
    const cross = grace.byId(`kick-${owner.participantId}`);
    await cross.waitFor(QUICK);
    assert.equal(await cross.getAttribute('aria-disabled'), 'true');
    assert.match(await cross.getAttribute('aria-label'), /owns the show/);
    await grace.close();
  });

  test('whoever is removed may come back by the link for any caller, unless they are kept out', async () => {
    const remove = async (name, isBanned) => {
      const row = hanna.page.locator('li.person', { hasText: name });
      await row.locator('.kick').click(QUICK);
      const dialog = hanna.page.getByRole('dialog');
      assert.match(await dialog.innerText(), /With the link for any caller they can still join/);
      if (isBanned) await hanna.byId('kick-ban').check();
      if (isBanned) assert.match(await dialog.innerText(), /The link for any caller stops working/);
      await hanna.byId('confirm').click();
    };
    const first = await stranger('Mallory');
    const joined = await tryToJoin(first, show.joinUrl);
    await joined.waitForStatus('connected');
    await remove('Mallory', false);
    await joined.waitForStatus('kicked');
    // A refresh lets nobody in unasked; the press does, as somebody else for the desk.
    await first.page.reload();
    await joined.waitForStatus('kicked');
    const was = await joined.seat();
    await first.byId('join-anew').click();
    await joined.join();
    assert.notEqual((await joined.seat()).participantId, was.participantId);
    await first.close();

    const second = await stranger('Trudy');
    const back = await tryToJoin(second, show.joinUrl);
    await back.waitForStatus('connected');
    await remove('Trudy', true);
    await back.waitForStatus('kicked');
    // The panel has been open since before: it tells of the new ban by itself.
    await hanna.byId('bans-lift').waitFor(QUICK);
    await second.close();

    const third = await stranger('Oscar');
    await tryToJoin(third, show.joinUrl);
    await third.byId('messages').getByRole('alert').waitFor(QUICK);
    assert.equal(await third.byId('join-status').count(), 0);

    await hanna.byId('invite-name').fill('Nemo');
    await hanna.byId('invite-create').click();
    await hanna.byId('invite-named-link').waitFor(QUICK);
    const { participantId } = await waitFor('the seat', async () =>
      (await server.participants(show.showId)).find((one) => one.username === 'Nemo'),
    );
    await hanna.byId(`kick-${participantId}`).click(QUICK);
    await hanna.byId('kick-ban').check();
    await hanna.byId('confirm').click();
    await hanna.byId('messages').getByText('No address of theirs is known').waitFor(QUICK);
    // What opens nothing any more isn't there to be copied.
    await waitFor('the link to go', async () => (await hanna.byId('invite-named-link').count()) === 0);
    await third.close();
    assert.deepEqual(hanna.errors, []);
  });
});

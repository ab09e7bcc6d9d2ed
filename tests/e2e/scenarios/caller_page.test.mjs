// What a caller's page says is so, on old phones too; and a link does what it can, however it arrives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { JoinPage, ListenPage, StudioPage } from '../lib/pages.mjs';
import { Person } from '../lib/person.mjs';
import { Shelcaster } from '../lib/shelcaster.mjs';
import { waitFor } from '../lib/wait.mjs';

const PHONE = { width: 390, height: 844 };

/** Runs before the page's own scripts: a browser as phones of 2021 have it (Safari 15.0, Chrome 90). */
function takeNewApisAway() {
  const remove = (object, ...names) => names.forEach((name) => object && delete object[name]);
  remove(AbortSignal, 'timeout', 'any');
  remove(Array.prototype, 'at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with');
  remove(String.prototype, 'at', 'isWellFormed', 'toWellFormed');
  remove(Object, 'hasOwn', 'groupBy');
  remove(Promise, 'withResolvers', 'try');
  remove(Array, 'fromAsync');
  remove(Map, 'groupBy');
  remove(window, 'structuredClone', 'scheduler', 'navigation', 'reportError');
  remove(Crypto.prototype, 'randomUUID');
  remove(Navigator.prototype, 'wakeLock', 'permissions', 'connection');
  remove(HTMLDialogElement.prototype, 'showModal', 'show');
  remove(Element.prototype, 'checkVisibility');
  remove(HTMLElement.prototype, 'showPopover', 'togglePopover');
  Object.defineProperty(URLSearchParams.prototype, 'size', { value: undefined });
}

describe('the page of a caller', { timeout: 240_000 }, () => {
  const people = [];
  let server, show, studio, ada, gran, seat;

  async function person(name, hz, viewport = PHONE) {
    const made = await Person.start({ name, hz, viewport });
    people.push(made);
    return made;
  }
  const desk = (id) => studio.person.byId(id);
  const sign = () => ada.person.byId('on-air-indicator');
  const waitForAir = (state) =>
    waitFor(`the sign to be ${state}`, async () => {
      const is = await sign().getAttribute('data-air');
      if (is !== state) throw new Error(`it is ${is}`);
      return true;
    });
  const rowOf = async (participantId) =>
    (await server.participants(show.showId)).find((one) => one.participantId === participantId);

  before(async () => {
    server = await Shelcaster.start();
    show = await server.makeLiveShow('Calls');
    studio = new StudioPage(await person('Hanna', 440, { width: 1440, height: 900 }), show.studioUrl);
    ada = new JoinPage(await person('Ada', 660), show.joinUrl);
    gran = await person('Gran', 880);
  });

  after(async () => {
    if (process.env.KEEP_LOG && server) console.log(server.program.output);
    await Promise.allSettled(people.map((one) => one.stop()));
    await server?.stop();
  });

  test('has no token in its address', async () => {
    await ada.open();
    const { page } = ada.person;
    const bare = show.joinUrl.replace(/#.*/, '');
    assert.equal(await page.evaluate(() => location.href), bare);
    // An address of before has it in the query; one that is opened in the same tab loads the page anew.
    for (const link of [show.joinUrl.replace('#', '?'), show.joinUrl]) {
      await page.goto(link);
      await waitFor('the bare address', async () => (await page.evaluate(() => location.href)) === bare);
    }
    await page.reload();
    await ada.person.byId('join-name').waitFor();
    await ada.join();
    seat = (await ada.seat()).participantId;
  });

  test('says that everybody hears a caller only while it is so', async () => {
    await studio.open();
    await studio.join();
    await studio.setOnAir(seat, true);
    await waitForAir('air');
    assert.match(await sign().innerText(), /ON AIR\s+Everybody hears you/);

    const change = (part) => server.call('PATCH', `/shows/${show.showId}/participants/${seat}`, part);
    const mix = (part) => server.call('PUT', `/shows/${show.showId}/audio-routing`, part);
    for (const [state, words, make, undo] of [
      [
        'muted',
        /the host has muted you: nobody hears you/,
        () => change({ muted: true }),
        () => change({ muted: false }),
      ],
      [
        'faded',
        /turned you down: nobody hears you/,
        () => change({ volume: 0 }),
        () => change({ volume: 100 }),
      ],
      ['faded', /turned you down/, () => mix({ callersVolume: 0 }), () => mix({ callersVolume: 80 })],
      ['faded', /turned you down/, () => mix({ masterVolume: 0 }), () => mix({ masterVolume: 100 })],
    ]) {
      await make();
      await waitForAir(state);
      assert.match(await sign().innerText(), words);
      assert.doesNotMatch(await sign().innerText(), /Everybody|ON AIR/);
      const row = desk(`participant-row-${seat}`);
      await waitFor('the desk to say it', async () => (await row.getAttribute('data-air')) === state);
      await undo();
      await waitForAir('air');
    }
  });

  test('tells the desk of a mute of the caller’s own, which a refresh keeps', async () => {
    const mute = ada.person.page.getByRole('button', { name: /^Muted?$/ });
    assert.equal(await mute.getAttribute('aria-pressed'), 'false');
    await mute.click();
    await waitForAir('self-muted');
    assert.match(await sign().innerText(), /you muted yourself: nobody hears you/);
    const row = desk(`participant-row-${seat}`);
    await waitFor('the desk to see it', async () => (await row.getAttribute('data-air')) === 'self-muted');
    await ada.refresh();
    await waitForAir('self-muted');
    assert.equal(await mute.getAttribute('aria-pressed'), 'true');
    await mute.click();
    await waitForAir('air');
  });

  test('takes a caller off the air by Leave and brings nobody back by itself', async () => {
    await ada.person.byId('leave-button').click();
    await ada.waitForStatus('left');
    await waitFor('Ada to be off the air', async () => !(await rowOf(seat))?.isOnAir);
    await ada.person.page.reload();
    await ada.person.byId('join-name').waitFor();
    await ada.person.byId('join-button').click();
    await ada.waitForStatus('connected');
    assert.equal((await ada.seat()).participantId, seat);
    assert.equal(await sign().getAttribute('data-on-air'), 'false');
    assert.equal((await rowOf(seat)).isOnAir, false);
  });

  test('and the one of a listener work on a phone of 2021', async () => {
    await gran.page.addInitScript(takeNewApisAway);
    const join = new JoinPage(gran, show.joinUrl);
    await join.open();
    await join.join();
    await gran.byId('join-mute').click();
    const listen = new ListenPage(gran, show.listenUrl);
    await listen.open();
    await listen.play();
    const styles = await gran.page.evaluate(async () => {
      const sheets = [...document.querySelectorAll('link[rel=stylesheet]')].map((link) => link.href);
      return (await Promise.all(sheets.map(async (href) => (await fetch(href)).text()))).join('\n');
    });
    assert.ok(styles.length > 0);
    // What these browsers take for a mistake, and then leave the rule out.
    assert.doesNotMatch(styles, /@media[^{]*[<>]|color-mix|:has\(|@layer|(^|[;{])(rotate|translate|scale):/);
    assert.deepEqual(gran.errors, []);
  });

  test('a link with a character too many works, and a broken one says so and spoils nothing', async () => {
    const context = await gran.browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const says = async (url, pattern) => {
      // From another address each time: a changed fragment alone would not load the page.
      await page.goto('about:blank');
      await page.goto(url);
      await waitFor(
        `${url} to say ${pattern}`,
        async () => pattern.test(await page.locator('body').innerText()),
        { seconds: 30 },
      );
    };
    const studioSays = /Calls/;
    const joinSays = /Your name/;
    const spoilt = [
      (url) => `${url})`,
      (url) => `${url}>`,
      (url) => `${url}"`,
      (url) => `${url},`,
      (url) => `${url}.`,
      (url) => `${url.slice(0, -10)}%20${url.slice(-10)}`,
    ];
    for (const spoil of spoilt) {
      await says(spoil(show.studioUrl), studioSays);
      await says(spoil(show.joinUrl), joinSays);
    }
    const cut = (url) => url.slice(0, -10);
    await says(cut(show.studioUrl), /This studio link doesn’t work/);
    await page.getByTestId('studio-known').click();
    await waitFor('the studio', async () => studioSays.test(await page.locator('body').innerText()));
    // Remembered is what worked.
    await says(show.studioUrl.replace(/#.*/, ''), studioSays);
    await context.clearCookies();
    await page.evaluate(() => {
      localStorage.clear();
      sessionStorage.clear();
    });
    await says(show.studioUrl.replace(/token=.*/, 'token='), /lost its token/);
    await says(show.joinUrl.replace(/token=.*/, 'token='), /This link is incomplete/);
    // Before anybody has filled in a form for it.
    await says(cut(show.joinUrl), /This link doesn’t open the show/);
    assert.equal(await page.getByTestId('join-name').count(), 0);
    assert.deepEqual(errors, []);
    await context.close();
  });
});

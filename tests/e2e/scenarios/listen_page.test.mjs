// The listener's page: a pause is one, and a show that is over is over.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ListenPage } from '../lib/pages.mjs';
import { Person } from '../lib/person.mjs';
import { Shelcaster } from '../lib/shelcaster.mjs';
import { waitFor } from '../lib/wait.mjs';

describe('the page of a listener', { timeout: 180_000 }, () => {
  let server, show, lee, listen;

  const button = () => lee.byId('listen-play');
  const audio = (what) => lee.byId('listen-audio').evaluate(what);
  const waitForState = (state) =>
    waitFor(
      `the player to be ${state}`,
      async () => {
        const is = await button().getAttribute('data-state');
        if (is !== state) throw new Error(`it is ${is}`);
        return true;
      },
      { seconds: 60 },
    );

  /** How many there have been. */
  const segments = async () => {
    const list = await (await fetch(`${server.url}/live/${show.showId}/index.m3u8`)).text();
    return Number(/MEDIA-SEQUENCE:(\d+)/.exec(list)[1]) + list.match(/#EXTINF/g).length;
  };

  before(async () => {
    server = await Shelcaster.start();
    show = await server.makeLiveShow('Listening');
    lee = await Person.start({
      name: 'Lee',
      viewport: { width: 390, height: 844 },
    });
    listen = new ListenPage(lee, show.listenUrl);
    await listen.open();
    await listen.play();
  });

  after(async () => {
    await lee?.stop();
    await server?.stop();
  });

  test('shows what plays, by whom', async () => {
    await lee.page.route('**/public', async (route) => {
      const response = await route.fetch();
      const nowPlaying = {
        title: 'Low Tide',
        artist: 'The Shells',
        album: 'Reef',
        coverUrl: null,
      };
      await route.fulfill({
        response,
        json: { ...(await response.json()), nowPlaying },
      });
    });
    await lee.waitForText('now-playing', /Low Tide\s+The Shells · Reef/);
    const told = () => lee.page.evaluate(() => navigator.mediaSession.metadata.artist);
    await waitFor('the lock screen to know it', async () => (await told()) === 'The Shells');
    await lee.page.unroute('**/public');
  });

  test('shows a pause by a media key as one, and resumes at the live edge', async () => {
    await audio((element) => element.pause());
    await waitForState('paused');
    assert.match(await lee.byId('listen-state').innerText(), /Paused/);
    assert.equal(await button().getAttribute('aria-label'), 'Listen');
    const pausedAt = await segments();
    await waitFor('the show to go on without the listener', async () => (await segments()) > pausedAt + 6, {
      seconds: 60,
    });
    await audio((element) => element.play());
    await waitForState('playing');
    await lee.waitForText('listen-delay', /about ([1-9]|1[0-2]) s behind the studio/);
  });

  test('says that the show is over and plays nothing twice', async () => {
    await server.stopShow(show.showId);
    await waitForState('off-air');
    assert.match(await lee.byId('listen-state').innerText(), /The show is over/);
    await assert.rejects(
      waitFor('sound after the end', async () => (await button().getAttribute('data-state')) === 'playing', {
        seconds: 8,
      }),
    );
    assert.equal(await audio((element) => element.paused), true);
  });

  test('takes the show up again when it goes on', async () => {
    await server.call('POST', `/shows/${show.showId}/start`);
    await waitForState('playing');
  });

  test('offers nothing to wait for once a listener has stopped', async () => {
    await button().click();
    await waitForState('idle');
    assert.deepEqual(lee.errors, []);
  });
});

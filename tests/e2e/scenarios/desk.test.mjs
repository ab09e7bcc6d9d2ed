// A desk that people can trust under their hands: nothing moves by itself, keys mean what they meant, and
// what can't be taken back is asked.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { JoinPage, StudioPage } from '../lib/pages.mjs';
import { Person } from '../lib/person.mjs';
import { Shelcaster } from '../lib/shelcaster.mjs';
import { TcpRelay } from '../lib/tcp_relay.mjs';
import { toneWav } from '../lib/tone.mjs';
import { freePort, waitFor } from '../lib/wait.mjs';

const QUICK = { timeout: 15_000 };

describe('a desk', { timeout: 240_000 }, () => {
  const people = [];
  let server, show, studio, ada, bob, seats;

  async function person(name, hz) {
    const made = await Person.start({
      name,
      hz,
      viewport: { width: 1440, height: 1000 },
    });
    people.push(made);
    return made;
  }
  const desk = (id) => studio.person.byId(id);
  const row = (name) => desk(`participant-row-${seats[name]}`);
  const toggle = (name) => desk(`on-air-toggle-${seats[name]}`);
  const isOnAir = async (name) =>
    (await server.participants(show.showId)).find((one) => one.participantId === seats[name]).isOnAir;
  const focused = () => studio.person.page.evaluate(() => document.activeElement?.dataset.testid ?? '');
  const press = (key) => studio.person.page.keyboard.press(key);

  before(async () => {
    server = await Shelcaster.start({ deadAirAfterS: 3, args: ['--allow-private-destinations'] });
    const { showId } = await server.call('POST', '/shows', { title: 'Desk' });
    show = { showId, ...(await server.call('GET', `/shows/${showId}/links`)) };
    studio = new StudioPage(await person('Hanna', 440), show.studioUrl);
    ada = new JoinPage(await person('Ada', 660), show.joinUrl);
    bob = new JoinPage(await person('Bob', 880), show.joinUrl);
  });

  after(async () => {
    if (process.env.KEEP_LOG && server) console.log(server.program.output);
    await Promise.allSettled(people.map((one) => one.stop()));
    await server?.stop();
  });

  test('shows before the show who waits, lights no sign, and lets the host check a microphone', async () => {
    await Promise.all([studio.open(), ada.open()]);
    await ada.person.byId('join-name').fill('Ada');
    await ada.person.byId('join-button').click();
    await ada.waitForStatus('waiting');
    await studio.person.page.locator('li.person', { hasText: 'Ada' }).getByText('Waiting').waitFor(QUICK);
    const host = studio.person.page.locator('li.person', { hasText: 'Host' });
    assert.equal(await host.getAttribute('data-air'), 'ready');
    await desk('mic-check').click();
    await waitFor('the meter to move', async () => {
      const peak = Number(await desk('meter-preview').getAttribute('data-peak-db'));
      return peak > -60;
    });
    await waitFor('a choice of microphones', () => desk('mic-device').isEnabled());
    await desk('mic-check').click();
  });

  test('comes in with two callers', async () => {
    await desk('studio-start').click();
    await waitFor('the show', async () => (await server.status(show.showId)).status === 'LIVE');
    await bob.open();
    await Promise.all([studio.join(), bob.join(), ada.waitForStatus('connected')]);
    const rows = await server.participants(show.showId);
    seats = Object.fromEntries(
      rows.map((one) => [one.role === 'HOST' ? 'Host' : one.username, one.participantId]),
    );
    await row('Bob').waitFor(QUICK);
  });

  test('keeps the focus on what the keyboard used, so that the next key means the same', async () => {
    const control = studio.person.page.getByRole('button', {
      name: /^Ada: (on|off) air/i,
    });
    await control.focus();
    // While a press is being answered the next one rests: wait for the page, as a person does.
    const waitForToggle = (pressed) =>
      waitFor(`the toggle to be pressed: ${pressed}`, async () => {
        const isAt = (await control.getAttribute('aria-pressed')) === pressed;
        return isAt && (await control.getAttribute('aria-disabled')) === null;
      });
    for (const pressed of ['true', 'false', 'true']) {
      await press('Space');
      await waitForToggle(pressed);
      assert.equal(await focused(), `on-air-toggle-${seats.Ada}`);
      assert.equal(String(await isOnAir('Ada')), pressed);
    }
    await ada.waitForOnAir(true);
  });

  test('leaves no focus on the opposite of what a key has just done', async () => {
    for (const [pressed, opposite] of [
      ['mic-leave', 'mic-join'],
      ['mic-join', 'mic-leave'],
    ]) {
      await desk(pressed).focus();
      await press('Enter');
      await desk(opposite).waitFor(QUICK);
      await waitFor('the heading to have the focus', async () => {
        const is = await studio.person.page.evaluate(() => document.activeElement?.textContent ?? '');
        return is.trim() === 'Your microphone';
      });
    }
    // The space bar is the deck's, whose queue is empty, and the page says so.
    await press('Space');
    await desk('messages').getByText('The queue is empty: add a track first.').waitFor(QUICK);
    assert.equal(await desk('mic-leave').count(), 1);
  });

  test('resets volumes and leaves everybody on the air', async () => {
    await server.call('PUT', `/shows/${show.showId}/audio-routing`, {
      callersVolume: 40,
      masterVolume: 50,
    });
    await studio.person.page.getByRole('button', { name: 'Reset' }).click();
    const routing = await waitFor('the default volumes', async () => {
      const now = await server.call('GET', `/shows/${show.showId}/audio-routing`);
      return now.callersVolume === 80 && now.masterVolume === 100 && now;
    });
    assert.deepEqual(routing.onAirCallerIds, [seats.Ada]);
  });

  test('does not act on single keys from a list or a fader, nor when they are switched off', async () => {
    await desk('mic-device').focus();
    await press('1');
    await desk('fader-master').focus();
    await press('1');
    await studio.person.page.evaluate(() => document.activeElement.blur());
    await desk('keys-on').uncheck();
    await studio.person.page.evaluate(() => document.activeElement.blur());
    await press('1');
    await desk('keys-on').check();
    await studio.person.page.evaluate(() => document.activeElement.blur());
    // Keys are taken in order: once the second has been seen, the first would have been.
    await press('2');
    await waitFor('Bob on the air', () => isOnAir('Bob'));
    assert.equal(await isOnAir('Ada'), true);
    await press('2');
    await waitFor('Bob off the air', async () => !(await isOnAir('Bob')));
  });

  test('stands still while an alert comes, and says it', async () => {
    await Promise.all(
      [studio, ada].map((page) => page.person.byId(page === ada ? 'join-mute' : 'mic-mute').click()),
    );
    const places = async () => ({
      row: await toggle('Bob').boundingBox(),
      fader: await desk('fader-master').boundingBox(),
      play: await desk('deck-play').boundingBox(),
    });
    const before = await places();
    await desk('alert-dead_air').waitFor({ timeout: 60_000 });
    assert.deepEqual(await places(), before);
    await ada.person.byId('join-mute').click();
    await desk('mic-mute').click();
  });

  test('follows what a destination does', async () => {
    await desk('rtmp-url').fill(`rtmp://127.0.0.1:${await freePort()}/app`);
    await desk('rtmp-key').fill('key');
    await desk('rtmp-save').click();
    await studio.person.waitForText('output-state', /^(Not connected, retrying|Failed)$/);
    await desk('rtmp-remove').click();
    await desk('confirm').click();
    await studio.person.waitForText('output-state', /^Not set$/);
  });

  test('takes a file that is dropped anywhere', async () => {
    const file = join(studio.person.folder, 'Dropped.wav');
    await writeFile(file, toneWav({ hz: 330, db: -20, seconds: 2 }));
    const session = await studio.person.page.context().newCDPSession(studio.person.page);
    const [x, y] = [700, 500];
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'])
      await session.send('Input.dispatchDragEvent', { type, x, y, data });
    await waitFor('the import', async () =>
      (await server.call('GET', '/tracks')).tracks.some((one) => one.title.startsWith('Dropped')),
    );
    assert.equal(studio.person.page.url().split('#')[0], show.studioUrl.split('#')[0]);
  });

  test('puts back what left the queue, and asks before a track is deleted', async () => {
    const track = await server.importTrack(toneWav({ hz: 550, db: -20, seconds: 2 }), 'Second');
    for (const trackId of [track.trackId, track.trackId])
      await server.call('POST', `/shows/${show.showId}/queue`, { trackId });
    const queue = async () => (await server.call('GET', `/shows/${show.showId}/queue`)).items;
    const [first] = await queue();
    await desk(`dequeue-${first.itemId}`).focus();
    await press('Enter');
    await waitFor('one item', async () => (await queue()).length === 1);
    // Its button is gone: the keyboard goes on in the same panel.
    await waitFor('the focus', () =>
      studio.person.page.evaluate(() => document.activeElement?.closest('.panel-deck') !== null),
    );
    await desk('queue-undo').click(QUICK);
    await waitFor('two items', async () => (await queue()).length === 2);

    const { tracks } = await server.call('GET', '/tracks');
    const { trackId } = tracks.find((one) => one.title.startsWith('Dropped'));
    await desk(`delete-${trackId}`).click({ timeout: 30_000 });
    await studio.person.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await server.call('GET', `/tracks/${trackId}`)).status, 'READY');
    // The station's tracks are for all shows: a host plays them and can't delete them.
    await desk(`enqueue-${track.trackId}`).waitFor({ timeout: 30_000 });
    assert.equal(await desk(`delete-${track.trackId}`).count(), 0);
  });

  test('keeps the keys of those who stay, and has none for the absent', async () => {
    await desk(`kick-${seats.Ada}`).click();
    await desk('confirm').click();
    await ada.waitForStatus('kicked');
    const key = row('Bob').locator('kbd');
    assert.equal(await key.innerText(), '2');
    await bob.person.page.close();
    await key.waitFor({ state: 'detached', timeout: 60_000 });
    await press('2');
    await press('m');
    await waitFor(
      'the mute, which came after',
      async () =>
        (await server.participants(show.showId)).find((one) => one.participantId === seats.Host).muted,
    );
    assert.equal(await isOnAir('Bob'), false);
  });

  const microphone = () => desk('mic-status').getAttribute('data-state');
  const stopAndStart = async () => {
    await server.stopShow(show.showId);
    await server.call('POST', `/shows/${show.showId}/start`);
    await waitFor('the show', async () => (await server.status(show.showId)).status === 'LIVE');
  };
  /** Opening the microphone takes longer than a call that begins by itself. */
  const checkMicrophone = async () => {
    await desk('mic-check').click(QUICK);
    await waitFor('a choice of microphones', () => desk('mic-device').isEnabled());
  };

  test('joins again after a refresh, but not in a start after a stop', async () => {
    await studio.refresh();
    await stopAndStart();
    await waitFor('the desk to know', () => desk('mic-join').isEnabled());
    await checkMicrophone();
    assert.equal(await microphone(), 'idle');
    assert.equal(await desk('viewer-count').innerText(), '0');
    await studio.join();
    await studio.person.page.goto('about:blank');
    await stopAndStart();
    await studio.open();
    // The log, by which the page would know, is there by now; and so would be the call.
    await studio.person.page.locator('.event-log li').first().waitFor(QUICK);
    await checkMicrophone();
    assert.equal(await microphone(), 'idle');
  });

  test('stays off the air in a start that it missed while it was cut off, and says so', async () => {
    const relay = await TcpRelay.start(new URL(server.url).port);
    try {
      const url = new URL(show.studioUrl);
      url.port = relay.port;
      await studio.person.page.goto(url.href);
      await studio.join();
      relay.cut();
      await stopAndStart();
      relay.restore();
      await desk('messages').getByText('The show was stopped while this page was away').waitFor(QUICK);
      await checkMicrophone();
      assert.equal(await microphone(), 'idle');
      const rows = await server.participants(show.showId);
      assert.equal(rows.find((one) => one.participantId === seats.Host).connection, 'disconnected');
      await studio.join();
    } finally {
      await relay.stop();
    }
  });

  test('breaks nothing on the way', () => {
    assert.deepEqual(
      people.flatMap((one) => one.errors),
      [],
    );
  });
});

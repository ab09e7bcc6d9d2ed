// The pages as people use them: what they press and what they read.
import { waitFor } from './wait.mjs';

const TEN_SECONDS = { timeout: 10_000 };

async function waitForAttribute(locator, name, value, what) {
  return waitFor(`${what} to be ${value}`, async () => {
    const is = await locator.getAttribute(name, { timeout: 1000 });
    if (is !== String(value)) throw new Error(`it is ${is}`);
    return true;
  });
}

export class StudioPage {
  constructor(person, url) {
    this.person = person;
    this.url = url;
  }

  async open() {
    await this.person.page.goto(this.url);
    await this.person.byId('mic-join').waitFor(TEN_SECONDS);
  }

  async join() {
    await this.person.byId('mic-join').click(TEN_SECONDS);
    await this.waitUntilConnected();
  }

  waitUntilConnected() {
    return waitForAttribute(this.person.byId('mic-status'), 'data-state', 'connected', 'the microphone');
  }

  async refresh() {
    await this.person.page.reload();
    await this.waitUntilConnected();
  }

  async setOnAir(participantId, isOnAir) {
    const row = this.person.byId(`participant-row-${participantId}`);
    const toggle = this.person.byId(`on-air-toggle-${participantId}`);
    await toggle.click({ ...TEN_SECONDS, trial: true });
    const at = Date.now();
    await toggle.dispatchEvent('click');
    await waitForAttribute(row, 'data-on-air', isOnAir, 'the row');
    return at;
  }

  async kick(participantId) {
    await this.person.byId(`kick-${participantId}`).click(TEN_SECONDS);
    await this.person.byId('confirm').waitFor(TEN_SECONDS);
    const at = Date.now();
    await this.person.byId('confirm').click(TEN_SECONDS);
    return at;
  }
}

export class JoinPage {
  constructor(person, url) {
    this.person = person;
    this.url = url;
  }

  async open() {
    // From elsewhere: over its own address, only the fragment would change, and the page load anew later.
    await this.person.page.goto('about:blank');
    await this.person.page.goto(this.url);
    await this.person.byId('join-name').waitFor(TEN_SECONDS);
  }

  async join() {
    await this.person.byId('join-name').fill(this.person.name, TEN_SECONDS);
    await this.person.byId('join-button').click(TEN_SECONDS);
    await this.waitForStatus('connected');
  }

  waitForStatus(status) {
    return waitForAttribute(
      this.person.byId('join-status'),
      'data-state',
      status,
      `${this.person.name}'s page`,
    );
  }

  waitForOnAir(isOnAir) {
    const sign = this.person.byId('on-air-indicator');
    return waitForAttribute(sign, 'data-on-air', isOnAir, `${this.person.name}'s on-air sign`);
  }

  async refresh() {
    await this.person.page.reload();
    await this.waitForStatus('connected');
  }

  /** What the page keeps, so that a refresh is the same person: {participantId, token}. */
  seat() {
    return this.person.page.evaluate(() => {
      for (const text of Object.values(localStorage)) {
        try {
          const value = JSON.parse(text);
          if (value?.participantId && value?.token) return value;
        } catch {
          continue;
        }
      }
      return null;
    });
  }
}

export class ListenPage {
  constructor(person, url) {
    this.person = person;
    this.url = url;
  }

  async open() {
    await this.person.page.goto(this.url);
    await this.person.byId('listen-play').waitFor(TEN_SECONDS);
  }

  async play() {
    const button = this.person.byId('listen-play');
    await button.click(TEN_SECONDS);
    await waitForAttribute(button, 'data-state', 'playing', 'the player');
  }

  /** Whether the player gets on: its position, in seconds. */
  position() {
    return this.person.byId('listen-audio').evaluate((audio) => audio.currentTime);
  }
}

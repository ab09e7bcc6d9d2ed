// A person at a browser: one headless Chromium each, whose microphone hears a tone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { family } from './family.mjs';
import { setNiceness } from './niceness.mjs';
import { median, toneDb, toneTrack, toneWav } from './tone.mjs';
import { waitFor } from './wait.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// Longer than any scenario: the fake microphone never comes to the end of its file.
const TONE_SECONDS = 300;
// A sound card would not wait for other programs on the machine; a fake microphone does.
const PRESENT = 0;
const GIVING_WAY = 19;

/**
 * Runs in the page before its own scripts: a microphone without processing (noise suppression takes
 * a steady tone for noise), and a tap on every remote audio track that keeps the last 4 s.
 */
function tapPage() {
  const media = navigator.mediaDevices;
  if (media) {
    const original = media.getUserMedia.bind(media);
    media.getUserMedia = (constraints) => {
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      const asked = typeof constraints?.audio === 'object' ? constraints.audio : {};
      return original({ ...constraints, audio: constraints?.audio ? { ...asked, ...plain } : false });
    };
  }
  const tap = { rate: 0, chunks: [], tracks: 0, peers: [] };
  window.__tap = tap;
  let context;
  const listen = (track) => {
    context ??= new AudioContext();
    tap.rate = context.sampleRate;
    tap.tracks++;
    tap.chunks.length = 0;
    const player = new Audio();
    player.srcObject = new MediaStream([track]);
    player.muted = true;
    player.play().catch(() => {});
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const processor = context.createScriptProcessor(4096, 1, 1);
    processor.onaudioprocess = ({ inputBuffer }) => {
      tap.chunks.push(inputBuffer.getChannelData(0).slice());
      while (tap.chunks.length * 4096 > 4 * tap.rate) tap.chunks.shift();
    };
    source.connect(processor);
    processor.connect(context.destination);
    track.addEventListener('ended', () => processor.disconnect());
    tap.keep = [player, source, processor];
  };
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      tap.peers.push(this);
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'audio') listen(track);
      });
    }
  };
}

export class Person {
  /** `hz` is the tone of their microphone; null for somebody who only listens. */
  static async start({ name, hz = null, db = -30, viewport }) {
    const person = new Person();
    person.name = name;
    person.hz = hz;
    person.folder = await mkdtemp(join(tmpdir(), 'shelcaster-person-'));
    const file = join(person.folder, 'microphone.wav');
    await writeFile(file, toneWav({ hz: hz ?? 100, db: hz ? db : -120, seconds: TONE_SECONDS, rate: 44100 }));
    person.browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${file}`,
        '--allow-loopback-in-peer-connection',
      ],
    });
    await setNiceness(person.folder, PRESENT);
    const context = await person.browser.newContext({ permissions: ['microphone'], viewport });
    await context.addInitScript(tapPage);
    person.page = await context.newPage();
    person.errors = [];
    person.page.on('pageerror', (error) => person.errors.push(error.message));
    return person;
  }

  byId(id) {
    return this.page.getByTestId(id);
  }

  /** Forgets what was heard, waits for new sound, and gives its last `seconds`: {rate, samples}. */
  async hear(seconds = 2) {
    await this.page.evaluate(() => void (window.__tap.chunks.length = 0));
    const enough = (wanted) => {
      const { chunks, rate } = window.__tap;
      return rate > 0 && chunks.length * 4096 >= wanted * rate;
    };
    await this.page.waitForFunction(enough, seconds, { timeout: 15_000 });
    const { rate, base64 } = await this.page.evaluate(() => {
      const bytes = new Uint8Array(window.__tap.chunks.length * 4096 * 4);
      window.__tap.chunks.forEach((chunk, i) => bytes.set(new Uint8Array(chunk.buffer), i * 4096 * 4));
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192)
        text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return { rate: window.__tap.rate, base64: btoa(text) };
    });
    const bytes = Buffer.from(base64, 'base64');
    return {
      rate,
      samples: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    };
  }

  /**
   * Levels in dBFS of the tones in what this person hears, by Hz: over all of it, which hears furthest
   * down, and as they usually are, since where sound was made up for the phase moves, and over all of it
   * the tone before would cancel that behind it.
   */
  async hearTones(frequencies, seconds = 2) {
    const { rate, samples } = await this.hear(seconds);
    const usual = (hz) => median(toneTrack(samples, hz, { rate }).map(({ db }) => db));
    return {
      whole: new Map(frequencies.map((hz) => [hz, toneDb(samples, hz, rate)])),
      usual: new Map(frequencies.map((hz) => [hz, usual(hz)])),
    };
  }

  async waitForText(id, pattern) {
    return waitFor(`${this.name}'s ${id} to say ${pattern}`, async () =>
      pattern.test(await this.byId(id).innerText({ timeout: 1000 })),
    );
  }

  /** Does something during which this browser gives way to all the others. */
  async givingWay(doIt) {
    await setNiceness(this.folder, GIVING_WAY);
    try {
      return await doIt();
    } finally {
      await setNiceness(this.folder, PRESENT);
    }
  }

  /** A lid that is closed for a while: nothing of the browser runs, and the clock goes on. */
  async sleep(seconds) {
    const pids = await family(this.folder);
    const signal = (name) => pids.forEach((pid) => process.kill(pid, name));
    signal('SIGSTOP');
    try {
      await pause(seconds * 1000);
    } finally {
      signal('SIGCONT');
    }
  }

  async stop() {
    await this.browser.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

// What a listener hears: PCM with a wall-clock axis, from HLS as served or from a recording.
import { run } from './processes.mjs';
import { median, toneDb, toneTrack } from './tone.mjs';

const RATE = 48000;

/** Media playlist → {sequence, ended, init, segments: [{number, uri, seconds, unixMs, discontinuity}]}. */
export function parsePlaylist(text) {
  const playlist = { sequence: 0, ended: false, init: null, segments: [] };
  let next = {};
  for (const line of text.split(/\r?\n/)) {
    const [, tag, value] = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(line) ?? [];
    if (tag === 'EXT-X-MEDIA-SEQUENCE') playlist.sequence = Number(value);
    else if (tag === 'EXT-X-ENDLIST') playlist.ended = true;
    else if (tag === 'EXT-X-MAP') playlist.init = /URI="([^"]+)"/.exec(value)[1];
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') next.unixMs = Date.parse(value);
    else if (tag === 'EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (tag === 'EXTINF') next.seconds = parseFloat(value);
    else if (line && !line.startsWith('#')) {
      const number = playlist.sequence + playlist.segments.length;
      playlist.segments.push({ discontinuity: false, ...next, number, uri: line, init: playlist.init });
      next = {};
    }
  }
  return playlist;
}

/** Any media bytes or file → mono PCM at 48 kHz, the mean of its channels, as floats. */
export async function decode(input) {
  const isFile = typeof input === 'string';
  // As 16-bit, swresample halves the sum of two channels; as float it would come out 3 dB louder.
  const format = `-vn -ac 1 -ar ${RATE} -f s16le`.split(' ');
  const bytes = await run('ffmpeg', ['-v', 'error', '-i', isFile ? input : 'pipe:0', ...format, 'pipe:1'], {
    input: isFile ? undefined : input,
  });
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  return Float32Array.from(samples, (sample) => sample / 32768);
}

/** PCM whose sample 0 sounded at `startUnixMs`. */
export class Programme {
  constructor(samples, startUnixMs) {
    this.samples = samples;
    this.startUnixMs = startUnixMs;
    this.endUnixMs = startUnixMs + (samples.length * 1000) / RATE;
  }

  /** For ears: the whole of it as a float WAV. */
  wav() {
    const head = Buffer.alloc(44);
    const size = this.samples.length * 4;
    head.write('RIFF', 0);
    head.writeUInt32LE(36 + size, 4);
    head.write('WAVEfmt ', 8);
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(3, 20);
    head.writeUInt16LE(1, 22);
    head.writeUInt32LE(RATE, 24);
    head.writeUInt32LE(RATE * 4, 28);
    head.writeUInt16LE(4, 32);
    head.writeUInt16LE(32, 34);
    head.write('data', 36);
    head.writeUInt32LE(size, 40);
    return Buffer.concat([head, Buffer.from(this.samples.buffer, this.samples.byteOffset, size)]);
  }

  #index(unixMs) {
    return Math.round(((unixMs - this.startUnixMs) * RATE) / 1000);
  }

  /** Level of a tone from one moment to another. */
  level(hz, fromUnixMs, toUnixMs) {
    const [from, to] = [this.#index(fromUnixMs), this.#index(toUnixMs)];
    if (from < 0 || to > this.samples.length || to <= from) {
      throw new RangeError(`asked for ${fromUnixMs}…${toUnixMs}, have ${this.startUnixMs}…${this.endUnixMs}`);
    }
    return toneDb(this.samples, hz, RATE, from, to);
  }

  /** Levels of a tone in 50 ms windows between two moments: [{unixMs, db}]. */
  track(hz, fromUnixMs, toUnixMs) {
    const from = Math.max(0, this.#index(fromUnixMs));
    const part = this.samples.subarray(from, Math.max(from, this.#index(toUnixMs)));
    return toneTrack(part, hz, { rate: RATE }).map(({ ms, db }) => ({
      unixMs: this.startUnixMs + (from * 1000) / RATE + ms,
      db,
    }));
  }

  /** The usual level of a tone between two moments: a hiccup of its sender does not count. */
  usualLevel(hz, fromUnixMs, toUnixMs) {
    return median(this.track(hz, fromUnixMs, toUnixMs).map(({ db }) => db));
  }

  /** When, from a moment on, a tone first stays above (or below) a level for 100 ms; null if never. */
  crossing(hz, afterUnixMs, db, direction, toUnixMs = this.endUnixMs) {
    const track = this.track(hz, afterUnixMs, toUnixMs);
    const holds = (point) => (direction === 'above' ? point.db > db : point.db < db);
    for (let i = 0; i + 10 <= track.length; i++) {
      if (track.slice(i, i + 10).every(holds)) return track[i].unixMs;
    }
    return null;
  }

  /** Moments where a tone that should sound steadily falls `dropDb` below its median. */
  gaps(hz, fromUnixMs, toUnixMs, dropDb = 6) {
    const track = this.track(hz, fromUnixMs, toUnixMs);
    const usual = median(track.map(({ db }) => db));
    return track.filter(({ db }) => db < usual - dropDb).map(({ unixMs, db }) => ({ unixMs, db, usual }));
  }
}

/** The longest stretch of what gaps() found, in ms: 10 ms a point. */
export function longestGapMs(gaps) {
  let longest = 0;
  let length = 0;
  let last = -Infinity;
  for (const { unixMs } of gaps) {
    length = unixMs - last < 15 ? length + 10 : 10;
    longest = Math.max(longest, length);
    last = unixMs;
  }
  return longest;
}

/** Follows a live playlist like a player, and keeps every segment. */
export class HlsListener {
  #url;
  #inits = new Map();
  #segments = new Map();
  #timer;
  #polling = Promise.resolve();
  errors = [];

  constructor(url) {
    this.#url = url;
    const poll = async () => {
      await this.#poll().catch((error) => this.errors.push(error.message));
      this.#timer = setTimeout(next, 500);
    };
    const next = () => (this.#polling = poll());
    next();
  }

  async #fetch(uri) {
    const response = await fetch(new URL(uri, this.#url));
    if (!response.ok) throw new Error(`${uri}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async #poll() {
    const playlist = parsePlaylist((await this.#fetch(this.#url)).toString());
    for (const segment of playlist.segments) {
      if (this.#segments.has(segment.number)) continue;
      if (!this.#inits.has(segment.init)) this.#inits.set(segment.init, await this.#fetch(segment.init));
      this.#segments.set(segment.number, { ...segment, bytes: await this.#fetch(segment.uri) });
    }
  }

  get segments() {
    return [...this.#segments.values()].sort((a, b) => a.number - b.number);
  }

  get endUnixMs() {
    const last = this.segments.at(-1);
    return last ? last.unixMs + last.seconds * 1000 : 0;
  }

  /** Everything from the first segment on, decoded in one go. */
  async programme() {
    const segments = this.segments;
    const bytes = Buffer.concat([this.#inits.get(segments[0].init), ...segments.map((one) => one.bytes)]);
    return new Programme(await decode(bytes), segments[0].unixMs);
  }

  async stop() {
    await this.#polling;
    clearTimeout(this.#timer);
  }
}

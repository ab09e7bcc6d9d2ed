// Tones as WAV files, and levels of tones in PCM. Levels are of the sine's peak, in dBFS.

export const toDb = (amplitude) => 20 * Math.log10(Math.max(amplitude, 1e-9));
export const fromDb = (db) => 10 ** (db / 20);

/**
 * A 16-bit WAV of one sine. Whole seconds of a whole number of Hz: it may loop without a seam.
 * Triangular dither keeps a quiet tone free of harmonics.
 */
export function toneWav({ hz, db, seconds, rate = 48000, channels = 1 }) {
  const frames = seconds * rate;
  const bytes = Buffer.alloc(44 + frames * channels * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * channels * 2, 28);
  bytes.writeUInt16LE(channels * 2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(frames * channels * 2, 40);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, frames * channels);
  const amplitude = fromDb(db) * 32767;
  const random = seeded(hz);
  for (let i = 0; i < rate; i++) {
    const value = Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rate) + random() - random());
    samples.fill(value, i * channels, (i + 1) * channels);
  }
  for (let second = 1; second < seconds; second++) {
    samples.copyWithin(second * rate * channels, 0, rate * channels);
  }
  return bytes;
}

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Level of one frequency in samples[from, to), by a Hann-windowed Goertzel filter. */
export function toneDb(samples, hz, rate = 48000, from = 0, to = samples.length) {
  const count = to - from;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < count; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / count);
    const s0 = samples[from + i] * window + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return toDb((4 * Math.sqrt(Math.max(power, 0))) / count);
}

/** Levels of one frequency in windows of `windowMs`, one each `stepMs`: [{ms (middle), db}]. */
export function toneTrack(samples, hz, { rate = 48000, windowMs = 50, stepMs = 10 } = {}) {
  const width = (windowMs * rate) / 1000;
  const step = (stepMs * rate) / 1000;
  const track = [];
  for (let at = 0; at + width <= samples.length; at += step) {
    track.push({ ms: ((at + width / 2) * 1000) / rate, db: toneDb(samples, hz, rate, at, at + width) });
  }
  return track;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

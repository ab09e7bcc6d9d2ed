import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromDb, median, toneDb, toneTrack, toneWav } from './tone.mjs';

const RATE = 48000;

function sines(parts, seconds = 1) {
  const samples = new Float32Array(seconds * RATE);
  for (const { hz, db } of parts) {
    for (let i = 0; i < samples.length; i++) {
      samples[i] += fromDb(db) * Math.sin((2 * Math.PI * hz * i) / RATE);
    }
  }
  return samples;
}

function samplesOf(wav) {
  return Float32Array.from({ length: (wav.length - 44) / 2 }, (_, i) => wav.readInt16LE(44 + 2 * i) / 32768);
}

test('a tone is measured within a tenth of a decibel', () => {
  assert.ok(Math.abs(toneDb(sines([{ hz: 440, db: -30 }]), 440) + 30) < 0.1);
});

test('a tone is measured beside louder neighbours in 50 ms', () => {
  const samples = sines([
    { hz: 440, db: -10 },
    { hz: 660, db: -40 },
    { hz: 880, db: -10 },
  ]);
  assert.ok(Math.abs(toneDb(samples, 660, RATE, 480, 480 + 2400) + 40) < 0.2);
});

test('a tone that is not there is far down', () => {
  assert.ok(toneDb(sines([{ hz: 440, db: -30 }]), 660) < -100);
});

test('a WAV has the level that was asked for', () => {
  const samples = samplesOf(toneWav({ hz: 660, db: -30, seconds: 2, rate: 44100 }));
  assert.equal(samples.length, 2 * 44100);
  assert.ok(Math.abs(toneDb(samples, 660, 44100) + 30) < 0.1);
});

test('a looped WAV has no seam', () => {
  const once = samplesOf(toneWav({ hz: 660, db: -12, seconds: 1, rate: 44100 }));
  const twice = new Float32Array([...once, ...once]);
  let largest = 0;
  for (let i = 1; i < twice.length; i++) largest = Math.max(largest, Math.abs(twice[i] - twice[i - 1]));
  assert.ok(Math.abs(twice[once.length] - twice[once.length - 1]) <= largest);
  const track = toneTrack(twice, 660, { rate: 44100 });
  assert.ok(track.every(({ db }) => Math.abs(db + 12) < 0.2));
});

test('a gap of 60 ms shows in the track, where it is', () => {
  const samples = sines([{ hz: 440, db: -30 }]);
  samples.fill(0, 24000, 24000 + 2880);
  const quiet = toneTrack(samples, 440).filter(({ db }) => db < -45);
  assert.ok(quiet.length > 0 && quiet.every(({ ms }) => ms > 480 && ms < 580));
});

test('the median of three is the middle one', () => {
  assert.equal(median([3, 1, 2]), 2);
});

import { describe, expect, test } from 'vitest';
import type { NetworkStats } from '../api/types';
import { callerAdvice, lineFigures, lineQuality, oneWayMs, PoorLineWatch } from './lineQuality';

const good: NetworkStats = {
  lossPercent: 0.1,
  concealedPercent: 0,
  jitterMs: 6,
  delayMs: 40,
  rttMs: 30,
  driftPpm: -12.4,
  returnLossPercent: 0,
};
const line = (more: NetworkStats) => lineQuality({ ...good, ...more });

describe('quality of a line', () => {
  test('is good when nothing is wrong, and nothing while nothing was measured', () => {
    expect(line({})).toEqual({ quality: 'good', reasons: [] });
    expect(lineQuality({})).toBeNull();
    expect(lineQuality(undefined)).toBeNull();
  });

  test('names the reason in plain words', () => {
    expect(line({ lossPercent: 7 })).toEqual({ quality: 'poor', reasons: ['loses 7 % of packets'] });
    expect(line({ delayMs: 160, rttMs: 40 })).toEqual({ quality: 'fair', reasons: ['delay 180 ms'] });
    expect(line({ driftPpm: -190 })).toEqual({ quality: 'fair', reasons: ['clock drift'] });
    expect(line({ concealedPercent: 1.2 })?.reasons).toEqual(['1 % of the sound is filled in']);
    expect(line({ jitterMs: 45 })?.reasons).toEqual(['unsteady by 45 ms']);
    expect(line({ returnLossPercent: 9 })).toEqual({ quality: 'poor', reasons: ['hears gaps: loses 9 %'] });
  });

  test('puts the worst first', () => {
    expect(line({ lossPercent: 3, delayMs: 500 })).toEqual({
      quality: 'poor',
      reasons: ['delay 515 ms', 'loses 3 % of packets'],
    });
  });

  test('never gets better when a figure gets worse', () => {
    const rank = { good: 0, fair: 1, poor: 2 };
    const figures = ['lossPercent', 'concealedPercent', 'jitterMs', 'delayMs', 'rttMs', 'returnLossPercent'];
    for (const figure of figures) {
      let before = 0;
      for (let value = 0; value < 1000; value += 0.5) {
        const now = rank[lineQuality({ rttMs: 0, [figure]: value })!.quality];
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
      expect(before).toBe(2);
    }
  });

  test('counts half of the round trip as delay', () => {
    expect(oneWayMs({ delayMs: 60, rttMs: 100 })).toBe(110);
  });
});

test('figures say what is not known instead of 0', () => {
  const shown = (stats: NetworkStats) =>
    Object.fromEntries(lineFigures(stats).map(({ name, value }) => [name, value]));
  expect(shown(good)).toEqual({
    'Packets lost': '0.1 %',
    'Sound filled in': '0.0 %',
    Jitter: '6 ms',
    'Buffer delay': '40 ms',
    'Round trip': '30 ms',
    'Clock drift': '−12 ppm',
    'Lost towards them': '0.0 %',
  });
  const { driftPpm: _, ...withoutDrift } = good;
  expect(shown({ ...withoutDrift, rttMs: 0 })).toMatchObject({
    'Clock drift': 'not known',
    'Round trip': 'not known',
  });
});

describe('a caller', () => {
  test('is told of a poor line after two reports, and no longer after three better ones', () => {
    const watch = new PoorLineWatch();
    expect(watch.update('poor')).toBe(false);
    expect(watch.update('good')).toBe(false);
    expect(watch.update('poor')).toBe(false);
    expect(watch.update('poor')).toBe(true);
    expect(watch.update('fair')).toBe(true);
    expect(watch.update('poor')).toBe(true);
    expect(watch.update('fair')).toBe(true);
    expect(watch.update('good')).toBe(true);
    expect(watch.update('good')).toBe(false);
  });

  test('hears nothing of it while not connected', () => {
    const watch = new PoorLineWatch();
    watch.update('poor');
    expect(watch.update('poor')).toBe(true);
    expect(watch.update(null)).toBe(false);
    expect(watch.update('poor')).toBe(false);
  });

  test('is told what is wrong and what to do', () => {
    expect(callerAdvice({ ...good, lossPercent: 9 })).toMatch(/9 % of your sound is lost.*cable/);
    expect(callerAdvice({ ...good, delayMs: 460, rttMs: 80 })).toMatch(/hears you 0\.5 s late/);
    expect(callerAdvice({ ...good, returnLossPercent: 12 })).toMatch(/may hear gaps/);
    expect(callerAdvice({ ...good, jitterMs: 120 })).toMatch(/unsteady/);
  });
});

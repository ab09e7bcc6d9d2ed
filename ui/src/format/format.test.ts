import { describe, expect, test } from 'vitest';
import type { Participant } from '../api/types';
import { formatDb, meterFraction, volumeToDb } from './level';
import { healthOf } from './network';
import { formatDuration } from './time';

describe('levels', () => {
  test('a volume is a linear gain', () => {
    expect(volumeToDb(100)).toBe(0);
    expect(formatDb(volumeToDb(100))).toBe('0.0 dB');
    expect(formatDb(volumeToDb(30))).toBe('−10.5 dB');
    expect(formatDb(volumeToDb(0))).toBe('−∞ dB');
    expect(formatDb(-0.01)).toBe('0.0 dB');
  });

  test('a meter rises with the level and ends at both ends', () => {
    expect(meterFraction(-Infinity)).toBe(0);
    expect(meterFraction(NaN)).toBe(0);
    expect(meterFraction(-60)).toBe(0);
    expect(meterFraction(-20)).toBeCloseTo(0.45);
    expect(meterFraction(0)).toBe(1);
    expect(meterFraction(3)).toBe(1);
    for (let db = -59; db <= 0; db += 1) expect(meterFraction(db)).toBeGreaterThan(meterFraction(db - 1));
  });
});

test('durations', () => {
  expect(formatDuration(62_000)).toBe('1:02');
  expect(formatDuration(3_723_000)).toBe('1:02:03');
  expect(formatDuration(-5)).toBe('0:00');
  expect(formatDuration(null)).toBe('–:––');
});

describe('network health', () => {
  const person: Participant = {
    participantId: 'part-1',
    username: 'Ada',
    role: 'CALLER',
    isOnAir: false,
    isPublishing: true,
    joinedAt: 0,
    state: 'PUBLISHING',
    volume: 100,
    pan: 0,
    muted: false,
    kicked: false,
    selfMuted: false,
    isOwner: false,
    invitedByName: false,
    waiting: false,
    connection: 'connected',
    stats: {},
  };
  test('says the quality of the line, why, and the numbers behind it', () => {
    const health = healthOf(
      { ...person, stats: { lossPercent: 3, jitterMs: 5, rttMs: 20, delayMs: 50 } },
      'LIVE',
    );
    expect(health).toMatchObject({ tone: 'warn', text: 'Fair', reasons: ['loses 3 % of packets'] });
    expect(health.figures).toContainEqual({ name: 'Packets lost', value: '3.0 %' });
    expect(healthOf({ ...person, stats: { lossPercent: 9, rttMs: 20 } }, 'LIVE').tone).toBe('bad');
    expect(healthOf({ ...person, stats: { lossPercent: 0, rttMs: 20 } }, 'LIVE').text).toBe('Good');
  });

  test('says first whether somebody is there at all', () => {
    const stats = { lossPercent: 9, rttMs: 20 };
    expect(healthOf({ ...person, stats, isPublishing: false }, 'LIVE').text).toBe('No microphone');
    expect(healthOf({ ...person, stats, connection: 'disconnected' }, 'LIVE').text).toBe('Connection lost');
  });

  test('copes with a seat that nothing is known of', () => {
    expect(healthOf({ ...person, stats: {} }, 'LIVE').text).toBe('Connected');
    expect(healthOf({ ...person, connection: 'disconnected', isPublishing: false }, 'LIVE').tone).toBe('off');
  });
});

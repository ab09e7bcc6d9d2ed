import { describe, expect, test } from 'vitest';
import type { Alert, Composition, Participant } from '../api/types';
import { problemText } from '../api/client';
import { parseRoute } from '../route';
import { alertText, alertsInOrder, silenceUntil } from './alerts/alertText';
import { callersInOrder, peopleGone, peopleInOrder } from './callers/order';
import { moved } from './deck/commands';
import { positionNow } from './deck/position';
import { roomStatus } from './join/roomStatus';
import { Ballistics } from './meters/ballistics';
import { compositionHealth } from './show/compositionHealth';
import { condensed, sentenceOf } from './show/sentence';
import { shortcutOf } from './show/shortcutOf';

const person = (id: string, more: Partial<Participant> = {}): Participant => ({
  participantId: id,
  username: id,
  role: 'CALLER',
  isOnAir: false,
  isPublishing: true,
  joinedAt: 0,
  state: 'PUBLISHING',
  volume: 100,
  muted: false,
  kicked: false,
  connection: 'connected',
  stats: {},
  ...more,
});

test('routes', () => {
  expect(parseRoute('/')).toEqual({ page: 'shows' });
  expect(parseRoute('/studio/show-1')).toEqual({ page: 'studio', showId: 'show-1' });
  expect(parseRoute('/join/show-1/')).toEqual({ page: 'join', showId: 'show-1' });
  expect(parseRoute('/studio')).toEqual({ page: 'unknown' });
  expect(parseRoute('/join/%E0%A4%A')).toEqual({ page: 'unknown' });
});

test('a problem document becomes one sentence', () => {
  expect(problemText(422, { title: 'Bad', errors: [{ pointer: '/title', detail: 'is empty' }] })).toBe(
    '/title: is empty',
  );
  expect(problemText(409, { title: 'Conflict', detail: 'already live' })).toBe('already live');
  expect(problemText(502, null)).toBe('The server can’t do this right now. Try again in a moment.');
});

describe('people', () => {
  const rows = [
    person('b', { joinedAt: 2 }),
    person('host', { role: 'HOST', joinedAt: 9 }),
    person('a', { joinedAt: 1, connection: 'disconnected', leftAt: 1000 }),
    person('out', { kicked: true }),
    person('mixer', { role: 'VIRTUAL_PARTICIPANT' }),
  ];

  test('hosts first, then callers by arrival; who just dropped out keeps the place', () => {
    expect(peopleInOrder(rows, 2000).map((p) => p.participantId)).toEqual(['host', 'a', 'b']);
    expect(callersInOrder(rows, 2000).map((p) => p.participantId)).toEqual(['a', 'b']);
    expect(peopleGone(rows, 2000).map((p) => p.participantId)).toEqual(['out']);
  });

  test('who has been away for long is listed apart', () => {
    expect(peopleInOrder(rows, 3_600_000).map((p) => p.participantId)).toEqual(['host', 'b']);
  });
});

test('queue items move within their list', () => {
  expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
});

test('a playing deck moves between frames and stops at its end', () => {
  const deck = { state: 'PLAYING' as const, itemId: 'i', positionMs: 1000, durationMs: 5000, title: 't' };
  expect(positionNow(deck, 100, 600)).toBe(1500);
  expect(positionNow({ ...deck, state: 'PAUSED' }, 100, 600)).toBe(1000);
  expect(positionNow(deck, 0, 60_000)).toBe(5000);
  expect(positionNow(null, 0, 0)).toBe(0);
});

describe('keys', () => {
  test('stand for the studio’s commands', () => {
    expect(shortcutOf(' ', null, false)).toEqual({ kind: 'deck-toggle' });
    expect(shortcutOf('n', { tagName: 'BODY' }, false)).toEqual({ kind: 'deck-skip' });
    expect(shortcutOf('3', { tagName: 'BUTTON' }, false)).toEqual({ kind: 'on-air', index: 2 });
    expect(shortcutOf('m', { tagName: 'INPUT', type: 'range' }, false)).toEqual({ kind: 'mute' });
  });

  test('never act while somebody types, and leave the space bar to a focused button', () => {
    expect(shortcutOf('n', { tagName: 'INPUT', type: 'text' }, false)).toBeNull();
    expect(shortcutOf(' ', { tagName: 'BUTTON' }, false)).toBeNull();
    expect(shortcutOf('n', null, true)).toBeNull();
    expect(shortcutOf('0', null, false)).toBeNull();
  });
});

test('a meter rises at once, falls slowly and holds its peak', () => {
  const meter = new Ballistics();
  meter.update(-6, false, 0);
  expect(meter.levelDb).toBe(-6);
  meter.update(-Infinity, true, 500);
  expect(meter.levelDb).toBeCloseTo(-16);
  expect(meter.holdDb).toBe(-6);
  expect(meter.isClipLit(3000)).toBe(true);
  meter.update(-Infinity, false, 5000);
  expect(meter.holdDb).toBeLessThan(-6);
  expect(meter.isClipLit(5000)).toBe(false);
});

describe('alerts', () => {
  const composition = (alerts: Alert[], until: number | null = null): Composition => ({
    status: 'RUNNING',
    lastHeartbeat: 100_000,
    alerts,
    deadAir: { fallback: null, silenceUntil: until },
    metrics: { output: { ok: true, problems: [], decoded: null } },
  });
  const alert = (kind: Alert['kind'], since: number): Alert => ({ kind, since, detail: `it is ${kind}` });

  test('are sentences, the gravest first', () => {
    expect(alertText({ ...alert('dead_air', 1), detail: 'the programme has been silent' })).toBe(
      'The programme has been silent.',
    );
    const alerts = [alert('dead_air', 1), alert('disk_failing', 3), alert('output_down', 2)];
    expect(alertsInOrder(composition(alerts)).map((one) => one.kind)).toEqual([
      'output_down',
      'disk_failing',
      'dead_air',
    ]);
    expect(alertsInOrder(null)).toEqual([]);
  });

  test('declared silence is over when its time is', () => {
    expect(silenceUntil(composition([], 5000), 4000)).toBe(5000);
    expect(silenceUntil(composition([], 5000), 5000)).toBeNull();
    expect(silenceUntil(null, 0)).toBeNull();
  });
});

describe('composition health', () => {
  const running = (segmentMs: number, problems: string[] = []): Composition => ({
    status: 'RUNNING',
    lastHeartbeat: 100_000,
    alerts: [],
    deadAir: { fallback: null, silenceUntil: null },
    metrics: {
      publish: { hls: { lastSegmentUnixMs: segmentMs } },
      output: { ok: problems.length === 0, problems, decoded: null },
    },
  });

  test('is never green when nothing comes out', () => {
    expect(compositionHealth(running(99_000), 'LIVE', 101_000).tone).toBe('good');
    expect(compositionHealth(running(80_000), 'LIVE', 101_000)).toMatchObject({
      tone: 'bad',
      text: 'Stream stalled',
    });
    expect(
      compositionHealth(running(99_000, ['segment 12 is not on the disk']), 'LIVE', 101_000),
    ).toMatchObject({ tone: 'bad', text: 'Not heard', detail: 'segment 12 is not on the disk' });
    expect(compositionHealth(running(99_000), 'LIVE', 120_000)).toMatchObject({
      tone: 'bad',
      text: 'No answer',
    });
    expect(compositionHealth(running(99_000), 'STOPPED', 101_000).tone).toBe('off');
  });

  test('tells of restarts and gaps that are over', () => {
    const { metrics, ...rest } = running(99_000);
    const mixed = { ...rest, metrics: { ...metrics, mix: { restarts: 1, missedTicks: 3 } } };
    expect(compositionHealth(mixed, 'LIVE', 101_000)).toEqual({
      tone: 'good',
      text: 'Healthy',
      detail: 'Restarted 1×, all well now. 3 gaps of 10 ms since the mixer was started.',
    });
  });
});

describe('event log', () => {
  const event = (number: number, kind: string, data: Record<string, unknown> = {}) => ({
    number,
    at: number * 1000,
    actor: 'admin',
    kind,
    data,
  });

  test('speaks in sentences and hides no unknown kind', () => {
    const people = [person('part-1', { username: 'Ada' })];
    expect(
      sentenceOf(event(1, 'participant_updated', { participantId: 'part-1', isOnAir: true }), people),
    ).toBe('Ada: is on air');
    expect(sentenceOf(event(1, 'moon_rose'), people)).toBe('Moon rose');
  });

  test('a fader that was dragged is one line', () => {
    const list = [1, 2, 3].map((n) => event(n, 'routing_updated', { hostVolume: n }));
    expect(condensed([...list, event(4, 'show_stopped')]).map((e) => e.number)).toEqual([3, 4]);
  });

  test('toggles are never condensed', () => {
    const list = [true, false].map((isOnAir, n) =>
      event(n, 'participant_updated', { participantId: 'p', isOnAir }),
    );
    expect(condensed(list)).toHaveLength(2);
  });
});

test('a caller is told one thing at a time', () => {
  expect(roomStatus('LIVE', { kind: 'connected' }, true, true)).toMatchObject({
    key: 'connected',
    air: 'Everybody hears you.',
  });
  expect(roomStatus('STOPPED', { kind: 'idle' }, true, false).key).toBe('waiting');
  expect(roomStatus('LIVE', { kind: 'reconnecting' }, true, false).key).toBe('reconnecting');
  expect(roomStatus('LIVE', { kind: 'connected' }, false, false).key).toBe('microphone');
});

test('a caller whose link has expired is never told that nobody hears them', () => {
  for (const onAir of [true, false])
    expect(roomStatus('LIVE', { kind: 'connected' }, true, onAir, true)).toMatchObject({
      key: 'connected',
      sign: 'On air?',
    });
  expect(roomStatus('LIVE', { kind: 'connected' }, true, true).sign).toBe('ON AIR');
  expect(roomStatus('LIVE', { kind: 'connected' }, true, false).sign).toBe('Off air');
});

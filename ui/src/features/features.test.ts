import { describe, expect, test } from 'vitest';
import type { Alert, AudioRouting, Composition, OutputState, Participant, QueueItem } from '../api/types';
import { problemText } from '../api/client';
import { parseRoute } from '../route';
import { alertText, alertsInOrder, silenceUntil } from './alerts/alertText';
import { stillOrder } from '../ui/stillOrder';
import { airState, airStateOf } from '../format/airState';
import { healthOf } from '../format/network';
import { assignKeys, keysThatAct } from './callers/keys';
import { callersInOrder, peopleGone, peopleInOrder } from './callers/order';
import { moved } from './deck/commands';
import { positionNow } from './deck/position';
import { roomStatus } from './join/roomStatus';
import { Ballistics } from './meters/ballistics';
import { compositionHealth } from './show/compositionHealth';
import { keyWords, outputFigures, outputHealth, outputReason } from './show/outputHealth';
import { condensed, noteTitles, sentenceOf } from './show/sentence';
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
  pan: 0,
  muted: false,
  kicked: false,
  selfMuted: false,
  isOwner: false,
  invitedByName: false,
  waiting: false,
  connection: 'connected',
  stats: {},
  ...more,
});

test('routes', () => {
  expect(parseRoute('/')).toEqual({ page: 'shows' });
  expect(parseRoute('/studio/show-1')).toEqual({ page: 'studio', showId: 'show-1' });
  expect(parseRoute('/join/show-1/')).toEqual({ page: 'join', showId: 'show-1' });
  expect(parseRoute('/listen/show-1),')).toEqual({ page: 'listen', showId: 'show-1' });
  expect(parseRoute('/studio')).toEqual({ page: 'unknown' });
  expect(parseRoute('/join/%E0%A4%A')).toEqual({ page: 'unknown' });
});

test('a problem document becomes one sentence', () => {
  expect(problemText(422, { title: 'Bad', errors: [{ pointer: '/title', detail: 'is empty' }] })).toBe(
    'The title is empty',
  );
  const said = (pointer: string, detail: string) => problemText(422, { errors: [{ pointer, detail }] });
  expect(said('/username', 'must not contain line breaks')).toBe('The name must not contain line breaks');
  expect(said('/url', 'leads to a private or local address')).toBe(
    'The address leads to a private or local address',
  );
  expect(said('/url', 'scheme must be rtmp or rtmps')).toBe('Address: scheme must be rtmp or rtmps');
  expect(said('/compression/ratio', 'must be 1 to 20')).toBe('The value must be 1 to 20');
  expect(said('/trackId', 'there is no such track')).toBe('there is no such track');
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

  test('no row moves under a hand: the new come last, the gone stay while the list is in use', () => {
    const [a, b] = [person('a'), person('b')];
    const host = person('host', { role: 'HOST' });
    const idOf = (one: Participant) => one.participantId;
    const ids = (people: Participant[]) => people.map(idOf);
    expect(ids(stillOrder([], [host, a], [], idOf, false))).toEqual(['host', 'a']);
    expect(ids(stillOrder([a, b], [host, a, b], [host, a, b], idOf, true))).toEqual(['a', 'b', 'host']);
    expect(ids(stillOrder([a, b], [b], [{ ...a, kicked: true }, b], idOf, true))).toEqual(['a', 'b']);
    expect(ids(stillOrder([a, b], [b], [b], idOf, true))).toEqual(['a', 'b']);
    expect(ids(stillOrder([a, b], [b], [b], idOf, false))).toEqual(['b']);
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

describe('a destination', () => {
  const output = (state: string): OutputState => ({
    id: 'rtmp',
    url: 'rtmp://x',
    streamKeySet: true,
    state,
    detail: '',
  });

  test('is said to be sent to only when it is', () => {
    expect(outputHealth(undefined, 'LIVE').text).toBe('Not set');
    expect(outputHealth(output('live'), 'STOPPED').text).toBe('Waiting for the show');
    expect(outputHealth(output('live'), 'LIVE')).toEqual({ tone: 'good', text: 'Sending' });
    for (const state of ['connecting', 'retrying', 'failed', 'idle', 'new'])
      expect(outputHealth(output(state), 'LIVE').tone).not.toBe('good');
  });

  test('keeps its key only while its address stays, and the form says so', () => {
    const words = (url: string, streamKeySet = true) => keyWords({ url: 'rtmp://x/app', streamKeySet }, url);
    expect(words(' rtmp://x/app ').placeholder).toBe('Unchanged');
    expect(words('rtmp://y/app').placeholder).toBe('Enter the key again');
    expect(words('rtmp://y/app').note).toMatch(/isn’t kept for another address/);
    expect(words('rtmp://y/app', false)).toEqual({ placeholder: 'Optional', note: '' });
    expect(keyWords(undefined, 'rtmp://y/app').placeholder).toBe('Optional');
  });

  test('tells why it fails, and what is measured', () => {
    const refused = { ...output('retrying'), detail: 'connection refused' };
    expect(outputReason(refused)).toBe('Connection refused');
    expect(outputReason({ ...refused, problem: { code: 'key_refused', text: 'the key was refused' } })).toBe(
      'The key was refused',
    );
    expect(outputFigures({ ...output('live'), bitrateBps: 2_500_000, delayMs: 4100, droppedFrames: 3 })).toBe(
      '2500 kbit/s · 4.1 s behind · 3 frames left out',
    );
  });
});

test('a playing deck moves between frames and stops at its end', () => {
  const deck = {
    state: 'PLAYING' as const,
    itemId: 'i',
    positionMs: 1000,
    durationMs: 5000,
    title: 't',
    artist: '',
    album: '',
    coverUrl: null,
  };
  expect(positionNow(deck, 100, 600)).toBe(1500);
  expect(positionNow({ ...deck, state: 'PAUSED' }, 100, 600)).toBe(1000);
  expect(positionNow(deck, 0, 60_000)).toBe(5000);
  expect(positionNow(null, 0, 0)).toBe(0);
});

describe('keys', () => {
  test('stand for the studio’s commands', () => {
    expect(shortcutOf(' ', null, false)).toEqual({ kind: 'deck-toggle' });
    expect(shortcutOf('n', { tagName: 'BODY' }, false)).toEqual({ kind: 'deck-skip' });
    expect(shortcutOf('3', { tagName: 'BUTTON' }, false)).toEqual({ kind: 'on-air', key: 3 });
    expect(shortcutOf('m', { tagName: 'INPUT', type: 'checkbox' }, false)).toEqual({ kind: 'mute' });
  });

  test.each([
    { tagName: 'INPUT', type: 'text' },
    { tagName: 'INPUT', type: 'range' },
    { tagName: 'INPUT' },
    { tagName: 'TEXTAREA' },
    { tagName: 'SELECT' },
    { tagName: 'OPTION' },
    { tagName: 'DIV', role: 'combobox' },
    { tagName: 'DIV', role: 'slider' },
    { tagName: 'P', isEditable: true },
  ])('never act from %j, which has keys of its own', (target) => {
    for (const key of [' ', 'n', 'm', '1']) expect(shortcutOf(key, target, false)).toBeNull();
  });

  test('leave the space bar to what it presses, and everything to a modifier', () => {
    for (const tagName of ['BUTTON', 'A', 'SUMMARY', 'INPUT'])
      expect(shortcutOf(' ', { tagName, type: 'checkbox' }, false)).toBeNull();
    expect(shortcutOf('n', null, true)).toBeNull();
    expect(shortcutOf('0', null, false)).toBeNull();
  });

  test('stay with their person; the absent hold none, but get theirs back', () => {
    const [a, b, c] = [
      person('a', { joinedAt: 1 }),
      person('b', { joinedAt: 2 }),
      person('c', { joinedAt: 3 }),
    ];
    const held = assignKeys(new Map(), [a, b, c], 0);
    expect([...held]).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    const removed = assignKeys(held, [{ ...a, kicked: true }, b, c], 0);
    expect([...removed]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    const away = { ...b, connection: 'disconnected' as const };
    expect([...keysThatAct(assignKeys(held, [a, away, c], 0), [a, away, c])]).toEqual([
      ['a', 1],
      ['c', 3],
    ]);
    const late = person('d', { joinedAt: 0 });
    expect(assignKeys(held, [a, away, c, late], 0).get('d')).toBe(4);
    expect(keysThatAct(assignKeys(held, [a, b, c], 0), [a, b, c]).get('b')).toBe(2);
  });

  test('of the absent are lent only when all nine mean somebody', () => {
    const nine = Array.from({ length: 9 }, (_, i) => person(`p${i + 1}`, { joinedAt: i }));
    const held = assignKeys(new Map(), nine, 0);
    const rows = nine.map((one) =>
      one.participantId === 'p4' ? { ...one, connection: 'disconnected' as const } : one,
    );
    expect(assignKeys(held, [...rows, person('new', { joinedAt: 99 })], 0).get('new')).toBe(4);
    expect(assignKeys(held, [...nine, person('new', { joinedAt: 99 })], 0).get('new')).toBeUndefined();
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
    expect(sentenceOf(event(1, 'desired_state_refused', { error: 'shorten the titles' }), [])).toBe(
      'Not done yet: shorten the titles',
    );
  });

  test('names tracks, also those that have left the queue', () => {
    const titles = new Map<string, string>();
    const item = (itemId: string, title: string) => ({ itemId, title }) as QueueItem;
    noteTitles(titles, [item('i1', 'Low Tide')], []);
    noteTitles(
      titles,
      [],
      [event(1, 'queue_changed', { added: [{ itemId: 'i2', title: 'Reel' }], removed: [] })],
    );
    const said = (kind: string, data: Record<string, unknown>) =>
      sentenceOf(event(2, kind, data), [], titles);
    expect(said('deck_item_ended', { itemId: 'i1', reason: 'END' })).toBe('Low Tide ended');
    expect(said('deck_item_ended', { itemId: 'i9', reason: 'END' })).toBe('A track ended');
    expect(said('queue_changed', { added: [], removed: ['i2'] })).toBe('Queue: Reel removed');
    expect(said('queue_changed', { added: [], removed: ['i1', 'i2'] })).toBe('Queue: 2 tracks removed');
    expect(said('track_failed', { title: 'Reel', error: 'no audio' })).toBe(
      'Reel could not be imported: no audio',
    );
  });

  test('a connection is one line, however often it is told', () => {
    const told = (number: number, kind: string, participantId = 'a') =>
      event(number, kind, { participantId });
    const log = [
      told(1, 'participant_connected'),
      told(2, 'participant_connected', 'b'),
      told(3, 'participant_connected'),
      told(4, 'participant_disconnected'),
      told(5, 'participant_connected'),
    ];
    expect(condensed(log).map((one) => one.number)).toEqual([1, 2, 4, 5]);
  });

  test('a fader that was dragged is one line', () => {
    const list = [1, 2, 3].map((n) => event(n, 'routing_updated', { hostVolume: n }));
    expect(condensed([...list, event(4, 'show_stopped')]).map((e) => e.number)).toEqual([3, 4]);
  });

  test('volume and pan of a person are dragged apart from each other', () => {
    const moved = (n: number, data: Record<string, unknown>) =>
      event(n, 'participant_updated', { participantId: 'p', ...data });
    const log = [
      moved(1, { volume: 9 }),
      moved(2, { volume: 8 }),
      moved(3, { pan: 0.5 }),
      moved(4, { pan: -0.25 }),
    ];
    expect(condensed(log).map((one) => one.number)).toEqual([2, 4]);
    expect(sentenceOf(log[3]!, [person('p', { username: 'Ada' })])).toBe('Ada: pan 25 % left');
  });

  test('toggles are never condensed', () => {
    const list = [true, false].map((isOnAir, n) =>
      event(n, 'participant_updated', { participantId: 'p', isOnAir }),
    );
    expect(condensed(list)).toHaveLength(2);
  });
});

test('a caller is told one thing at a time', () => {
  expect(roomStatus('LIVE', { kind: 'connected' }, true, 'air')).toMatchObject({
    key: 'connected',
    air: 'Everybody hears you.',
  });
  expect(roomStatus('CREATING', { kind: 'idle' }, true, 'off').air).toMatch(/hasn’t started/);
  for (const over of ['STOPPING', 'STOPPED', 'ERROR'] as const)
    expect(roomStatus(over, { kind: 'idle' }, true, 'off')).toMatchObject({
      key: 'waiting',
      status: 'The show is over',
      air: expect.stringMatching(/If it starts again/),
    });
  expect(roomStatus('LIVE', { kind: 'reconnecting' }, true, 'off').key).toBe('reconnecting');
  expect(roomStatus('LIVE', { kind: 'connected' }, false, 'off').key).toBe('microphone');
});

test('a caller on the air without sound is told what puts them on, and never that they are off', () => {
  const told = (link: Parameters<typeof roomStatus>[1], hasMicrophone: boolean, isPutOnAir = true) =>
    roomStatus('LIVE', link, hasMicrophone, 'off', false, isPutOnAir);
  expect(told({ kind: 'idle' }, false)).toMatchObject({ key: 'microphone', sign: 'No sound' });
  expect(told({ kind: 'connected' }, false).air).toMatch(/on air as soon as your microphone is on/);
  expect(told({ kind: 'connecting' }, true)).toMatchObject({ key: 'connecting', sign: 'No sound' });
  expect(told({ kind: 'reconnecting' }, true).air).toMatch(/back on air automatically/);
  expect(told({ kind: 'idle' }, false, false)).toMatchObject({ sign: 'Off air' });
  expect(roomStatus('CREATING', { kind: 'idle' }, false, 'off', false, true).sign).toBe('Off air');
});

test('a caller whose link has expired is never told that nobody hears them', () => {
  for (const air of ['air', 'off', 'muted', 'faded'] as const)
    expect(roomStatus('LIVE', { kind: 'connected' }, true, air, true)).toMatchObject({
      key: 'connected',
      sign: 'On air?',
    });
  expect(roomStatus('LIVE', { kind: 'connected' }, true, 'air').sign).toBe('ON AIR');
  expect(roomStatus('LIVE', { kind: 'connected' }, true, 'off').sign).toBe('Off air');
});

describe('the sign', () => {
  const heard = {
    isOnAir: true,
    isLive: true,
    isConnected: true,
    muted: false,
    selfMuted: false,
    volumes: [100, 80, 100],
  };

  test('says that everybody hears a caller only when it is so', () => {
    expect(airState(heard)).toBe('air');
    const cases = [
      [{ isOnAir: false }, 'off'],
      [{ isLive: false }, 'ready'],
      [{ isConnected: false }, 'away'],
      [{ muted: true }, 'muted'],
      [{ selfMuted: true }, 'self-muted'],
      [{ volumes: [0, 80, 100] }, 'faded'],
      [{ volumes: [100, 0, 100] }, 'faded'],
      [{ volumes: [100, 80, 0] }, 'faded'],
    ] as const;
    for (const [change, state] of cases) {
      expect(airState({ ...heard, ...change })).toBe(state);
      const { sign, air } = roomStatus('LIVE', { kind: 'connected' }, true, state);
      expect(sign).not.toBe('ON AIR');
      expect(air).not.toMatch(/Everybody/);
    }
  });

  test('of the desk knows the faders that a seat goes through, and isn’t lit before the show', () => {
    const routing = { hostVolume: 0, callersVolume: 80, masterVolume: 100 } as AudioRouting;
    const caller = person('a', { isOnAir: true });
    expect(airStateOf(caller, routing, true)).toBe('air');
    expect(airStateOf({ ...caller, selfMuted: true }, routing, true)).toBe('self-muted');
    expect(airStateOf(person('h', { role: 'HOST', isOnAir: true }), routing, true)).toBe('faded');
    expect(airStateOf(person('h', { role: 'HOST', isOnAir: true }), routing, false)).toBe('ready');
  });

  test('of the desk tells who is gone from who is there without sound', () => {
    const caller = person('a', { isOnAir: true, isPublishing: false });
    expect(airStateOf(caller, null, true)).toBe('no-microphone');
    const away = { ...caller, connection: 'disconnected' as const };
    expect(airStateOf(away, null, true)).toBe('away');
    expect(airStateOf({ ...away, waiting: true }, null, true)).toBe('page-only');
  });
});

test('who waits for the start is shown as waiting, in a running show as without sound, and after it as neither', () => {
  const waiting = person('a', { connection: 'disconnected', isPublishing: false, waiting: true });
  expect(healthOf(waiting, 'CREATING').text).toBe('Waiting for the start');
  expect(healthOf(waiting, 'LIVE')).toMatchObject({ tone: 'warn', text: 'Page open, no sound' });
  expect(healthOf({ ...waiting, waiting: false }, 'CREATING').text).toBe('Not here yet');
  for (const over of ['STOPPING', 'STOPPED', 'ERROR'] as const)
    expect(healthOf(waiting, over)).toMatchObject({ tone: 'off', text: 'Page open' });
});

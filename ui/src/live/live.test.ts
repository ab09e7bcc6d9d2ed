import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Backoff } from './backoff';
import { EventSocket, type LinkState, type SocketLike } from './EventSocket';
import { LevelBus, loudest } from './levels';
import { kEmptyState, reduceFrame, slicesOf, withEvents, type Frame } from './showState';

class FakeSocket implements SocketLike {
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  closed = false;
  close() {
    this.closed = true;
  }
  accept() {
    this.onopen?.(new Event('open'));
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  }
  end(code: number) {
    this.onclose?.({ code } as CloseEvent);
  }
}

describe('event socket', () => {
  let dialled: { url: string; protocols: string[]; socket: FakeSocket }[];
  let links: LinkState[];
  let frames: Frame[];
  let feed: EventSocket;
  const last = () => dialled.at(-1)!;

  beforeEach(() => {
    vi.useFakeTimers();
    dialled = [];
    links = [];
    frames = [];
    feed = new EventSocket({
      url: 'ws://radio/shows/show-1/events',
      token: 'tok',
      onFrame: (frame) => frames.push(frame),
      onLink: (link) => links.push(link),
      open: (url, protocols) => {
        const socket = new FakeSocket();
        dialled.push({ url, protocols, socket });
        return socket;
      },
      backoff: new Backoff({ random: () => 0 }),
    });
    feed.start();
  });
  afterEach(() => {
    feed.stop();
    vi.useRealTimers();
  });

  test('sends the token as a subprotocol, never in the address', () => {
    expect(last().url).toBe('ws://radio/shows/show-1/events');
    expect(last().protocols).toEqual(['bearer.tok']);
  });

  test('resumes behind the last event that it has seen', () => {
    last().socket.accept();
    last().socket.say({ type: 'state', eventNumber: 7 });
    last().socket.say({ type: 'event', number: 8, kind: 'show_live' });
    last().socket.end(1006);
    vi.advanceTimersByTime(500);
    expect(dialled).toHaveLength(2);
    expect(last().url).toBe('ws://radio/shows/show-1/events?after=8');
    expect(frames.map((frame) => frame.type)).toEqual(['state', 'event']);
  });

  test('resumes behind what has come, also when the stream breaks before all of it has', () => {
    last().socket.accept();
    last().socket.say({ type: 'state', eventNumber: 7 });
    last().socket.end(1006);
    vi.advanceTimersByTime(500);
    last().socket.accept();
    last().socket.say({ type: 'state', eventNumber: 90 });
    last().socket.say({ type: 'event', number: 8, kind: 'routing_updated' });
    last().socket.end(1006);
    vi.advanceTimersByTime(1000);
    expect(last().url).toBe('ws://radio/shows/show-1/events?after=8');
  });

  test('after a gap goes on from what is kept, also where that is an earlier number', () => {
    last().socket.accept();
    last().socket.say({ type: 'state', eventNumber: 700 });
    last().socket.say({ type: 'gap', after: 700, oldest: 3 });
    last().socket.say({ type: 'state', eventNumber: 5 });
    last().socket.say({ type: 'event', number: 3, kind: 'routing_updated' });
    last().socket.end(1006);
    vi.advanceTimersByTime(500);
    expect(last().url).toBe('ws://radio/shows/show-1/events?after=3');
  });

  test('backs off while nothing answers, and starts again fast after a frame', () => {
    for (const wait of [250, 500, 1000]) {
      last().socket.end(1006);
      const before = dialled.length;
      vi.advanceTimersByTime(wait - 1);
      expect(dialled).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(dialled).toHaveLength(before + 1);
    }
    last().socket.accept();
    last().socket.say({ type: 'state', eventNumber: 1 });
    last().socket.end(1006);
    vi.advanceTimersByTime(500);
    expect(dialled).toHaveLength(5);
  });

  test('does not dial again when it was removed', () => {
    last().socket.accept();
    last().socket.end(4403);
    vi.advanceTimersByTime(60_000);
    expect(dialled).toHaveLength(1);
    expect(links.at(-1)).toBe('refused');
  });

  test('does not dial again when its token has expired, and says so', () => {
    last().socket.accept();
    last().socket.end(4401);
    vi.advanceTimersByTime(60_000);
    expect(dialled).toHaveLength(1);
    expect(links.at(-1)).toBe('expired');
  });

  test('takes a silent socket for dead', () => {
    last().socket.accept();
    vi.advanceTimersByTime(46_000);
    expect(dialled.length).toBeGreaterThan(1);
    expect(dialled[0]!.socket.closed).toBe(true);
  });

  test('dials at once after a wake-up', () => {
    last().socket.end(1006);
    feed.nudge();
    expect(dialled).toHaveLength(2);
  });

  test('doubts an open socket after a wake-up, and keeps it when it speaks', () => {
    last().socket.accept();
    feed.nudge();
    last().socket.say({ type: 'levels' });
    vi.advanceTimersByTime(10_000);
    expect(dialled).toHaveLength(1);
    feed.nudge();
    vi.advanceTimersByTime(2750);
    expect(dialled).toHaveLength(2);
  });

  test('knocks before it dials again, and dials only when somebody is there', async () => {
    feed.stop();
    const answers = [false, false, true];
    let knocks = 0;
    feed = new EventSocket({
      url: 'ws://radio/shows/show-1/events',
      token: 'tok',
      onFrame: () => undefined,
      onLink: (link) => links.push(link),
      knock: async () => answers[knocks++] ?? true,
      open: (url, protocols) => {
        const socket = new FakeSocket();
        dialled.push({ url, protocols, socket });
        return socket;
      },
      backoff: new Backoff({ random: () => 0 }),
    });
    dialled = [];
    feed.start();
    expect([knocks, dialled.length]).toEqual([0, 1]);
    last().socket.end(1006);
    await vi.advanceTimersByTimeAsync(750);
    expect([knocks, dialled.length]).toEqual([2, 1]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([knocks, dialled.length]).toEqual([3, 2]);
  });

  test('gives up a dial that nobody answers, and hears no more of it', () => {
    const first = last().socket;
    vi.advanceTimersByTime(4250);
    expect(dialled).toHaveLength(2);
    expect(first.closed).toBe(true);
    first.accept();
    expect(links.at(-1)).toBe('connecting');
  });
});

test('backoff grows to its limit, never waits less than three quarters, and waits longer in a hidden page', () => {
  const full = new Backoff({ random: () => 0 });
  expect([1, 2, 3, 4, 5].map(() => full.nextMs())).toEqual([250, 500, 1000, 2000, 2000]);
  const least = new Backoff({ random: () => 1, isHidden: () => true });
  expect([1, 2, 3, 4, 5, 6, 7].map(() => least.nextMs())).toEqual([188, 375, 750, 1500, 3000, 6000, 6000]);
});

describe('show state', () => {
  const show = { showId: 'show-1', title: 'T', status: 'STARTING', createdAt: 0, updatedAt: 0 };
  const caller = {
    participantId: 'part-1',
    username: 'Ada',
    role: 'CALLER',
    isOnAir: false,
    isPublishing: true,
    joinedAt: 0,
    state: 'PUBLISHING',
    volume: 100,
    muted: false,
  };
  const state = reduceFrame(
    kEmptyState,
    { type: 'state', show, participants: [caller], queue: [], eventNumber: 3 },
    0,
  );

  test('a snapshot replaces, an absent part stays', () => {
    expect(state.show?.title).toBe('T');
    const next = reduceFrame(state, { type: 'state', show: { ...show, status: 'LIVE' }, eventNumber: 4 }, 0);
    expect(next.show?.status).toBe('LIVE');
    expect(next.participants).toHaveLength(1);
  });

  test('a caller finds the own seat under `me`', () => {
    const own = reduceFrame(kEmptyState, { type: 'state', show, me: caller, eventNumber: 1 }, 0);
    expect(own.participants.map((person) => person.participantId)).toEqual(['part-1']);
  });

  test('events set the status, and replayed ones do not turn it back', () => {
    const live = reduceFrame(state, { type: 'event', number: 4, at: 1000, kind: 'show_live', data: {} }, 0);
    expect(live.show?.status).toBe('LIVE');
    expect(live.liveSinceMs).toBe(1000);
    const replayed = reduceFrame(
      live,
      { type: 'event', number: 2, at: 10, kind: 'show_stopped', data: {} },
      0,
    );
    expect(replayed.show?.status).toBe('LIVE');
  });

  test('an event changes the person whom it names', () => {
    const frame = {
      type: 'event',
      number: 4,
      at: 1,
      kind: 'participant_updated',
      data: { participantId: 'part-1', isOnAir: true },
    };
    expect(reduceFrame(state, frame, 0).participants[0]?.isOnAir).toBe(true);
  });

  test('seat frames bring network figures, which a fresh list does not erase', () => {
    const stats = { lossPercent: 1, jitterMs: 2, delayMs: 3, rttMs: 4 };
    const seated = reduceFrame(
      state,
      { type: 'seat', participantId: 'part-1', connection: 'connected', stats },
      0,
    );
    expect(seated.participants[0]?.stats).toEqual(stats);
    const again = reduceFrame(seated, { type: 'state', show, participants: [{ ...caller, stats: {} }] }, 0);
    expect(again.participants[0]?.stats).toEqual(stats);
  });

  test('a new connection does not show the figures of the one before', () => {
    const seat = { type: 'seat', participantId: 'part-1', connection: 'connected' };
    const measured = reduceFrame(state, { ...seat, stats: { lossPercent: 9, rttMs: 4 } }, 0);
    const again = reduceFrame(measured, { ...seat, connection: 'connecting', stats: {} }, 0);
    expect(again.participants[0]?.stats).toEqual({});
  });

  test('viewers and heartbeats are pushed', () => {
    const composition = { status: 'RUNNING', lastHeartbeat: 5, metrics: {} };
    const next = reduceFrame(state, { type: 'status', composition, participantCount: 1, viewerCount: 7 }, 0);
    expect(next.viewerCount).toBe(7);
    expect(next.composition).toEqual(composition);
    expect(next.show).toEqual(state.show);
    expect(next.participants).toEqual(state.participants);
  });

  test('events are kept once and in order', () => {
    const event = (number: number) => ({ number, at: 0, kind: 'k', actor: 'admin', data: {} });
    const merged = withEvents(withEvents(kEmptyState, [event(2), event(3)]), [event(1), event(2)]);
    expect(merged.events.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(merged.eventNumber).toBe(3);
  });

  test('a gap forgets the log, whose numbers may begin anew', () => {
    const known = withEvents(state, [{ number: 900, at: 0, kind: 'k', actor: 'admin', data: {} }]);
    const gap = reduceFrame(known, { type: 'gap', after: 900, oldest: 3 }, 0);
    expect(gap.events).toEqual([]);
    expect(gap.show).toEqual(state.show);
    expect(reduceFrame(gap, { type: 'state', show, eventNumber: 5 }, 0).eventNumber).toBe(5);
  });

  test('the newest change of the queue shows at once, a replayed one not', () => {
    const item = (itemId: string) => ({
      itemId,
      trackId: 't',
      title: itemId,
      durationMs: null,
      status: 'READY',
    });
    const full = reduceFrame(state, { type: 'state', queue: ['a', 'b', 'c'].map(item), eventNumber: 10 }, 0);
    const ids = (number: number, data: object) =>
      reduceFrame(
        full,
        { type: 'event', number, at: 0, kind: 'queue_changed', actor: 'admin', data },
        0,
      ).queue.map(({ itemId }) => itemId);
    expect(ids(11, { added: [], removed: ['b'] })).toEqual(['a', 'c']);
    expect(ids(11, { added: [], removed: [], order: ['c', 'a', 'b'] })).toEqual(['c', 'a', 'b']);
    expect(ids(11, { reload: true })).toEqual(['a', 'b', 'c']);
    expect(ids(9, { added: [], removed: ['b'] })).toEqual(['a', 'b', 'c']);
    expect(slicesOf('queue_changed')).toContain('queue');
  });

  test('an unknown frame changes nothing', () => {
    expect(reduceFrame(state, { type: 'news' }, 0)).toBe(state);
  });

  test('an event says what to read again', () => {
    expect(slicesOf('routing_updated')).toEqual(['routing']);
    expect(slicesOf('participant_kicked')).toContain('participants');
    expect(slicesOf('queue_updated')).toContain('queue');
    expect(slicesOf('track_ready')).toContain('tracks');
  });
});

describe('levels', () => {
  const level = (id: string, peakDb: number) => ({ id, peakDb, rmsDb: peakDb - 10, clip: false });

  test('each meter gets its own source, and silence when its source is gone', () => {
    const bus = new LevelBus();
    const seen: number[] = [];
    bus.subscribe('part-1', (given) => seen.push(given?.peakDb ?? NaN));
    const master = { peakDb: -3, rmsDb: -9, clip: false };
    bus.publish({ type: 'levels', at: 0, master, sources: [level('part-1', -12)] });
    bus.publish({ type: 'levels', at: 0, master, sources: [] });
    expect(seen).toEqual([-12, -Infinity]);
  });

  test('meters fall when frames stop coming', () => {
    vi.useFakeTimers();
    const bus = new LevelBus();
    const seen: (number | null)[] = [];
    bus.subscribe('part-1', (given) => seen.push(given?.peakDb ?? null));
    const master = { peakDb: -3, rmsDb: -9, clip: false };
    bus.publish({ type: 'levels', at: 0, master, sources: [level('part-1', -12)] });
    vi.advanceTimersByTime(2000);
    expect(seen).toEqual([-12, null]);
    vi.useRealTimers();
  });

  test('a bus shows its loudest source', () => {
    expect(loudest([level('a', -20), level('b', -6)], 'bus').peakDb).toBe(-6);
    expect(loudest([], 'bus').peakDb).toBe(-Infinity);
  });
});

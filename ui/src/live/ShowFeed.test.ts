import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ShowFeed } from './ShowFeed';

/** As a browser's: remembers itself, so that a test can speak for the server. */
class FakeWebSocket {
  static last: FakeWebSocket;
  static made = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    FakeWebSocket.last = this;
    FakeWebSocket.made += 1;
  }
  close() {}
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const kState = {
  type: 'state',
  eventNumber: 0,
  show: { showId: 'show-1', title: 'T', status: 'LIVE' },
  viewerCount: 1,
};

describe('a show feed', () => {
  let asked: string[];
  let answer: number;
  let feed: ShowFeed;

  const start = (readsDesk: boolean) => {
    feed = new ShowFeed('show-1', 'tok', readsDesk);
    feed.start();
    FakeWebSocket.last.onopen?.();
    FakeWebSocket.last.say(kState);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    answer = 200;
    FakeWebSocket.made = 0;
    vi.stubGlobal('WebSocket', FakeWebSocket);
    vi.stubGlobal('location', { origin: 'https://radio.test' });
    vi.stubGlobal('navigator', { onLine: true });
    vi.stubGlobal('addEventListener', () => undefined);
    vi.stubGlobal('removeEventListener', () => undefined);
    const listen = { addEventListener: () => undefined, removeEventListener: () => undefined };
    vi.stubGlobal('document', { ...listen, visibilityState: 'visible' });
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path.split('?')[0]!);
      const body = path.includes('/events') ? '{"events":[],"last":0}' : '{}';
      return Promise.resolve(new Response(body, { status: answer }));
    });
  });
  afterEach(() => {
    feed.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('polls nothing: viewers and heartbeats come over the socket', async () => {
    start(true);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked).toEqual(['/shows/show-1/events']);
    FakeWebSocket.last.say({ type: 'status', viewerCount: 9, participantCount: 0 });
    expect(feed.getSnapshot().viewerCount).toBe(9);
  });

  test.each([
    [4401, 'expired'],
    [4403, 'refused'],
    [4410, 'gone'],
  ])('ended with %i is %s for good', async (code, link) => {
    start(true);
    FakeWebSocket.last.onclose?.({ code });
    expect(feed.getSnapshot().link).toBe(link);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeWebSocket.made).toBe(1);
  });

  test.each([
    [401, 'expired'],
    [403, 'refused'],
    [404, 'gone'],
    [503, 'lost'],
  ])('an upgrade refused with %i shows as %s', async (status, link) => {
    for (const readsDesk of [true, false]) {
      start(readsDesk);
      answer = status;
      FakeWebSocket.last.onclose?.({ code: 1006 });
      await vi.advanceTimersByTimeAsync(300);
      expect(feed.getSnapshot().link).toBe(link);
      feed.stop();
      answer = 200;
    }
  });
});

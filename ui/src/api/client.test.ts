import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { kNotConfirmed, kNotDone, kNotDoneOffline, makeApi, nextPage } from './client';

describe('a command', () => {
  let sent: { method: string; key: string | undefined }[];
  let answers: (() => Promise<Response>)[];
  const ok = async () => new Response('{"done":true}');
  const broken = async () => {
    throw new TypeError('network');
  };
  /** As a network that swallows everything: nothing comes until the page gives up. */
  const silent = () => new Promise<Response>(() => undefined);

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    answers = [];
    vi.stubGlobal('navigator', { onLine: true });
    vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
      const headers = init.headers as Record<string, string>;
      sent.push({ method: init.method ?? '', key: headers['Idempotency-Key'] });
      const gaveUp = new Promise<Response>((_, reject) =>
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
      return Promise.race([(answers.shift() ?? ok)(), gaveUp]);
    });
    // Node's own timeouts don't follow the test's clock.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new DOMException('late', 'TimeoutError')), ms);
      return controller.signal;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  const outcome = async (promise: Promise<unknown>) => {
    const settled = promise.then(
      () => 'done',
      (error: Error) => error.message,
    );
    await vi.advanceTimersByTimeAsync(6000);
    return settled;
  };

  test('has a key of its own', async () => {
    const api = makeApi('tok');
    await outcome(api.send('POST', '/deck/commands', { command: 'PLAY' }));
    await outcome(api.send('POST', '/deck/commands', { command: 'PLAY' }));
    expect(sent[0]!.key).toMatch(/^[0-9a-f]{32}$/);
    expect(sent[1]!.key).not.toBe(sent[0]!.key);
  });

  test('is repeated once with the same key when its connection breaks', async () => {
    answers = [broken];
    expect(await outcome(makeApi('tok').send('POST', '/deck/commands', {}))).toBe('done');
    expect(sent).toHaveLength(2);
    expect(sent[1]!.key).toBe(sent[0]!.key);
  });

  test('that nobody answers twice is told, and not tried a third time', async () => {
    answers = [broken, broken];
    expect(await outcome(makeApi('tok').send('POST', '/deck/commands', {}))).toBe(kNotConfirmed);
    expect(sent).toHaveLength(2);
  });

  test('is given up within five seconds, so that it can’t come true much later', async () => {
    answers = [silent];
    expect(await outcome(makeApi('tok').send('POST', '/deck/commands', {}))).toBe(kNotConfirmed);
    expect(sent).toHaveLength(1);
  });

  test('that fails while the server is known to be away was not done', async () => {
    answers = [broken];
    const api = makeApi('tok', { isAway: () => true });
    expect(await outcome(api.send('POST', '/deck/commands', {}))).toBe(kNotDone);
    expect(sent).toHaveLength(1);
  });

  test('is not even sent by a device that is offline, unless the server needs no network', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const away = makeApi('tok', { isAway: () => true });
    expect(await outcome(away.send('POST', '/deck/commands', {}))).toBe(kNotDoneOffline);
    expect(sent).toHaveLength(0);
    expect(await outcome(makeApi('tok').send('POST', '/deck/commands', {}))).toBe('done');
  });

  test('that sets a value is not repeated: a newer value may have been set since', async () => {
    answers = [broken];
    expect(await outcome(makeApi('tok').send('PUT', '/audio-routing', {}))).toBe(kNotConfirmed);
    expect(sent).toEqual([{ method: 'PUT', key: undefined }]);
  });

  test('that the server refuses is refused, and not repeated', async () => {
    answers = [async () => new Response('{"detail":"the show is over"}', { status: 409 })];
    expect(await outcome(makeApi('tok').send('POST', '/deck/commands', {}))).toBe('the show is over');
    expect(sent).toHaveLength(1);
  });
});

describe('a list', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('is read to its last page', async () => {
    const asked: string[] = [];
    const page = (ids: number[], link?: string) =>
      new Response(JSON.stringify({ tracks: ids }), { headers: link ? { Link: link } : {} });
    vi.stubGlobal('fetch', async (path: string) => {
      asked.push(path);
      if (path === '/tracks') return page([1, 2], '</tracks?after=5.a>; rel="next"');
      return path === '/tracks?after=5.a' ? page([3], '</tracks?after=6.b>; rel="next"') : page([]);
    });
    expect(await makeApi('tok').list('/tracks', 'tracks')).toEqual([1, 2, 3]);
    expect(asked).toEqual(['/tracks', '/tracks?after=5.a', '/tracks?after=6.b']);
  });

  test('ends where no link leads on', () => {
    expect(nextPage(null)).toBeNull();
    expect(nextPage('</x>; rel="prev"')).toBeNull();
  });
});

import { afterEach, expect, test, vi } from 'vitest';
import { PublicShowReader } from './usePublicShow';

const kShow = { showId: 'show-1', title: 'Night Line', status: 'LIVE' };

/** A server that answers to the token `bad` as given, and to everybody else with the show. */
function serve(toBad: number, toOthers = 200): (string | null)[] {
  const shown: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const token = new Headers(init.headers).get('Authorization');
    shown.push(token);
    const status = token === 'Bearer bad' ? toBad : toOthers;
    return new Response(JSON.stringify(status === 200 ? kShow : { status }), { status });
  });
  return shown;
}

afterEach(() => vi.unstubAllGlobals());

test('a link that opens the show is shown each time, since it may be replaced while a form stands open', async () => {
  const shown = serve(401);
  const reader = new PublicShowReader('show-1', 'good');
  for (let time = 0; time < 2; ++time)
    expect(await reader.read()).toEqual({ show: kShow, missing: false, refused: null });
  expect(shown).toEqual(['Bearer good', 'Bearer good']);
});

test.each([401, 403])(
  'a dead link is known by a %i before anybody fills in a form for it',
  async (status) => {
    const shown = serve(status);
    const reader = new PublicShowReader('show-1', 'bad');
    const look = { show: kShow, missing: false, refused: { token: 'bad', status } };
    expect(await reader.read()).toEqual(look);
    expect(await reader.read()).toEqual(look);
    expect(shown).toEqual(['Bearer bad', null, null]);
  },
);

test('a show that is gone says more than a token that is refused', async () => {
  serve(401, 404);
  expect((await new PublicShowReader('show-1', 'bad').read())?.missing).toBe(true);
});

test('a server that is away or busy says nothing of a link', async () => {
  for (const status of [429, 500, 503]) {
    serve(status);
    expect(await new PublicShowReader('show-1', 'bad').read()).toBeNull();
  }
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('no network')));
  expect(await new PublicShowReader('show-1', 'bad').read()).toBeNull();
});

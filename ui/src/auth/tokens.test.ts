import { describe, expect, test, vi } from 'vitest';
import { forgetLinkToken, linkToken, takeLinkToken } from './linkToken';
import { browserStorage } from './storage';
import {
  claimsOf,
  forgetSeat,
  isInvitation,
  knownStudioToken,
  loadSeat,
  mended,
  rememberStudioToken,
  saveSeat,
  tokenFromHash,
  type KeyValue,
} from './tokens';

function storage(): KeyValue {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}
const tokenWith = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

describe('tokens', () => {
  test('claims are read from the middle part, with characters beyond ASCII', () => {
    const claims = claimsOf(tokenWith({ sub: 'part-1', scope: 'caller', username: 'Žofie', exp: 100 }));
    expect(claims).toEqual({
      participantId: 'part-1',
      scope: 'caller',
      username: 'Žofie',
      expiresAtMs: 100_000,
    });
  });

  test('an invitation is told from the seat of one person', () => {
    expect(isInvitation(tokenWith({ scope: 'invitation', show: 'show-1' }))).toBe(true);
    expect(isInvitation(tokenWith({ scope: 'caller', sub: 'part-1' }))).toBe(false);
    expect(isInvitation(null)).toBe(false);
  });

  test('an opaque token has no claims', () => {
    for (const token of [null, '', 'abc', 'a.b.c', 'a.%%%.c'])
      expect(claimsOf(token).participantId).toBeNull();
  });

  test('a studio remembers what a server took, per show, and an admin’s token for all', () => {
    const kept = storage();
    expect(knownStudioToken(kept, 'show-1')).toBeNull();
    rememberStudioToken(kept, 'show-1', 'h.one.s');
    expect(knownStudioToken(kept, 'show-1')).toBe('h.one.s');
    expect(knownStudioToken(kept, 'show-2')).toBeNull();
    rememberStudioToken(kept, 'show-1', 'secret');
    expect(knownStudioToken(kept, 'show-2')).toBe('secret');
  });

  test.each([
    ['a.b-_1.c', 'a.b-_1.c'],
    ['a.b.c)', 'a.b.c'],
    ['a.b.c>', 'a.b.c'],
    ['"a.b.c",', 'a.b.c'],
    ['a.b.c.', 'a.b.c'],
    ['a.b 1.c', 'a.b1.c'],
    [' secret\n', 'secret'],
    ['not/showable=', null],
    ['a.b', null],
    ['', null],
    [null, null],
  ])('a link’s token %j is mended to %j', (given, token) => expect(mended(given)).toBe(token));

  test('a seat outlives a refresh until it expires or is given up', () => {
    const kept = storage();
    const seat = { participantId: 'part-1', token: tokenWith({ exp: 100 }), username: 'Ada' };
    saveSeat(kept, 'show-1', seat);
    expect(loadSeat(kept, 'show-1', 99_000)).toEqual(seat);
    expect(loadSeat(kept, 'show-2', 99_000)).toBeNull();
    expect(loadSeat(kept, 'show-1', 100_000)).toBeNull();
    forgetSeat(kept, 'show-1');
    expect(loadSeat(kept, 'show-1', 0)).toBeNull();
  });

  test('a broken memory is no seat', () => {
    const kept = storage();
    kept.setItem('shelcaster.seat.show-1', '{"token":');
    expect(loadSeat(kept, 'show-1', 0)).toBeNull();
  });

  test('a seat that was left is known as such', () => {
    const kept = storage();
    saveSeat(kept, 'show-1', { participantId: 'part-1', token: 'a.b.c', username: 'Ada', left: true });
    expect(loadSeat(kept, 'show-1', 0)?.left).toBe(true);
  });

  test('a token is taken from the fragment', () => {
    expect(tokenFromHash('#token=a.b.c)')).toBe('a.b.c');
    expect(tokenFromHash('')).toBeNull();
  });
});

test('a browser that forbids storage makes a page forget, not fail', () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new DOMException('forbidden');
    },
    setItem: () => {
      throw new DOMException('full');
    },
    removeItem: () => {
      throw new DOMException('forbidden');
    },
  });
  expect(browserStorage.getItem('name')).toBeNull();
  browserStorage.setItem('name', 'Ada');
  expect(browserStorage.getItem('name')).toBe('Ada');
  browserStorage.removeItem('name');
  expect(browserStorage.getItem('name')).toBeNull();
  vi.unstubAllGlobals();
});

describe('a token in the fragment', () => {
  const address = { pathname: '/join/show-1', search: '?raw=1', hash: '#token=a.b.c%2C' };

  test('leaves the address of a join page at once and stays with the tab', () => {
    const tab = storage();
    const addresses: string[] = [];
    expect(takeLinkToken(address, (url) => addresses.push(url), tab)).toBe(true);
    expect(addresses).toEqual(['/join/show-1?raw=1']);
    expect(linkToken(address, tab)).toBe('a.b.c');
    expect(takeLinkToken({ ...address, hash: '' }, (url) => addresses.push(url), tab)).toBe(false);
    expect(addresses).toHaveLength(1);
  });

  test('is left to the studio, which reads it there', () => {
    const tab = storage();
    const studio = { ...address, pathname: '/studio/show-1' };
    expect(takeLinkToken(studio, () => expect.unreachable(), tab)).toBe(false);
    expect(linkToken(studio, tab)).toBeNull();
  });
});

describe('a token in the query', () => {
  const address = { pathname: '/join/show-1', search: '?raw=1&token=a.b.c%2C', hash: '#here' };

  test('leaves the address at once and stays with the tab', () => {
    const tab = storage();
    const addresses: string[] = [];
    takeLinkToken(address, (url) => addresses.push(url), tab);
    expect(addresses).toEqual(['/join/show-1?raw=1#here']);
    takeLinkToken({ ...address, search: '?raw=1' }, (url) => addresses.push(url), tab);
    expect(addresses).toHaveLength(1);
    expect(linkToken(address, tab)).toBe('a.b.c');
    expect(linkToken({ pathname: '/join/show-2' }, tab)).toBeNull();
    forgetLinkToken(address, tab);
    expect(linkToken(address, tab)).toBeNull();
  });

  test('that could be none does not replace the one that the tab has', () => {
    const tab = storage();
    takeLinkToken(address, () => undefined, tab);
    takeLinkToken({ ...address, search: '?token=a.b' }, () => undefined, tab);
    expect(linkToken(address, tab)).toBe('a.b.c');
  });
});

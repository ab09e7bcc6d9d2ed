import { describe, expect, test } from 'vitest';
import {
  claimsOf,
  forgetSeat,
  loadSeat,
  saveSeat,
  studioToken,
  tokenFromHash,
  tokenFromQuery,
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

  test('an opaque token has no claims', () => {
    for (const token of [null, '', 'abc', 'a.b.c', 'a.%%%.c'])
      expect(claimsOf(token).participantId).toBeNull();
  });

  test('a studio link wins over memory and is remembered per show', () => {
    const kept = storage();
    expect(studioToken(kept, 'show-1', '#token=one')).toBe('one');
    expect(studioToken(kept, 'show-1', '')).toBe('one');
    expect(studioToken(kept, 'show-2', '')).toBeNull();
    expect(studioToken(kept, 'show-1', '#token=two')).toBe('two');
  });

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

  test('tokens are taken from fragment and query', () => {
    expect(tokenFromHash('#token=a.b.c')).toBe('a.b.c');
    expect(tokenFromHash('')).toBeNull();
    expect(tokenFromQuery('?raw=1&token=x')).toBe('x');
  });
});

import { beforeEach, expect, test } from 'vitest';
import type { Track } from '../../api/types';
import { TrackOrder } from './trackOrder';

const track = (trackId: string, createdAt: number) => ({ trackId, createdAt }) as Track;
const [a, b, c, d] = [track('a', 1), track('b', 2), track('c', 3), track('d', 3)];
const ids = (tracks: Track[]) => tracks.map((one) => one.trackId).join(' ');

let order: TrackOrder;
const take = (fresh: Track[], isInUse = false, isAwaited = false) => {
  const { tracks, isAnew } = order.take(fresh, { isInUse, isAwaited });
  return `${ids(tracks)}${isAnew ? ' anew' : ''}`;
};

beforeEach(() => {
  order = new TrackOrder();
  expect(take([a, b])).toBe('b a anew');
});

test('the library shows the newest first, and moves its rows for nobody but who has added to it', () => {
  expect(take([a, b, c])).toBe('b a c');
  expect(take([a, b, c, d], false, true)).toBe('d c b a anew');
  expect(take([a])).toBe('a');
});

test('an upload that ends while somebody is at the list moves no row before they have left it', () => {
  expect(take([a, b, c], true, true)).toBe('b a c');
  expect(take([a, b, c], true, true)).toBe('b a c');
  expect(take([a, b, c], false, true)).toBe('c b a anew');
});

test('what others delete stays while somebody is at the list; what was deleted here goes at once', () => {
  expect(take([b, c], true)).toBe('b a c');
  expect(ids(order.without('b'))).toBe('a c');
  expect(take([c], true)).toBe('a c');
  expect(take([c])).toBe('c');
});

test('a row shows what is new of its track while it stays where it is', () => {
  const ready = { ...b, title: 'Ready' };
  expect(order.take([a, ready], { isInUse: true, isAwaited: false }).tracks).toEqual([ready, a]);
});

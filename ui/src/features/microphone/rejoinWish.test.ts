import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError, type Api } from '../../api/client';
import type { ShowStatus } from '../../api/types';
import type { KeyValue } from '../../auth/tokens';
import type { ShowState } from '../../live/showState';
import {
  forgetWish,
  hasWish,
  isKnownToGoOn,
  keepWish,
  newestEvent,
  renewWish,
  wishHolds,
} from './rejoinWish';

describe('a host’s wish to take part', () => {
  let storage: KeyValue;
  /** The kinds of the server's log, which begins with `oldest`. */
  let log: string[];
  let oldest: number;
  let asked: number;
  let failure: unknown;

  const api: Pick<Api, 'get'> = {
    get: async <T>(path: string) => {
      asked += 1;
      if (failure) throw failure;
      const query = new URL(path, 'http://radio').searchParams;
      const after = Number(query.get('after') ?? 0);
      const limit = Number(query.get('limit'));
      const types = query.get('types')?.split(',');
      const rows = log.map((kind, index) => ({ number: oldest + index, at: 0, actor: '', kind, data: {} }));
      const last = oldest - 1 + log.length;
      // A page of the server's may end before the log does, with nothing that was asked for in it.
      const scanned = rows.filter(({ number }) => number > after).slice(0, 3);
      const events = scanned.filter(({ kind }) => !types || types.includes(kind)).slice(0, limit);
      await Promise.resolve();
      return { events, next: scanned.at(-1)?.number ?? last, oldest, last } as T;
    },
  };
  const holds = () => wishHolds(storage, 'show-1', api);
  interface Seen {
    status?: ShowStatus;
    first?: number;
    newest?: number;
  }
  const state = (kinds: string[], { status = 'LIVE', first = 11, newest }: Seen = {}) => ({
    show: { status } as ShowState['show'],
    events: kinds.map((kind, index) => ({ number: first + index, at: 0, actor: '', kind, data: {} })),
    eventNumber: newest ?? first - 1 + kinds.length,
  });
  const isSure = (...args: Parameters<typeof state>) => isKnownToGoOn(storage, 'show-1', state(...args));

  beforeEach(() => {
    const kept = new Map<string, string>();
    storage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
    log = ['show_starting', 'show_live', ...Array<string>(8).fill('queue_changed')];
    oldest = 1;
    asked = 0;
    failure = null;
    keepWish(storage, 'show-1', 10);
  });

  test('holds while the server’s log has no stop, however long it has grown, and is renewed then', async () => {
    expect(await holds()).toBe('yes');
    log.push(...Array<string>(10).fill('participant_disconnected'));
    expect(await holds()).toBe('yes');
    expect(isSure([], { first: 21 })).toBe(true);
    // What it was renewed to is what the next question begins with.
    asked = 0;
    expect(await holds()).toBe('yes');
    expect(asked).toBe(1);
  });

  test.each([
    ['stopped and started again', ['show_stopping', 'show_stopped', 'show_starting', 'show_live']],
    ['stopped', ['show_stopping', 'show_stopped']],
    [
      'failed and started again',
      ['queue_changed', 'queue_changed', 'queue_changed', 'show_error', 'show_live'],
    ],
  ])('ends with a show that was %s', async (_, kinds) => {
    log.push(...kinds);
    expect(await holds()).toBe('no');
    expect(isSure(kinds)).toBe(false);
  });

  test('is not believed where the log since then is lost, or is another one', async () => {
    oldest = 12;
    expect(await holds()).toBe('no');
    oldest = 1;
    log = ['show_live'];
    expect(await holds()).toBe('no');
  });

  test('is neither kept nor lost while nobody answers; a refusal is the offer’s to hear', async () => {
    failure = new ApiError(0, 'away');
    expect(await holds()).toBe('unknown');
    failure = new ApiError(503, 'busy');
    expect(await holds()).toBe('unknown');
    failure = new ApiError(401, 'expired');
    expect(await holds()).toBe('yes');
    expect(hasWish(storage, 'show-1')).toBe(true);
  });

  test('is not renewed over a stop that a snapshot is ahead of', () => {
    // After a loss the snapshot has the newest number, and the events up to it come behind.
    expect(isSure([], { newest: 14 })).toBe(false);
    expect(isSure(['queue_changed'], { first: 5, newest: 14 })).toBe(false);
    expect(isSure(['queue_changed'], { first: 14 })).toBe(false);
    expect(isSure(['queue_changed', 'queue_changed', 'queue_changed', 'queue_changed'])).toBe(true);
    // After a gap nothing is known.
    expect(isSure([], { newest: 0 })).toBe(false);
    expect(isSure([], { status: 'STOPPED' })).toBe(false);
  });

  test('is of one show, and isn’t renewed once it was taken back', async () => {
    expect(hasWish(storage, 'show-2')).toBe(false);
    expect(await wishHolds(storage, 'show-2', api)).toBe('no');
    forgetWish(storage);
    renewWish(storage, 'show-1', 14);
    expect(hasWish(storage, 'show-1')).toBe(false);
    expect(await holds()).toBe('no');
    expect(isSure([])).toBe(false);
  });

  test('of a later press isn’t undone by the answer to an earlier question', async () => {
    const asking = holds();
    log.push('show_stopped', 'show_starting', 'show_live');
    keepWish(storage, 'show-1', 13);
    await asking;
    expect(await holds()).toBe('yes');
  });

  test('begins at the newest event of the server, not of the page', async () => {
    log.push('queue_changed');
    expect(await newestEvent('show-1', api)).toBe(11);
    failure = new ApiError(0, 'away');
    expect(await newestEvent('show-1', api)).toBe(null);
  });
});

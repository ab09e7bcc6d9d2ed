import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClockJump, onWakeUp } from './wakeUp';

test('a clock that jumped has slept, and a page that was merely late has not', () => {
  const clock = new ClockJump(0);
  expect(clock.tick(1000)).toBe(false);
  expect(clock.tick(3500)).toBe(false);
  expect(clock.tick(63_500)).toBe(true);
  expect(clock.tick(64_500)).toBe(false);
  expect(clock.tick(1000)).toBe(true);
});

describe('a page is woken up', () => {
  let page: EventTarget;
  let document: EventTarget & { visibilityState: string };
  let connection: EventTarget & { type: string };
  let woken: number;
  let stop: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    page = new EventTarget();
    document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    connection = Object.assign(new EventTarget(), { type: 'wifi' });
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    vi.stubGlobal('document', document);
    vi.stubGlobal('navigator', { connection });
    woken = 0;
    stop = onWakeUp(() => (woken += 1));
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('by a network that is back', () => {
    page.dispatchEvent(new Event('online'));
    expect(woken).toBe(1);
  });

  test('by another network, but not by another guess of its speed', () => {
    connection.dispatchEvent(new Event('change'));
    expect(woken).toBe(0);
    connection.type = 'cellular';
    connection.dispatchEvent(new Event('change'));
    expect(woken).toBe(1);
  });

  test('by being looked at, but not by being left', () => {
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(woken).toBe(0);
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(woken).toBe(1);
  });

  test('by a lid that is opened: the clock went on while timers stood', () => {
    vi.advanceTimersByTime(5000);
    expect(woken).toBe(0);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(1000);
    expect(woken).toBe(1);
  });

  test('no more once it is not asked for', () => {
    stop();
    page.dispatchEvent(new Event('online'));
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5000);
    expect(woken).toBe(0);
  });
});

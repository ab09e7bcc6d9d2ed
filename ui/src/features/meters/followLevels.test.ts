import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SourceLevel } from '../../api/types';
import { LevelBus } from '../../live/levels';
import { followLevels } from './followLevels';

const frame = (peaks: Record<string, number>) => ({
  type: 'levels' as const,
  master: { peakDb: -3, rmsDb: -9, clip: false, momentaryLufs: null },
  sources: Object.entries(peaks).map(([id, peakDb]) => ({ id, peakDb, rmsDb: peakDb - 6, clip: false })),
});

describe('what a meter draws', () => {
  let bus: LevelBus;
  let drawn: (number | null)[];
  const draw = (level: SourceLevel | null) => drawn.push(level?.peakDb ?? null);
  const publish = async (peaks: Record<string, number>) => {
    bus.publish(frame(peaks) as unknown as Parameters<LevelBus['publish']>[0]);
    await Promise.resolve();
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    bus = new LevelBus();
    drawn = [];
  });
  afterEach(() => vi.useRealTimers());

  test('is the loudest of its sources, once a frame', async () => {
    await publish({});
    followLevels(bus, ['a', 'b'], draw);
    await publish({ a: -20, b: -6 });
    expect(drawn).toEqual([-6]);
  });

  test('is silence as soon as nobody is left to measure', async () => {
    const stop = followLevels(bus, ['a'], draw);
    await publish({ a: -6 });
    stop();
    followLevels(bus, [], draw);
    expect(drawn).toEqual([null, -6, null]);
    await publish({ a: -6 });
    expect(drawn).toHaveLength(3);
  });

  test('is silence when frames have ceased, also for sources that came after the last one', async () => {
    followLevels(bus, ['a'], draw);
    await publish({ a: -6 });
    vi.advanceTimersByTime(2000);
    await Promise.resolve();
    expect(drawn).toEqual([null, -6, null]);
    followLevels(bus, ['b'], draw);
    expect(drawn).toEqual([null, -6, null, null]);
  });

  test('stays while other sources are chosen during a show: the next frame has theirs', async () => {
    await publish({ a: -6 });
    followLevels(bus, ['b'], draw);
    expect(drawn).toEqual([]);
  });
});

import { useEffect, useRef } from 'react';
import type { SourceLevel } from '../../api/types';
import { kMeterFloorDb, meterFraction } from '../../format/level';
import type { LevelBus } from '../../live/levels';
import { Ballistics } from './ballistics';
import { followLevels } from './followLevels';
import './meters.css';

interface Props {
  bus: LevelBus;
  /** One source, or several whose loudest is shown. Must keep its identity between renders. */
  sources: readonly string[];
  label: string;
  vertical?: boolean;
  testId?: string;
}

/**
 * A level meter that React renders once: each frame moves a cover and a hold line by transforms, which costs
 * neither layout nor a render. `data-peak-db` has the last value, for tests.
 */
export function Meter({ bus, sources, label, vertical = false, testId }: Props) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const cover = element.querySelector<HTMLElement>('.meter-cover');
    const hold = element.querySelector<HTMLElement>('.meter-hold');
    const ballistics = new Ballistics();
    const draw = (level: SourceLevel | null) => {
      const now = performance.now();
      if (level) ballistics.update(level.peakDb, level.clip, now);
      else ballistics.reset();
      const fraction = meterFraction(ballistics.levelDb);
      const held = meterFraction(ballistics.holdDb);
      if (cover) cover.style.transform = vertical ? `scaleY(${1 - fraction})` : `scaleX(${1 - fraction})`;
      if (hold) {
        hold.style.transform = vertical
          ? `translateY(${(1 - held) * 100}%)`
          : `translateX(${(held - 1) * 100}%)`;
        hold.style.opacity = ballistics.holdDb > kMeterFloorDb ? '1' : '0';
      }
      element.classList.toggle('clipped', ballistics.isClipLit(now));
      const peakDb = level?.peakDb ?? -Infinity;
      element.dataset.peakDb = Number.isFinite(peakDb) ? peakDb.toFixed(1) : '-inf';
    };
    return followLevels(bus, sources, draw);
  }, [bus, sources, vertical]);

  return (
    <div
      ref={root}
      className={`meter ${vertical ? 'vertical' : 'horizontal'}`}
      role="img"
      aria-label={label}
      data-testid={testId}
    >
      <div className="meter-bar">
        <div className="meter-cover" />
        <div className="meter-hold" />
      </div>
      <div className="meter-clip" title="Clipping" />
    </div>
  );
}

import type { CSSProperties } from 'react';
import { formatDb, volumeToDb } from '../format/level';
import { useHeldValue } from './useHeldValue';

interface Props {
  label: string;
  /** 0–100 as the server has it. */
  value: number;
  onChange: (value: number) => void;
  vertical?: boolean;
  disabled?: boolean;
  testId?: string;
}

/** A volume of 0–100 with its gain in dB. A drag sends at most ten values a second, and always the last one. */
export function Fader({ label, value, onChange, vertical = false, disabled = false, testId }: Props) {
  const [shown, set] = useHeldValue(value, onChange);
  const db = formatDb(volumeToDb(shown));
  return (
    <>
      <input
        type="range"
        className={`fader ${vertical ? 'vertical' : 'horizontal'}`}
        style={{ '--fill': `${shown}%` } as CSSProperties}
        min={0}
        max={100}
        step={1}
        value={shown}
        disabled={disabled}
        aria-label={label}
        aria-orientation={vertical ? 'vertical' : 'horizontal'}
        aria-valuetext={`${shown}, ${db}`}
        data-testid={testId}
        onChange={(event) => set(Number(event.target.value))}
      />
      <output className="db" aria-hidden="true">
        {db}
      </output>
    </>
  );
}

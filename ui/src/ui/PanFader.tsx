import { panMark, panWords } from '../format/pan';
import { useHeldValue } from './useHeldValue';
import './pan.css';

interface Props {
  label: string;
  /** −1 (left) to 1 (right) as the server has it. */
  value: number;
  onChange: (value: number) => void;
  testId?: string;
}

/** Where somebody is heard between left and right. A double click or the key 0 puts them in the middle again. */
export function PanFader({ label, value, onChange, testId }: Props) {
  const [shown, set] = useHeldValue(value, onChange);
  return (
    <>
      <input
        type="range"
        className="fader horizontal pan"
        min={-100}
        max={100}
        step={5}
        value={Math.round(shown * 100)}
        aria-label={label}
        aria-valuetext={panWords(shown)}
        title="Double-click or 0: centre"
        data-testid={testId}
        onChange={(event) => set(Number(event.target.value) / 100)}
        onDoubleClick={() => set(0)}
        onKeyDown={(event) => {
          if (event.key === '0') set(0);
        }}
      />
      <output className="db pan-mark" aria-hidden="true">
        {panMark(shown)}
      </output>
    </>
  );
}

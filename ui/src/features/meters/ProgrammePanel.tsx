import { useEffect, useRef, useState } from 'react';
import { kMasterId } from '../../live/levels';
import { useFeed } from '../../live/useShow';
import { meterFraction } from '../../format/level';
import { Meter } from './Meter';
import { Panel } from '../../ui/Panel';

const kMaster = [kMasterId] as const;
const kTicks = [-60, -40, -20, -12, -6, 0];

/** The programme as listeners get it: a large master meter and its momentary loudness. */
export function ProgrammePanel() {
  const feed = useFeed();
  return (
    <Panel title="Programme" actions={<Loudness />} className="panel-programme">
      <div className="programme-meter">
        <Meter bus={feed.levels} sources={kMaster} label="Level of the programme" testId="meter-master" />
      </div>
      <div className="meter-scale" aria-hidden="true">
        {kTicks.map((db) => (
          <span key={db} style={{ left: `${meterFraction(db) * 100}%` }}>
            {db === -60 ? '−∞' : String(db).replace('-', '−')}
          </span>
        ))}
      </div>
    </Panel>
  );
}

function Loudness() {
  const feed = useFeed();
  const output = useRef<HTMLOutputElement>(null);
  const [known, setKnown] = useState(false);
  useEffect(
    () =>
      feed.levels.subscribe(kMasterId, (level) => {
        const lufs = (level as { momentaryLufs?: number | null } | null)?.momentaryLufs;
        const isKnown = typeof lufs === 'number' && lufs > -70;
        setKnown(isKnown);
        if (output.current && isKnown) output.current.textContent = lufs.toFixed(1).replace('-', '−');
      }),
    [feed],
  );
  return (
    <span className="loudness" title="Momentary loudness (EBU R128)">
      <output ref={output} style={{ visibility: known ? 'visible' : 'hidden' }}>
        −00.0
      </output>{' '}
      LUFS
    </span>
  );
}

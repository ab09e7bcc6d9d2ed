import { useMemo } from 'react';
import type { AudioRouting } from '../../api/types';
import { kDeckId, kMasterId } from '../../live/levels';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Fader } from '../../ui/Fader';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { Meter } from '../meters/Meter';
import './mixer.css';

type Bus = 'hostVolume' | 'callersVolume' | 'tracklistVolume' | 'masterVolume';

const kDeck = [kDeckId] as const;
const kMaster = [kMasterId] as const;
/** Volumes and dynamics of a new show. Who is on the air isn't part of it: a reset takes nobody off. */
const kDefaults = {
  tracklistVolume: 30,
  hostVolume: 100,
  callersVolume: 80,
  masterVolume: 100,
  compression: { enabled: true, threshold: -20, ratio: 4 },
  limiter: { enabled: true, ceiling: -1 },
};

export function MixerPanel() {
  const feed = useFeed();
  const routing = useShow((state) => state.routing);
  const people = useShow((state) => state.participants);
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}/audio-routing`;

  // Keyed by text, so that a meter isn't set up anew whenever a seat's figures change.
  const hostIds = people
    .filter((p) => p.role === 'HOST')
    .map((p) => p.participantId)
    .join(' ');
  const callerIds = people
    .filter((p) => p.role === 'CALLER' && p.isOnAir)
    .map((p) => p.participantId)
    .join(' ');
  const hosts = useMemo(() => hostIds.split(' ').filter(Boolean), [hostIds]);
  const callers = useMemo(() => callerIds.split(' ').filter(Boolean), [callerIds]);

  const set = (bus: Bus) => (value: number) => {
    void action.run(async () => {
      feed.merge({ routing: await feed.api.send<AudioRouting>('PUT', path, { [bus]: value }) });
    });
  };
  const strips: { bus: Bus; label: string; testId: string; sources: readonly string[] }[] = [
    { bus: 'hostVolume', label: 'Host', testId: 'fader-host', sources: hosts },
    { bus: 'callersVolume', label: 'Callers', testId: 'fader-callers', sources: callers },
    { bus: 'tracklistVolume', label: 'Music', testId: 'fader-tracklist', sources: kDeck },
    { bus: 'masterVolume', label: 'Master', testId: 'fader-master', sources: kMaster },
  ];

  return (
    <Panel
      title="Mixer"
      className="panel-mixer"
      actions={
        <Button
          look="quiet"
          disabled={!routing}
          onClick={() =>
            void action.run(async () => {
              feed.merge({ routing: await feed.api.send<AudioRouting>('PUT', path, kDefaults) });
            })
          }
        >
          Reset
        </Button>
      }
    >
      <div className="strips">
        {strips.map(({ bus, label, testId, sources }) => (
          <div key={bus} className={`strip ${bus === 'masterVolume' ? 'master' : ''}`}>
            <div className="strip-body">
              <Meter
                bus={feed.levels}
                sources={sources}
                label={`Level of ${label}`}
                vertical
                testId={`meter-${testId.slice(6)}-bus`}
              />
              <Fader
                vertical
                label={`${label} volume`}
                value={routing?.[bus] ?? 0}
                disabled={!routing}
                testId={testId}
                onChange={set(bus)}
              />
            </div>
            <span className="strip-label">{label}</span>
          </div>
        ))}
      </div>
      <Message text={action.error} bad onDismiss={action.clear} />
      <p className="dynamics">
        {routing &&
          `Compressor ${routing.compression.enabled ? `${routing.compression.threshold} dB, ${routing.compression.ratio}:1` : 'off'} · Limiter ${
            routing.limiter.enabled ? `${routing.limiter.ceiling} dBTP` : 'off'
          }`}
      </p>
    </Panel>
  );
}

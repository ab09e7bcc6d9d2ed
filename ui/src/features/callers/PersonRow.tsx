import { memo, useId, useMemo, useState } from 'react';
import type { Participant } from '../../api/types';
import { airStateOf, type AirState } from '../../format/airState';
import { healthOf } from '../../format/network';
import { useFeed, useShow } from '../../live/useShow';
import { IconButton, resting } from '../../ui/Button';
import { Fader } from '../../ui/Fader';
import { Message } from '../../ui/Messages';
import { PanFader } from '../../ui/PanFader';
import { useAction } from '../../ui/useAction';
import { Meter } from '../meters/Meter';
import { KickDialog } from './KickDialog';
import { LineFigures, LineHealth } from './LineHealth';
import { patchPerson, setOnAir } from './commands';

interface Props {
  person: Participant;
  isSelf: boolean;
  /** The key 1–9 that toggles this caller. */
  shortcut: number | null;
  /** What is to be said of somebody whose row may be gone by then. */
  onTold: (text: string | null) => void;
}

/** What the toggle says besides on or off: why nobody hears somebody who is on the air. */
const kAirNotes: Record<AirState, string> = {
  air: '',
  off: '',
  ready: 'once live',
  away: 'not connected',
  'page-only': 'no sound yet',
  'no-microphone': 'no microphone',
  muted: 'muted here',
  'self-muted': 'muted themselves',
  faded: 'fader at zero',
};

export const PersonRow = memo(function PersonRow({ person, isSelf, shortcut, onTold }: Props) {
  const feed = useFeed();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const id = person.participantId;
  const name = person.username || 'Unnamed';
  const sources = useMemo(() => [id], [id]);
  const status = useShow((state) => state.show?.status ?? null);
  const isLive = status === 'LIVE';
  const health = healthOf(person, status);
  const air = useShow((state) => airStateOf(person, state.routing, isLive));
  const [wantsFigures, setWantsFigures] = useState(false);
  const figuresId = useId();
  const noteId = useId();
  const showsFigures = wantsFigures && health.figures.length > 0;
  const note = kAirNotes[air] || (person.selfMuted ? kAirNotes['self-muted'] : '');
  const airText = !person.isOnAir ? 'Off air' : air === 'air' ? 'ON AIR' : 'On air';

  return (
    <li
      className={`person ${air === 'air' ? 'on-air' : ''} ${health.tone === 'off' ? 'away' : ''}`}
      data-testid={`participant-row-${id}`}
      data-on-air={person.isOnAir}
      data-air={air}
      data-publishing={person.isPublishing}
    >
      <div className="person-name">
        <div className="person-line">
          <strong>{name}</strong>
          <span className="person-tags">
            {person.role === 'HOST' && <span className="tag">Host</span>}
            {isSelf && <span className="tag">You</span>}
            {shortcut !== null && (
              <kbd className="person-key" title={`Key ${shortcut}: on or off air`}>
                {shortcut}
              </kbd>
            )}
          </span>
        </div>
        <LineHealth
          health={health}
          name={name}
          testId={`health-${id}`}
          figuresId={figuresId}
          expanded={showsFigures}
          onToggle={() => setWantsFigures(!wantsFigures)}
        />
      </div>
      <button
        type="button"
        className={`on-air-toggle ${air}`}
        aria-pressed={person.isOnAir}
        aria-label={`${name}: ${airText}`}
        aria-describedby={noteId}
        data-testid={`on-air-toggle-${id}`}
        {...resting(
          action.busy || person.kicked,
          () => void action.run(() => setOnAir(feed, person, !person.isOnAir)),
        )}
      >
        <span>{airText}</span>
        <small id={noteId}>{note}</small>
      </button>
      <div className="person-meter">
        <Meter bus={feed.levels} sources={sources} label={`Level of ${name}`} testId={`meter-${id}`} />
      </div>
      <div className="person-controls">
        <Fader
          label={`Volume of ${name}`}
          value={person.volume}
          testId={`volume-${id}`}
          onChange={(volume) => void action.run(() => patchPerson(feed, id, { volume }))}
        />
        <PanFader
          label={`Pan of ${name}`}
          value={person.pan}
          testId={`pan-${id}`}
          onChange={(pan) => void action.run(() => patchPerson(feed, id, { pan }))}
        />
        <IconButton
          icon={person.muted ? 'micOff' : 'mic'}
          label={`Mute ${name}`}
          aria-pressed={person.muted}
          data-testid={`mute-${id}`}
          onClick={() => void action.run(() => patchPerson(feed, id, { muted: !person.muted }))}
        />
        <IconButton
          look="quiet"
          icon="close"
          className="icon kick"
          label={person.isOwner ? `${name} owns the show and can’t be removed` : `Remove ${name}`}
          data-testid={`kick-${id}`}
          disabled={isSelf || person.isOwner || person.kicked}
          onClick={() => setAsking(true)}
        />
      </div>
      {showsFigures && <LineFigures health={health} id={figuresId} testId={`figures-${id}`} />}
      <Message text={action.error && `${name}: ${action.error}`} bad onDismiss={action.clear} />
      {asking && (
        <KickDialog person={person} action={action} onTold={onTold} onClose={() => setAsking(false)} />
      )}
    </li>
  );
});

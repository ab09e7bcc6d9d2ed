import { memo, useId, useMemo, useState } from 'react';
import type { Participant } from '../../api/types';
import { healthOf } from '../../format/network';
import { useFeed } from '../../live/useShow';
import { IconButton } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Fader } from '../../ui/Fader';
import { Notice } from '../../ui/Notice';
import { useAction } from '../../ui/useAction';
import { Meter } from '../meters/Meter';
import { LineFigures, LineHealth } from './LineHealth';
import { kick, patchPerson, setOnAir } from './commands';

interface Props {
  person: Participant;
  isSelf: boolean;
  /** The key 1–9 that toggles this caller. */
  shortcut: number | null;
}

export const PersonRow = memo(function PersonRow({ person, isSelf, shortcut }: Props) {
  const feed = useFeed();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const id = person.participantId;
  const sources = useMemo(() => [id], [id]);
  const health = healthOf(person);
  const [wantsFigures, setWantsFigures] = useState(false);
  const figuresId = useId();
  const showsFigures = wantsFigures && health.figures.length > 0;

  return (
    <li
      className={`person ${person.isOnAir ? 'on-air' : ''} ${health.tone === 'off' ? 'away' : ''}`}
      data-testid={`participant-row-${id}`}
      data-on-air={person.isOnAir}
      data-publishing={person.isPublishing}
    >
      <div className="person-name">
        <div className="person-line">
          <strong>{person.username || 'Unnamed'}</strong>
          <span className="person-tags">
            {person.role === 'HOST' && <span className="tag">Host</span>}
            {isSelf && <span className="tag">You</span>}
            {shortcut !== null && shortcut <= 9 && (
              <kbd className="person-key" title={`Key ${shortcut}: on or off air`}>
                {shortcut}
              </kbd>
            )}
          </span>
        </div>
        <div>
          <LineHealth
            health={health}
            name={person.username || 'Unnamed'}
            testId={`health-${id}`}
            figuresId={figuresId}
            expanded={showsFigures}
            onToggle={() => setWantsFigures(!wantsFigures)}
          />
        </div>
      </div>
      <button
        type="button"
        className="on-air-toggle"
        aria-pressed={person.isOnAir}
        aria-label={`${person.username}: on air`}
        data-testid={`on-air-toggle-${id}`}
        disabled={action.busy}
        onClick={() => void action.run(() => setOnAir(feed, person, !person.isOnAir))}
      >
        {person.isOnAir ? 'ON AIR' : 'Off air'}
      </button>
      <div className="person-meter">
        <Meter
          bus={feed.levels}
          sources={sources}
          label={`Level of ${person.username}`}
          testId={`meter-${id}`}
        />
      </div>
      <div className="person-controls">
        <Fader
          label={`Volume of ${person.username}`}
          value={person.volume}
          testId={`volume-${id}`}
          onChange={(volume) => void action.run(() => patchPerson(feed, id, { volume }))}
        />
        <IconButton
          icon={person.muted ? 'micOff' : 'mic'}
          label={person.muted ? `Unmute ${person.username}` : `Mute ${person.username}`}
          aria-pressed={person.muted}
          data-testid={`mute-${id}`}
          onClick={() => void action.run(() => patchPerson(feed, id, { muted: !person.muted }))}
        />
        <IconButton
          look="quiet"
          icon="close"
          className="icon kick"
          label={`Remove ${person.username}`}
          data-testid={`kick-${id}`}
          disabled={isSelf}
          onClick={() => setAsking(true)}
        />
      </div>
      {showsFigures && <LineFigures health={health} id={figuresId} testId={`figures-${id}`} />}
      {action.error && (
        <div className="person-error">
          <Notice text={action.error} bad onDismiss={action.clear} />
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={`Remove ${person.username}?`}
          text="They are cut off at once and can’t come back with the same link."
          confirm="Remove"
          onConfirm={() => void action.run(() => kick(feed, id))}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
});

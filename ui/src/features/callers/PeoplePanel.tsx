import { useState } from 'react';
import { useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Panel } from '../../ui/Panel';
import { Invite } from './Invite';
import { peopleGone, peopleInOrder } from './order';
import { PersonRow } from './PersonRow';
import './callers.css';

export function PeoplePanel({ ownId }: { ownId: string | null }) {
  const participants = useShow((state) => state.participants);
  const [inviting, setInviting] = useState(false);
  const here = peopleInOrder(participants);
  const gone = peopleGone(participants);
  let key = 0;
  return (
    <Panel
      title="People"
      className="panel-people"
      count={here.length}
      actions={
        <Button
          look="quiet"
          icon="link"
          aria-expanded={inviting}
          data-testid="invite"
          onClick={() => setInviting(!inviting)}
        >
          Invite
        </Button>
      }
    >
      {inviting && <Invite />}
      {here.length === 0 && !inviting ? (
        <div className="empty">
          <p>Nobody is here yet. Send callers the invite link; they need nothing but a browser.</p>
          <Button icon="link" onClick={() => setInviting(true)}>
            Show invite link
          </Button>
        </div>
      ) : (
        <ul className="people">
          {here.map((person) => (
            <PersonRow
              key={person.participantId}
              person={person}
              isSelf={person.participantId === ownId}
              shortcut={person.role === 'CALLER' ? (key += 1) : null}
            />
          ))}
        </ul>
      )}
      {gone.length > 0 && (
        <details className="people-gone">
          <summary>Not here any more ({gone.length})</summary>
          <ul>
            {gone.map((person) => (
              <li key={person.participantId} data-testid={`participant-gone-${person.participantId}`}>
                {person.username}
                <span className="soft">{person.kicked ? 'Removed' : 'Left'}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

import { useEffect, useRef, useState } from 'react';
import { useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { GoneRow } from './GoneRow';
import { Invite } from './Invite';
import { linksToKeep, type NamedLink } from './NamedLinks';
import type { KeyOf } from './keys';
import { peopleGone } from './order';
import { useStillPeople } from './useStillPeople';
import { PersonRow } from './PersonRow';
import './callers.css';

interface Props {
  ownId: string | null;
  keyOf: KeyOf;
}

export function PeoplePanel({ ownId, keyOf }: Props) {
  const participants = useShow((state) => state.participants);
  const [inviting, setInviting] = useState(false);
  // Here, since the server tells each of them only once: closing the invitations must not lose them.
  const [named, setNamed] = useState<readonly NamedLink[]>([]);
  useEffect(() => setNamed((links) => linksToKeep(links, participants)), [participants]);
  const [told, setTold] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const here = useStillPeople(participants, list);
  const gone = peopleGone(participants);
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
      {inviting && <Invite named={named} onNamed={(link) => setNamed((links) => [link, ...links])} />}
      <div className="people-room">
        {here.length === 0 && !inviting ? (
          <div className="empty">
            <p>Nobody is here yet. Send callers the link for any caller; they need nothing but a browser.</p>
            <Button icon="link" onClick={() => setInviting(true)}>
              Show the link
            </Button>
          </div>
        ) : (
          <ul className="people" ref={list}>
            {here.map((person) => (
              <PersonRow
                key={person.participantId}
                person={person}
                isSelf={person.participantId === ownId}
                shortcut={keyOf.get(person.participantId) ?? null}
                onTold={setTold}
              />
            ))}
          </ul>
        )}
        {gone.length > 0 && (
          <details className="people-gone">
            <summary>No longer here ({gone.length})</summary>
            <ul>
              {gone.map((person) => (
                <GoneRow key={person.participantId} person={person} />
              ))}
            </ul>
          </details>
        )}
      </div>
      <Message text={told} onDismiss={() => setTold(null)} />
    </Panel>
  );
}

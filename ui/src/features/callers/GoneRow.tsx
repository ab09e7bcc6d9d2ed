import { useState } from 'react';
import type { Participant } from '../../api/types';
import { useFeed } from '../../live/useShow';
import { IconButton } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Message } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { eraseName } from './commands';

/** Somebody who isn't here any more, whose name can be erased. */
export function GoneRow({ person }: { person: Participant }) {
  const feed = useFeed();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const name = person.username || 'Name erased';
  return (
    <li data-testid={`participant-gone-${person.participantId}`}>
      <span className="gone-name">{name}</span>
      <span className="soft">{person.kicked ? 'Removed' : 'Left'}</span>
      <IconButton
        look="quiet"
        icon="trash"
        label={`Erase the name ${name}`}
        data-testid={`erase-${person.participantId}`}
        disabled={action.busy || !person.username}
        onClick={() => setAsking(true)}
      />
      <Message text={action.error && `${name}: ${action.error}`} bad onDismiss={action.clear} />
      {asking && (
        <ConfirmDialog
          title={`Erase the name ${name}?`}
          text="It is removed everywhere, also from the log. This can’t be undone."
          confirm="Erase"
          onConfirm={() => void action.run(() => eraseName(feed, person.participantId))}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

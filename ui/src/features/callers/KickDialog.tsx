import { useState } from 'react';
import type { Participant } from '../../api/types';
import { useFeed } from '../../live/useShow';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import type { Action } from '../../ui/useAction';
import { kick } from './commands';

/** Asks before somebody is removed, and says what that does and what it doesn't. `onTold` gets what is to be said after. */
export function KickDialog(props: {
  person: Participant;
  action: Action;
  onTold: (text: string | null) => void;
  onClose: () => void;
}) {
  const { person, action, onTold, onClose } = props;
  const feed = useFeed();
  const [bans, setBans] = useState(false);
  return (
    <ConfirmDialog
      title={`Remove ${person.username}?`}
      text={
        bans
          ? 'They are cut off at once and their seat is closed. The link for any caller stops working from the addresses that they joined or called from, also for others behind the same connection; from elsewhere they can still join. Invite can open the link to all kept-out addresses again.'
          : 'They are cut off at once and their seat is closed. With the link for any caller they can still join again, under any name.'
      }
      confirm="Remove"
      onConfirm={() => void action.run(async () => onTold(await kick(feed, person, bans)))}
      onClose={onClose}
    >
      <label className="choice">
        <input
          type="checkbox"
          data-testid="kick-ban"
          checked={bans}
          onChange={(event) => setBans(event.target.checked)}
        />
        Keep them from joining again
      </label>
    </ConfirmDialog>
  );
}

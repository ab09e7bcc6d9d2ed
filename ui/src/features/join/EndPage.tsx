import type { PublicShow } from '../../api/types';
import { Button } from '../../ui/Button';
import { MessagePage } from '../../ui/MessagePage';

export type Ending = 'left' | 'kicked' | 'expired' | 'elsewhere' | 'over';

const kEndings: Record<Ending, { title: string; text: string; again?: string }> = {
  left: {
    title: 'You left the show',
    text: 'Your microphone is off. Thanks for calling in.',
    again: 'Join again',
  },
  kicked: {
    title: 'The host removed you',
    text: 'Your microphone is off, and your seat in this show is closed.',
  },
  expired: {
    title: 'Your link no longer works',
    text: 'It has expired, or lost a part on its way. Open the whole link again, or ask the host for a new one.',
  },
  elsewhere: {
    title: 'You joined somewhere else',
    text: 'You take part in another window or on another device, and the microphone of this one is off.',
    again: 'Join here instead',
  },
  over: { title: 'The show is over', text: 'Your microphone is off. Thanks for calling in.' },
};

interface Props {
  ending: Ending;
  show: PublicShow | null;
  /** The page was opened by a link that gives another seat. */
  mayStartAnew: boolean;
  /** Back into the same seat. */
  onAgain: () => void;
  onAnew: () => void;
}

/** A caller's page when they take part no more, and what they can do about it. */
export function EndPage({ ending, show, mayStartAnew, onAgain, onAnew }: Props) {
  const { title, text, again } = kEndings[ending];
  const isOnAgain = ending === 'over' && show?.status === 'LIVE';
  return (
    <MessagePage title={title} text={show && ending === 'over' ? `“${show.title}” has ended. ${text}` : text}>
      <span className="visually-hidden" role="status" data-testid="join-status" data-state={ending}>
        {title}
      </span>
      {(again || isOnAgain) && (
        <Button look="primary" large data-testid="rejoin-button" onClick={onAgain}>
          {again ?? 'Join again'}
        </Button>
      )}
      {ending === 'kicked' && mayStartAnew && (
        <Button large data-testid="join-anew" onClick={onAnew}>
          Join as somebody new
        </Button>
      )}
    </MessagePage>
  );
}

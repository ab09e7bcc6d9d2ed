import { useEffect, useMemo, useState } from 'react';
import { ApiError, makeApi } from '../../api/client';
import type { PublicShow } from '../../api/types';
import { claimsOf, forgetSeat, loadSeat, saveSeat, tokenFromQuery, type Seat } from '../../auth/tokens';
import { LevelBus } from '../../live/levels';
import { useSeatAudio } from '../../rtc/useSeatAudio';
import { Button } from '../../ui/Button';
import { Shell } from '../../ui/Icon';
import { MessagePage } from '../../ui/MessagePage';
import { Notice } from '../../ui/Notice';
import { useAction } from '../../ui/useAction';
import { JoinForm } from './JoinForm';
import { Room } from './Room';
import { usePublicShow } from './usePublicShow';
import './join.css';

type Ending = 'left' | 'kicked' | 'expired' | 'elsewhere' | 'over';

/**
 * A caller's page. The link's token is an invitation (then the person gets a seat of their own, once) or already
 * somebody's seat (invited by name). The seat is kept, so that a refresh is the same person.
 */
export default function JoinPage({ showId }: { showId: string }) {
  const linkToken = useMemo(() => tokenFromQuery(location.search), []);
  const [seat, setSeat] = useState<Seat | null>(() => seatOfLink(showId, linkToken));
  const [ending, setEnding] = useState<Ending | null>(null);
  const [wantsIn, setWantsIn] = useState(() => seat !== null);
  const isInRoom = seat !== null && wantsIn && ending === null;
  const { show, missing } = usePublicShow(showId, !isInRoom);
  const bus = useMemo(() => new LevelBus(), []);
  const audio = useSeatAudio(showId, bus);
  const action = useAction();

  useEffect(() => {
    if (show) document.title = `${show.title} · Join`;
  }, [show]);

  const { leave } = audio;
  const refused = audio.state.kind === 'refused' ? audio.state.reason : null;
  useEffect(() => {
    if (refused === 'kicked' || refused === 'expired' || refused === 'elsewhere') {
      forgetSeatUnlessKicked(showId, refused);
      setEnding(refused);
      void leave();
    }
  }, [refused, showId, leave]);

  if (missing)
    return (
      <MessagePage title="This show doesn’t exist" text="It may be over. Ask the host for a new link." />
    );
  if (!linkToken && !seat)
    return (
      <MessagePage
        title="This link is incomplete"
        text="Open the whole link that the host sent you, with everything after the question mark."
      />
    );

  const join = (name: string) =>
    action.run(async () => {
      // The microphone first: whoever can't give one shouldn't appear in the studio.
      if (!audio.isOpen && !(await audio.microphone.open())) return;
      setSeat(seat ?? (await takeSeat(showId, linkToken ?? '', name)));
      setWantsIn(true);
      setEnding(null);
    });

  if (ending)
    return (
      <EndPage
        ending={ending}
        show={show}
        onAgain={() => {
          setEnding(null);
          setWantsIn(true);
          void audio.microphone.open();
        }}
      />
    );

  return (
    <main className="join">
      <JoinHead show={show} />
      {seat && wantsIn ? (
        <Room
          showId={showId}
          seat={seat}
          show={show}
          audio={audio}
          bus={bus}
          onLeave={() => {
            void audio.leave();
            setWantsIn(false);
            setEnding('left');
          }}
          onKicked={() => {
            void audio.leave();
            setEnding('kicked');
          }}
          onExpired={() => {
            void audio.leave();
            forgetSeat(localStorage, showId);
            setEnding('expired');
          }}
          onOver={() => {
            void audio.leave();
            setEnding('over');
          }}
        />
      ) : (
        <JoinForm
          audio={audio}
          bus={bus}
          busy={action.busy}
          knownName={seat?.username ?? ''}
          onJoin={(name) => void join(name)}
        />
      )}
      <Notice text={action.error} bad onDismiss={action.clear} />
    </main>
  );
}

/** A seat that was taken before; else the link itself, when it is one person's. A link by name wins over memory. */
function seatOfLink(showId: string, linkToken: string | null): Seat | null {
  const { participantId, username } = claimsOf(linkToken);
  if (linkToken && participantId?.startsWith('part-')) {
    const seat = { participantId, token: linkToken, username: username ?? '' };
    const kept = loadSeat(localStorage, showId, Date.now());
    return kept?.participantId === participantId ? kept : seat;
  }
  return loadSeat(localStorage, showId, Date.now());
}

async function takeSeat(showId: string, invitation: string, username: string): Promise<Seat> {
  const path = `/shows/${encodeURIComponent(showId)}/join`;
  try {
    const given = await makeApi(invitation).send<{ participantId: string; token: string }>('POST', path, {
      username,
    });
    const seat = { ...given, username };
    saveSeat(localStorage, showId, seat);
    return seat;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      throw new ApiError(401, 'This invitation has expired. Ask the host for a new link.');
    throw error;
  }
}

/** A removed person's seat is kept, or a refresh of the page would let them in again as somebody new. */
function forgetSeatUnlessKicked(showId: string, reason: Ending): void {
  if (reason === 'expired') forgetSeat(localStorage, showId);
}

function JoinHead({ show }: { show: PublicShow | null }) {
  return (
    <header className="join-head">
      <Shell size={40} />
      <div>
        <p className="soft">Calling in to</p>
        <h1>{show?.title ?? '…'}</h1>
      </div>
    </header>
  );
}

const kEndings: Record<Ending, { title: string; text: string; again: boolean }> = {
  left: { title: 'You left the show', text: 'Your microphone is off. Thanks for calling in.', again: true },
  kicked: {
    title: 'The host removed you',
    text: 'Your microphone is off. You can’t rejoin with this link.',
    again: false,
  },
  expired: {
    title: 'Your link has expired',
    text: 'Ask the host for a new link to join again.',
    again: false,
  },
  elsewhere: {
    title: 'You joined somewhere else',
    text: 'You take part in another window or on another device, and the microphone of this one is off.',
    again: true,
  },
  over: { title: 'The show is over', text: 'Your microphone is off. Thanks for calling in.', again: false },
};

function EndPage({
  ending,
  show,
  onAgain,
}: {
  ending: Ending;
  show: PublicShow | null;
  onAgain: () => void;
}) {
  const { title, text, again } = kEndings[ending];
  return (
    <MessagePage title={title} text={show && ending === 'over' ? `“${show.title}” has ended. ${text}` : text}>
      <span className="visually-hidden" role="status" data-testid="join-status" data-state={ending}>
        {title}
      </span>
      {(again || (ending === 'over' && show?.status === 'LIVE')) && (
        <Button look="primary" large data-testid="rejoin-button" onClick={onAgain}>
          {ending === 'elsewhere' ? 'Join here instead' : 'Join again'}
        </Button>
      )}
    </MessagePage>
  );
}

import { browserStorage, tabStorage } from '../../auth/storage';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, makeApi } from '../../api/client';
import type { PublicShow } from '../../api/types';
import { forgetLinkToken, linkToken as tokenOfLink } from '../../auth/linkToken';
import { claimsOf, forgetSeat, loadSeat, saveSeat, type Seat } from '../../auth/tokens';
import { LevelBus } from '../../live/levels';
import { useSeatAudio } from '../../rtc/useSeatAudio';
import { Button } from '../../ui/Button';
import { Shell } from '../../ui/Icon';
import { MessagePage } from '../../ui/MessagePage';
import { Message, MessageArea, MessageStrip } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { JoinForm } from './JoinForm';
import { leaveSeat } from './leaveSeat';
import { Room } from './Room';
import { usePublicShow } from './usePublicShow';
import './join.css';

type Ending = 'left' | 'kicked' | 'expired' | 'elsewhere' | 'over';

/**
 * A caller's page. The link's token is an invitation (then the person gets a seat of their own, once) or already
 * somebody's seat (invited by name). The seat is kept, so that a refresh is the same person.
 */
export default function JoinPage({ showId }: { showId: string }) {
  const linkToken = useMemo(() => tokenOfLink(location, tabStorage), []);
  const [seat, setSeat] = useState<Seat | null>(() => seatOfLink(showId, linkToken));
  const [ending, setEnding] = useState<Ending | null>(null);
  const [wantsIn, setWantsIn] = useState(() => seat !== null && !seat.left);
  const isInRoom = seat !== null && wantsIn && ending === null;
  const { show, missing } = usePublicShow(showId, !isInRoom);
  const bus = useMemo(() => new LevelBus(), []);
  const audio = useSeatAudio(showId, bus);
  const action = useAction();
  /** A new call before the server has heard of the leaving would be taken for the one that was left. */
  const leaving = useRef<Promise<void> | null>(null);

  useEffect(() => {
    if (show) document.title = `${show.title} · Join`;
  }, [show]);

  const { leave } = audio;
  const refused = audio.state.kind === 'refused' ? audio.state.reason : null;
  useEffect(() => {
    if (refused === 'kicked' || refused === 'expired' || refused === 'elsewhere') {
      // A removed person's seat is kept, or a refresh would let them in again as somebody new.
      if (refused === 'expired' && seat) forgetRefused(showId, seat);
      setEnding(refused);
      void leave();
    }
  }, [refused, showId, seat, leave]);

  if (missing)
    return (
      <MessagePage title="This show doesn’t exist" text="It may be over. Ask the host for a new link." />
    );
  if (!linkToken && !seat)
    return (
      <MessagePage
        title="This link is incomplete"
        text="A part of it was lost on its way. Open the whole link that the host sent you, or ask for it again."
      />
    );

  const join = (name: string) =>
    action.run(async () => {
      // The microphone first: whoever can't give one shouldn't appear in the studio.
      if (!audio.isOpen && !(await audio.microphone.open())) return;
      await comeIn(seat ?? (await takeSeat(showId, linkToken ?? '', name)));
    });
  const comeIn = async (taken: Seat) => {
    await leaving.current;
    const { left: _, ...back } = taken;
    if (taken.left) saveSeat(browserStorage, showId, back);
    setSeat(back);
    setWantsIn(true);
    setEnding(null);
  };
  const leaveRoom = (taken: Seat) => {
    leaving.current = Promise.all([leaveSeat(showId, taken), audio.leave()]).then(() => undefined);
    const left = { ...taken, left: true };
    // Opened again, the page asks before it takes part again.
    saveSeat(browserStorage, showId, left);
    setSeat(left);
    setWantsIn(false);
    setEnding('left');
  };

  if (ending)
    return (
      <EndPage
        ending={ending}
        show={show}
        onAgain={() => {
          void audio.microphone.open();
          if (seat) void comeIn(seat);
        }}
      />
    );

  return (
    <MessageArea>
      <main className="join">
        <JoinHead show={show} />
        <MessageStrip quiet="" grows={!isInRoom} />
        {seat && wantsIn ? (
          <Room
            showId={showId}
            seat={seat}
            show={show}
            audio={audio}
            bus={bus}
            onLeave={() => leaveRoom(seat)}
            onKicked={() => {
              void audio.leave();
              setEnding('kicked');
            }}
            onExpired={() => {
              void audio.leave();
              forgetRefused(showId, seat);
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
        <Message text={action.error} bad onDismiss={action.clear} />
      </main>
    </MessageArea>
  );
}

/** A seat that was taken before; else the link itself, when it is one person's. A link by name wins over memory. */
function seatOfLink(showId: string, linkToken: string | null): Seat | null {
  const { participantId, username } = claimsOf(linkToken);
  if (linkToken && participantId?.startsWith('part-')) {
    const seat = { participantId, token: linkToken, username: username ?? '' };
    const kept = loadSeat(browserStorage, showId, Date.now());
    return kept?.participantId === participantId ? kept : seat;
  }
  return loadSeat(browserStorage, showId, Date.now());
}

const kLinkRefused =
  'This link doesn’t open the show: it has expired, was replaced with a new one, or lost a part on its way. Open the whole link again, or ask the host for a new one.';

async function takeSeat(showId: string, invitation: string, username: string): Promise<Seat> {
  const path = `/shows/${encodeURIComponent(showId)}/join`;
  try {
    const given = await makeApi(invitation).send<{ participantId: string; token: string }>('POST', path, {
      username,
    });
    const seat = { ...given, username };
    saveSeat(browserStorage, showId, seat);
    return seat;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    forgetLinkToken(location, tabStorage);
    throw new ApiError(401, kLinkRefused);
  }
}

/** Forgets what the server doesn't take, but not the seat that another link has given. */
function forgetRefused(showId: string, seat: Seat): void {
  forgetLinkToken(location, tabStorage);
  if (loadSeat(browserStorage, showId, Date.now())?.token === seat.token) forgetSeat(browserStorage, showId);
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
    text: 'Your microphone is off, and your seat in this show is closed.',
    again: false,
  },
  expired: {
    title: 'Your link no longer works',
    text: 'It has expired, or lost a part on its way. Open the whole link again, or ask the host for a new one.',
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

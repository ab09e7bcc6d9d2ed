import { browserStorage, tabStorage } from '../../auth/storage';
import { useEffect, useMemo, useRef, useState } from 'react';
import { makeApi } from '../../api/client';
import type { PublicShow } from '../../api/types';
import { forgetLinkToken, linkToken as tokenOfLink } from '../../auth/linkToken';
import { claimsOf, forgetSeat, isInvitation, loadSeat, saveSeat, type Seat } from '../../auth/tokens';
import { LevelBus } from '../../live/levels';
import { useSeatAudio } from '../../rtc/useSeatAudio';
import { Shell } from '../../ui/Icon';
import { MessagePage } from '../../ui/MessagePage';
import { Message, MessageArea, MessageStrip } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { EndPage, type Ending } from './EndPage';
import { JoinForm } from './JoinForm';
import { leaveSeat } from './leaveSeat';
import { Room } from './Room';
import { usePublicShow, type RefusedToken } from './usePublicShow';
import './join.css';

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
  const shownToken = isInRoom ? null : (seat?.token ?? linkToken);
  const { show, missing, refused: refusedToken } = usePublicShow(showId, !isInRoom, shownToken);
  const isLinkDead = seat === null && linkToken !== null && refusedToken?.token === linkToken;
  const bus = useMemo(() => new LevelBus(), []);
  const audio = useSeatAudio(showId, bus);
  const action = useAction();
  /** A new call before the server has heard of the leaving would be taken for the one that was left. */
  const leaving = useRef<Promise<void> | null>(null);

  useEffect(() => {
    if (show) document.title = `${show.title} · Join`;
  }, [show]);

  const { leave } = audio;
  const refused = audio.state.kind === 'refused' ? audio.state.reason : seatRefusal(seat, refusedToken);
  useEffect(() => {
    if (refused === 'kicked' || refused === 'expired' || refused === 'elsewhere') {
      // A removed person's seat is kept, or a refresh would let them in again as somebody new, unasked.
      if (refused === 'expired' && seat) forgetRefused(showId, seat);
      setEnding(refused);
      void leave();
    }
  }, [refused, showId, seat, leave]);

  useEffect(() => {
    if (!isLinkDead) return;
    // A refresh must not try it again over one that works, and no form is left that the microphone is for.
    forgetLinkToken(location, tabStorage);
    void leave();
  }, [isLinkDead, leave]);

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

  if (isLinkDead)
    return (
      <MessagePage
        title="This link doesn’t open the show"
        text="It has expired, was replaced with a new one, or lost a part on its way. Open the whole link again, or ask the host for a new one."
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

  const startAnew = async () => {
    // The call that was refused must not be taken for one of the new seat.
    await leave();
    if (seat) forgetKept(showId, seat);
    setSeat(null);
    setWantsIn(false);
    setEnding(null);
  };

  if (ending)
    return (
      <EndPage
        ending={ending}
        show={show}
        mayStartAnew={isInvitation(linkToken)}
        onAnew={() => void startAnew()}
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

/** What the server says of the seat whose token was shown to it outside of the room, if that is a refusal. */
function seatRefusal(seat: Seat | null, refused: RefusedToken | null): 'kicked' | 'expired' | null {
  if (!seat || refused?.token !== seat.token) return null;
  return refused.status === 403 ? 'kicked' : 'expired';
}

async function takeSeat(showId: string, invitation: string, username: string): Promise<Seat> {
  const path = `/shows/${encodeURIComponent(showId)}/join`;
  const given = await makeApi(invitation).send<{ participantId: string; token: string }>('POST', path, {
    username,
  });
  const seat = { ...given, username };
  saveSeat(browserStorage, showId, seat);
  return seat;
}

/** Forgets what the server doesn't take, but not the seat that another link has given. */
function forgetRefused(showId: string, seat: Seat): void {
  forgetLinkToken(location, tabStorage);
  forgetKept(showId, seat);
}

function forgetKept(showId: string, { token }: Seat): void {
  if (loadSeat(browserStorage, showId, Date.now())?.token === token) forgetSeat(browserStorage, showId);
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

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LevelBus } from '../live/levels';
import { onWakeUp } from '../live/wakeUp';
import { problemOf } from './microphone';
import { useMicrophone, type Microphone } from './useMicrophone';
import type { Refusal } from './whipRequests';
import { WhipSession, type WhipOptions, type WhipState } from './WhipSession';

const kFinal: Refusal[] = ['kicked', 'expired', 'elsewhere', 'over'];

/** How a call comes to be: by a press, or by itself; and whether it may go on where nobody presses. */
export type CallTerms = Pick<WhipOptions, 'mayReturn'> & { isAsked?: boolean };

export interface SeatAudio {
  state: WhipState;
  microphone: Microphone;
  /** A microphone is open. */
  isOpen: boolean;
  /** The browser wants a tap before it plays the return. */
  needsTapToHear: boolean;
  hear: () => void;
  connect: (token: string, terms?: CallTerms) => Promise<void>;
  leave: () => Promise<void>;
  /** One tap after a phone call: the microphone and the return, which the call may have stopped too. */
  recover: () => void;
  /** Try now: the show went live, or the server has news of the seat. */
  nudge: () => void;
}

/**
 * A person's seat: the microphone, the WHIP session and the return, which plays in an audio element of its own
 * (an element, not WebAudio, so that phones route it like a call and echo cancellation sees it).
 */
export function useSeatAudio(showId: string, bus: LevelBus): SeatAudio {
  const [state, setState] = useState<WhipState>({ kind: 'idle' });
  const [needsTapToHear, setNeedsTap] = useState(false);
  const session = useRef<WhipSession | null>(null);
  const microphone = useMicrophone(
    bus,
    useCallback((track: MediaStreamTrack) => session.current?.replaceTrack(track), []),
  );
  const { stream, currentTrack, open, close } = microphone;
  const player = useMemo(() => {
    const audio = new Audio();
    audio.autoplay = true;
    audio.dataset.testid = 'return-audio';
    audio.setAttribute('playsinline', '');
    return audio;
  }, []);

  const hear = useCallback(() => {
    player.play().then(
      () => setNeedsTap(false),
      (error: unknown) => setNeedsTap(problemOf(error) === 'denied'),
    );
  }, [player]);

  useEffect(() => {
    document.body.append(player);
    const stopWaking = onWakeUp(() => {
      session.current?.nudge();
      if (player.srcObject && player.paused) hear();
    });
    return () => {
      stopWaking();
      session.current?.abandon();
      session.current = null;
      player.srcObject = null;
      player.remove();
    };
  }, [player, hear]);

  const connect = useCallback(
    async (token: string, { isAsked, ...terms }: CallTerms = {}) => {
      const track = currentTrack();
      if (!track) return;
      session.current?.abandon();
      const made = new WhipSession({
        url: `/whip/${encodeURIComponent(showId)}`,
        token,
        ...terms,
        onState: (next) => {
          if (session.current !== made) return;
          setState(next);
          // Nothing is sent any more, and nobody's microphone stays open for nothing.
          if (next.kind === 'refused' && kFinal.includes(next.reason)) {
            close();
            player.srcObject = null;
          }
        },
        onReturn: (returned) => {
          player.srcObject = returned;
          hear();
        },
      });
      session.current = made;
      await made.start(track, isAsked);
    },
    [showId, player, hear, currentTrack, close],
  );

  const leave = useCallback(async () => {
    const ending = session.current;
    close();
    setNeedsTap(false);
    player.srcObject = null;
    await ending?.leave();
    // Somebody who joined again meanwhile goes on.
    if (session.current !== ending) return;
    session.current = null;
    setState({ kind: 'idle' });
  }, [player, close]);

  const recover = useCallback(() => {
    if (player.srcObject) hear();
    void open();
  }, [player, hear, open]);

  const nudge = useCallback(() => session.current?.nudge(), []);

  return {
    state,
    microphone,
    isOpen: stream !== null,
    needsTapToHear,
    hear,
    connect,
    leave,
    recover,
    nudge,
  };
}

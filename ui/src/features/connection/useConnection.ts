import { useEffect, useReducer, useRef, useState, useSyncExternalStore } from 'react';
import type { LinkState } from '../../live/EventSocket';
import type { Participant } from '../../api/types';
import type { SeatAudio } from '../../rtc/useSeatAudio';
import { connectionStatus } from './connectionStatus';
import { StatusTeller, type Told } from './StatusTeller';

interface SeatFacts {
  link: LinkState;
  /** What the server says of the seat's own connection. */
  connection: Participant['connection'] | null;
  isOnAir: boolean;
  isLive: boolean;
  isDesk: boolean;
}

/** What to tell the person of their connection at this moment. It also passes on to the sound what the server tells. */
export function useConnection(audio: SeatAudio, seat: SeatFacts): Told | null {
  const sound = audio.state.kind;
  const { nudge } = audio;
  const { link, connection } = seat;
  // The server is back, or says that it has no sound of this seat: no reason to believe, but one to look.
  useEffect(() => {
    if (link === 'open') nudge();
  }, [link, nudge]);
  useEffect(() => {
    if (sound === 'connected' && connection === 'disconnected') nudge();
  }, [sound, connection, nudge]);

  const isOnline = useSyncExternalStore(subscribeToOnline, () => navigator.onLine);
  const teller = useRef(new StatusTeller());
  const [told, setTold] = useState<Told | null>(null);
  const [looks, lookAgain] = useReducer((count: number) => count + 1, 0);
  const status = connectionStatus({
    isOnline,
    sound,
    link,
    microphone: audio.microphone.fact,
    isOnAir: seat.isOnAir,
    isLive: seat.isLive,
    isDesk: seat.isDesk,
  });
  const latest = useRef(status);
  latest.current = status;
  useEffect(() => {
    const { told: next, againInMs } = teller.current.update(latest.current, Date.now());
    setTold(next);
    if (againInMs === null) return;
    const timer = setTimeout(lookAgain, Math.max(1, againInMs));
    return () => clearTimeout(timer);
    // Its sentence is what tells one status from another.
  }, [status?.sentence, looks]);
  return told;
}

function subscribeToOnline(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}

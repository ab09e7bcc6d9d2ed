import { useCallback, useEffect, useState } from 'react';
import { useFeed, useShow } from '../../live/useShow';
import type { Microphone } from '../../rtc/useMicrophone';
import { useAction } from '../../ui/useAction';
import { patchPerson } from '../callers/commands';
import type { HostSeat } from '../show/StudioPage';

interface SeatMute {
  muted: boolean;
  toggle: () => void;
  problem: string | null;
  dismiss: () => void;
}

/**
 * The host's mute. The server's is the truth, so that a refresh, another operator and this page agree. While it can't
 * be told, a mute works here all the same, since it is there for coughs, and stays until it is taken back by hand:
 * nobody's microphone opens because a server has come back. What can't be done here is to be heard again.
 */
export function useSeatMute(seat: HostSeat | null, microphone: Microphone): SeatMute {
  const feed = useFeed();
  const { run, error, clear } = useAction();
  const id = seat?.participantId;
  const mutedThere = useShow(
    (state) => state.participants.find((person) => person.participantId === id)?.muted ?? false,
  );
  const [mutedHere, setMutedHere] = useState(false);
  const muted = mutedThere || mutedHere;
  const { setMuted } = microphone;
  useEffect(() => setMuted(muted), [muted, setMuted]);

  const toggle = useCallback(() => {
    const next = !muted;
    // Before the server has heard of it: a cough doesn't wait.
    setMutedHere(next);
    if (!id || next === mutedThere) return clear();
    void run(async () => {
      await patchPerson(feed, id, { muted: next });
      setMutedHere(false);
    });
  }, [muted, mutedThere, id, feed, run, clear]);

  const isOnlyHere = error !== null && mutedHere;
  return {
    muted,
    toggle,
    problem: isOnlyHere ? 'Muted here: the server could not be told. Press again to be heard.' : error,
    dismiss: clear,
  };
}

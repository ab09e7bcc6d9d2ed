import { useEffect, useRef } from 'react';
import { ApiError, makeApi } from '../../api/client';
import type { Seat } from '../../auth/tokens';
import type { Microphone } from '../../rtc/useMicrophone';
import type { OwnSeat } from './useOwnSeat';

/**
 * A caller's own mute, which the desk sees. It works here at once; the server is told as soon as it can be, and a page
 * that was refreshed is muted as it was before.
 */
export function useOwnMute(showId: string, seat: Seat, own: OwnSeat, microphone: Microphone): void {
  const { muted, setMuted } = microphone;
  const isAdopted = useRef(false);
  const told = own.link === 'open' ? own.selfMuted : null;
  useEffect(() => {
    if (told === null) return;
    if (!isAdopted.current) {
      isAdopted.current = true;
      if (told) return setMuted(true);
    }
    if (told === muted) return;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const tell = () =>
      makeApi(seat.token)
        .send('PATCH', `/shows/${encodeURIComponent(showId)}/me`, { selfMuted: muted })
        .catch((error: unknown) => {
          const status = error instanceof ApiError ? error.status : 0;
          const isRefused = status >= 400 && status < 500 && status !== 429;
          if (!isOver && !isRefused) timer = setTimeout(() => void tell(), kAgainMs);
        });
    void tell();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [told, muted, setMuted, showId, seat]);
}

const kAgainMs = 2000;

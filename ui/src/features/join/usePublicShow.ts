import { useEffect, useState } from 'react';
import { ApiError, makeApi } from '../../api/client';
import type { PublicShow } from '../../api/types';

const kPollMs = 3000;

/**
 * A show as anybody may see it. Read again every few seconds while `repeats`: who has a seat in it is told over
 * the event stream instead.
 */
export function usePublicShow(showId: string, repeats = true): { show: PublicShow | null; missing: boolean } {
  const [show, setShow] = useState<PublicShow | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const api = makeApi(null);
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      try {
        const next = await api.get<PublicShow>(`/shows/${encodeURIComponent(showId)}/public`);
        if (stopped) return;
        setShow((known) => (JSON.stringify(known) === JSON.stringify(next) ? known : next));
        setMissing(false);
      } catch (error) {
        if (!stopped && error instanceof ApiError && error.status === 404) setMissing(true);
      }
      if (!stopped && repeats) timer = setTimeout(() => void read(), kPollMs);
    };
    void read();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [showId, repeats]);
  return { show, missing };
}

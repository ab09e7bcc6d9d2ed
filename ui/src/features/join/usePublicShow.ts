import { useEffect, useState } from 'react';
import { ApiError, makeApi } from '../../api/client';
import type { PublicShow } from '../../api/types';

const kPollMs = 3000;

/** A token that the server didn't take, and how: 401 when it opens nothing (any more), 403 when its seat is closed. */
export interface RefusedToken {
  token: string;
  status: number;
}

interface Look {
  show: PublicShow | null;
  missing: boolean;
  refused: RefusedToken | null;
}

/**
 * A show as anybody may see it. Read again every few seconds while `repeats`: who has a seat in it is told over
 * the event stream instead. The server checks the `token` of a link with it, though it needs none for this, so that a
 * dead link is known before somebody fills in a form for it.
 */
export function usePublicShow(showId: string, repeats = true, token: string | null = null): Look {
  const [look, setLook] = useState<Look>({ show: null, missing: false, refused: null });
  useEffect(() => {
    const reader = new PublicShowReader(showId, token);
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const read = async () => {
      const next = await reader.read();
      if (stopped) return;
      if (next) setLook((known) => merged(known, next));
      if (repeats) timer = setTimeout(() => void read(), kPollMs);
    };
    void read();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [showId, repeats, token]);
  return look;
}

/** The same show is the same object, and one that was deleted is still known by its title. */
function merged(known: Look, { show, missing, refused }: Look): Look {
  const isSame = show === null || JSON.stringify(show) === JSON.stringify(known.show);
  return { show: isSame ? known.show : show, missing, refused };
}

/** Reads a show with a token until that is refused, and without it from then on. */
export class PublicShowReader {
  private refused: RefusedToken | null = null;

  constructor(
    private readonly showId: string,
    private readonly token: string | null,
  ) {}

  /** Null when nobody could say. A refused token is told of a show that exists: that one doesn't says more. */
  async read(): Promise<Look | null> {
    const { showId, token, refused } = this;
    const shown = refused ? null : token;
    try {
      const show = await makeApi(shown).get<PublicShow>(`/shows/${encodeURIComponent(showId)}/public`);
      return { show, missing: false, refused };
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      if (status === 404) return { show: null, missing: true, refused };
      if (!shown || (status !== 401 && status !== 403)) return null;
      this.refused = { token: shown, status };
      return this.read();
    }
  }
}

import { useEffect, useRef, useState } from 'react';
import type { Me, NetworkStats, Participant, ShowStatus } from '../../api/types';
import type { Seat } from '../../auth/tokens';
import type { LinkState } from '../../live/EventSocket';
import { ShowFeed } from '../../live/ShowFeed';

export interface OwnSeat {
  showStatus: ShowStatus | null;
  link: LinkState;
  /** What the server says of the seat's own connection. */
  connection: Participant['connection'] | null;
  isOnAir: boolean;
  muted: boolean;
  /** Null until the server has said it. */
  selfMuted: boolean | null;
  volume: number;
  kicked: boolean;
  /** The link has run out: what is heard goes on, but nothing new is told. */
  expired: boolean;
  /** The show was deleted. */
  gone: boolean;
  username: string;
  /** How the own sound arrives; a new object with each report. */
  stats: NetworkStats | null;
}

/** The faders of the desk that a caller's sound goes through. */
export interface OwnFaders {
  group: number;
  master: number;
}

/** The caller's reduced stream: their own seat and the show's status. */
export function useOwnSeat(showId: string, seat: Seat): OwnSeat & { faders: OwnFaders } {
  const [own, setOwn] = useState<OwnSeat>({
    showStatus: null,
    link: 'connecting',
    connection: null,
    isOnAir: false,
    muted: false,
    selfMuted: null,
    volume: 100,
    kicked: false,
    expired: false,
    gone: false,
    username: seat.username,
    stats: null,
  });
  const live = useRef<ShowFeed | null>(null);
  useEffect(() => {
    const feed = new ShowFeed(showId, seat.token, false);
    live.current = feed;
    const read = () => {
      const state = feed.getSnapshot();
      const person: Participant | undefined = state.participants.find(
        (p) => p.participantId === seat.participantId,
      );
      setOwn((known) => {
        const next: OwnSeat = {
          showStatus: state.show?.status ?? null,
          link: state.link,
          connection: person?.connection ?? null,
          isOnAir: person?.isOnAir ?? false,
          muted: person?.muted ?? false,
          selfMuted: person?.selfMuted ?? null,
          volume: person?.volume ?? 100,
          username: person?.username || seat.username,
          kicked: state.link === 'refused' || person?.kicked === true,
          expired: state.link === 'expired',
          gone: state.link === 'gone',
          stats: person?.connection === 'connected' && state.link !== 'expired' ? person.stats : null,
        };
        const same = (Object.keys(next) as (keyof OwnSeat)[]).every((key) => next[key] === known[key]);
        return same ? known : next;
      });
    };
    const unsubscribe = feed.subscribe(read);
    feed.start();
    return () => {
      unsubscribe();
      feed.stop();
    };
  }, [showId, seat]);
  const faders = useLookedAt(showId, own, live);
  return { ...own, faders };
}

// A desk takes somebody for waiting who has been here within the last 20 s.
const kWaitingMs = 10_000;
const kOnAirMs = 3000;

/**
 * What no frame tells a caller: asked for while they are on the air. From a page without sound the same question says
 * that somebody is here.
 */
function useLookedAt(showId: string, own: OwnSeat, live: React.RefObject<ShowFeed | null>): OwnFaders {
  const [faders, setFaders] = useState<OwnFaders>({ group: 100, master: 100 });
  const isQuiet = own.showStatus !== 'LIVE' || own.connection !== 'connected';
  const everyMs = own.link !== 'open' ? 0 : own.isOnAir && !isQuiet ? kOnAirMs : isQuiet ? kWaitingMs : 0;
  useEffect(() => {
    if (everyMs === 0) return;
    const ask = async () => {
      const me = await live.current?.api.get<Me>(`/shows/${encodeURIComponent(showId)}/me`).catch(() => null);
      if (!me) return;
      const next = { group: me.groupVolume, master: me.masterVolume };
      setFaders((known) => (known.group === next.group && known.master === next.master ? known : next));
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, live, showId]);
  return faders;
}

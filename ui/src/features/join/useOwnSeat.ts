import { useEffect, useState } from 'react';
import type { NetworkStats, Participant, ShowStatus } from '../../api/types';
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
  kicked: boolean;
  /** The link has run out: what is heard goes on, but nothing new is told. */
  expired: boolean;
  /** The show was deleted. */
  gone: boolean;
  username: string;
  /** How the own sound arrives; a new object with each report. */
  stats: NetworkStats | null;
}

/** The caller's reduced stream: their own seat and the show's status. */
export function useOwnSeat(showId: string, seat: Seat): OwnSeat {
  const [own, setOwn] = useState<OwnSeat>({
    showStatus: null,
    link: 'connecting',
    connection: null,
    isOnAir: false,
    muted: false,
    kicked: false,
    expired: false,
    gone: false,
    username: seat.username,
    stats: null,
  });
  useEffect(() => {
    const feed = new ShowFeed(showId, seat.token, false);
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
  return own;
}

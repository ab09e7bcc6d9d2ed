import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Track } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { useInUse } from '../../ui/useInUse';
import { TrackOrder } from './trackOrder';

const kImportPollMs = 1500;
// Another show's desk, or an admin, may add tracks, of which no event tells this one.
const kPollMs = 20_000;
// A large library is many pages, and isn't read without a pause because a track of it is being imported.
const kPollMsPerTrack = 5;

interface Library {
  tracks: Track[];
  /** After this page has added something, which is shown on top as soon as nobody is at the list. */
  showNew: () => void;
  /** After this page has deleted a track. */
  takeOut: (trackId: string) => void;
}

/**
 * The library isn't part of a show's stream: it is read on a track event, while an import is running, and at times.
 * `list` scrolls; it goes to its top when something of this page's is shown there.
 */
export function useTracks(list: RefObject<HTMLElement | null>): Library {
  const feed = useFeed();
  const version = useShow((state) => state.tracksVersion);
  const isOpen = useShow((state) => state.link === 'open');
  const [tracks, setTracks] = useState<Track[]>([]);
  const order = useRef(new TrackOrder());
  const isAwaited = useRef(false);
  // An answer that was asked for before the one that is shown doesn't undo it.
  const asked = useRef(0);
  const taken = useRef(0);
  const isInUse = useRef((): boolean => false);
  const reload = useCallback(() => {
    const isShown = isAwaited.current;
    const number = (asked.current += 1);
    feed.api.list<Track>('/tracks', 'tracks').then(
      (all) => {
        if (number < taken.current) return;
        taken.current = number;
        const moment = { isInUse: isInUse.current(), isAwaited: isShown };
        const { tracks: next, isAnew } = order.current.take(all, moment);
        setTracks(next);
        if (!isAnew || !isShown) return;
        isAwaited.current = false;
        list.current?.scrollTo({ top: 0 });
      },
      () => undefined,
    );
  }, [feed, list]);
  isInUse.current = useInUse(
    list,
    useCallback(() => {
      if (isAwaited.current && !isInUse.current()) reload();
    }, [reload]),
  );
  const showNew = useCallback(() => {
    isAwaited.current = true;
    reload();
  }, [reload]);
  const takeOut = useCallback(
    (trackId: string) => {
      setTracks(order.current.without(trackId));
      taken.current = asked.current + 1;
      reload();
    },
    [reload],
  );
  useEffect(() => {
    if (isOpen) reload();
  }, [reload, version, isOpen]);
  const importing = tracks.some((track) => track.status === 'IMPORTING');
  const pollMs = Math.max(
    importing ? kImportPollMs : kPollMs,
    Math.floor(tracks.length / 100) * 100 * kPollMsPerTrack,
  );
  useEffect(() => {
    if (!isOpen) return;
    const timer = setInterval(reload, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, isOpen, reload]);
  return { tracks, showNew, takeOut };
}

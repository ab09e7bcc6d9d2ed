import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { ShowFeed, type FeedSnapshot } from './ShowFeed';

const FeedContext = createContext<ShowFeed | null>(null);

export function ShowFeedProvider(props: {
  showId: string;
  token: string;
  readsDesk: boolean;
  children: ReactNode;
}) {
  const { showId, token, readsDesk } = props;
  const [feed, setFeed] = useState<ShowFeed | null>(null);
  useEffect(() => {
    const made = new ShowFeed(showId, token, readsDesk);
    made.start();
    setFeed(made);
    return () => made.stop();
  }, [showId, token, readsDesk]);
  return feed && <FeedContext value={feed}>{props.children}</FeedContext>;
}

export function useFeed(): ShowFeed {
  const feed = useContext(FeedContext);
  if (!feed) throw new Error('useFeed stands outside of a ShowFeedProvider');
  return feed;
}

/** A part of the show's state. `select` must return the same object while nothing that it reads has changed. */
export function useShow<T>(select: (state: FeedSnapshot) => T): T {
  const feed = useFeed();
  return useSyncExternalStore(feed.subscribe, () => select(feed.getSnapshot()));
}

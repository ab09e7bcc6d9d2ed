import type { DeclaredSilence } from '../../api/types';
import type { ShowFeed } from '../../live/ShowFeed';

/** Declares silence from now on; 0 ends it. */
export async function declareSilence(feed: ShowFeed, seconds: number): Promise<void> {
  const path = `/shows/${encodeURIComponent(feed.showId)}/silence`;
  const { silenceUntil } = await feed.api.send<DeclaredSilence>('POST', path, { seconds });
  const { composition } = feed.getSnapshot();
  if (composition)
    feed.merge({ composition: { ...composition, deadAir: { ...composition.deadAir, silenceUntil } } });
}

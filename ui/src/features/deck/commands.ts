import type { QueueItem } from '../../api/types';
import type { ShowFeed } from '../../live/ShowFeed';

export type DeckCommand = 'PLAY' | 'PAUSE' | 'STOP' | 'SKIP' | 'SEEK';

const pathOf = (feed: ShowFeed) => `/shows/${encodeURIComponent(feed.showId)}`;

export async function deckCommand(
  feed: ShowFeed,
  command: DeckCommand,
  more: { itemId?: string; positionMs?: number } = {},
): Promise<void> {
  await feed.api.send('POST', `${pathOf(feed)}/deck/commands`, { command, ...more });
}

/** At the end, or where it was. */
export async function enqueue(feed: ShowFeed, trackId: string, position?: number): Promise<void> {
  await feed.api.send('POST', `${pathOf(feed)}/queue`, {
    trackId,
    ...(position === undefined ? {} : { position }),
  });
  feed.refresh(['queue']);
}

export async function reorder(feed: ShowFeed, items: QueueItem[]): Promise<void> {
  const before = feed.getSnapshot().queue;
  feed.merge({ queue: items });
  try {
    await feed.api.send('PUT', `${pathOf(feed)}/queue`, { itemIds: items.map((item) => item.itemId) });
  } catch (error) {
    // What was shown ahead of the server did not happen.
    if (feed.getSnapshot().queue === items) feed.merge({ queue: before });
    throw error;
  } finally {
    feed.refresh(['queue']);
  }
}

export async function dequeue(feed: ShowFeed, itemId: string): Promise<void> {
  await feed.api.send('DELETE', `${pathOf(feed)}/queue/${encodeURIComponent(itemId)}`);
  feed.refresh(['queue']);
}

/** The list with the item at `index` moved by `step`; the same list when that would leave it. */
export function moved<T>(items: T[], index: number, step: number): T[] {
  const target = index + step;
  const item = items[index];
  if (item === undefined || target < 0 || target >= items.length) return items;
  const next = items.filter((_, at) => at !== index);
  next.splice(target, 0, item);
  return next;
}

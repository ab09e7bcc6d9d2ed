import { randomKey } from '../../api/client';
import type { QueueItem } from '../../api/types';
import type { ShowFeed } from '../../live/ShowFeed';

export type DeckCommand = 'PLAY' | 'PAUSE' | 'STOP' | 'SKIP' | 'SEEK';

// Every command of this page bears it, so that the page knows a refusal of one of its own.
const kPageId = randomKey();
let commandsGiven = 0;

/** Whether a command's id was given by this page since it was loaded. */
export const isOwnCommand = (id: unknown): boolean => typeof id === 'string' && id.startsWith(`${kPageId}-`);

const pathOf = (feed: Pick<ShowFeed, 'showId'>) => `/shows/${encodeURIComponent(feed.showId)}`;

/** Accepted isn't done: the mixer may refuse it a moment later, which `useDeckRefusal` tells. */
export async function deckCommand(
  feed: Pick<ShowFeed, 'showId' | 'api'>,
  command: DeckCommand,
  more: { itemId?: string; positionMs?: number } = {},
): Promise<void> {
  commandsGiven += 1;
  const id = `${kPageId}-${commandsGiven}`;
  await feed.api.send('POST', `${pathOf(feed)}/deck/commands`, { id, command, ...more });
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

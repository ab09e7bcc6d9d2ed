import { useEffect, useState } from 'react';
import type { QueueItem } from '../../api/types';
import { formatDuration } from '../../format/time';
import { useFeed, useShow } from '../../live/useShow';
import { Button, IconButton } from '../../ui/Button';
import { InStrip } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import type { Action } from '../../ui/useAction';
import { deckCommand, dequeue, enqueue, moved, reorder } from './commands';
import { TrackWords } from './TrackWords';

interface Removed {
  item: QueueItem;
  index: number;
}

const kUndoMs = 30_000;

/** What plays next, in a list of its own height: a queue that grew would move the library under the next press. */
export function QueueList({ action, nowItemId }: { action: Action; nowItemId: string | null }) {
  const feed = useFeed();
  const queue = useShow((state) => state.queue);
  const live = useShow((state) => state.show?.status === 'LIVE');
  const [removed, setRemoved] = useState<Removed | null>(null);
  useEffect(() => {
    if (!removed) return;
    const timer = setTimeout(() => setRemoved(null), kUndoMs);
    return () => clearTimeout(timer);
  }, [removed]);

  const remove = (item: QueueItem, index: number) =>
    void action.run(async () => {
      await dequeue(feed, item.itemId);
      setRemoved({ item, index });
    });
  const putBack = ({ item, index }: Removed) =>
    void action.run(async () => {
      await enqueue(feed, item.trackId, index);
      setRemoved(null);
    });

  return (
    <div className="list-room queue">
      {queue.length === 0 && <p className="empty">Add tracks from the library below.</p>}
      <ol className="tracks" data-testid="queue" aria-label="Queue">
        {queue.map((item, index) => (
          <li
            key={item.itemId}
            className={item.itemId === nowItemId ? 'now' : ''}
            data-testid={`queue-item-${item.itemId}`}
          >
            <IconButton
              look="quiet"
              icon="play"
              label={`Play ${item.title} now`}
              disabled={!live}
              onClick={() => void action.run(() => deckCommand(feed, 'PLAY', { itemId: item.itemId }))}
            />
            <TrackWords title={item.title} />
            <span className="track-time">{formatDuration(item.durationMs)}</span>
            <span className="track-buttons">
              <IconButton
                look="quiet"
                icon="up"
                label={`Move ${item.title} up`}
                disabled={index === 0}
                onClick={() => void action.run(() => reorder(feed, moved(queue, index, -1)))}
              />
              <IconButton
                look="quiet"
                icon="down"
                label={`Move ${item.title} down`}
                disabled={index === queue.length - 1}
                onClick={() => void action.run(() => reorder(feed, moved(queue, index, 1)))}
              />
              <IconButton
                look="quiet"
                icon="close"
                label={`Remove ${item.title} from the queue`}
                data-testid={`dequeue-${item.itemId}`}
                onClick={() => remove(item, index)}
              />
            </span>
          </li>
        ))}
      </ol>
      {removed && (
        <InStrip first>
          <Notice text={`“${removed.item.title}” is out of the queue.`} onDismiss={() => setRemoved(null)}>
            <Button data-testid="queue-undo" disabled={action.busy} onClick={() => putBack(removed)}>
              Put it back
            </Button>
          </Notice>
        </InStrip>
      )}
    </div>
  );
}

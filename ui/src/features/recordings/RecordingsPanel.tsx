import { useCallback, useEffect, useState } from 'react';
import type { Page } from '../../api/client';
import type { Recording, RecordingList } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { RecordingRows } from './RecordingRows';
import {
  growsNow,
  keptText,
  lastChange,
  recordingHealth,
  recordingReason,
  recordingTitle,
} from './recordingText';

// No event tells how far a recording is.
const kLookMs = 10_000;
// Its links are good for an hour.
const kLinksMs = 30 * 60_000;

/** The programme as it was on the air, to be downloaded or deleted. */
export function RecordingsPanel() {
  const feed = useFeed();
  const status = useShow((state) => state.show?.status ?? null);
  const isOpen = useShow((state) => state.link === 'open');
  const changed = useShow((state) => lastChange(state.events));
  const [first, setFirst] = useState<Page<RecordingList> | null>(null);
  const [older, setOlder] = useState<Recording[]>([]);
  const [asking, setAsking] = useState<Recording | null>(null);
  const action = useAction();
  const list = first?.body ?? null;
  const path = `/shows/${encodeURIComponent(feed.showId)}/recordings`;
  const look = useCallback(
    () =>
      feed.api
        .page<RecordingList>(path)
        .then(setFirst)
        .catch(() => undefined),
    [feed, path],
  );
  // On the air it grows, or says why it doesn't; after that only somebody’s deed changes it.
  const grows = growsNow(list, status);
  useEffect(() => {
    if (!isOpen) return;
    setOlder([]);
    void look();
    const timer = setInterval(() => {
      setOlder([]);
      void look();
    }, kLinksMs);
    return () => clearInterval(timer);
  }, [look, isOpen, status, changed]);
  useEffect(() => {
    if (!isOpen || !grows) return;
    const timer = setInterval(() => void look(), kLookMs);
    return () => clearInterval(timer);
  }, [look, isOpen, grows]);
  const newest = list?.recordings ?? [];
  const next = older.length === 0 ? (first?.next ?? null) : null;
  const { tone, text } = recordingHealth(list, status);

  return (
    <Panel
      title="Recordings"
      className="panel-recordings"
      actions={
        <span className={`health ${tone} panel-health`} role="status" data-testid="recording-state">
          {text}
        </span>
      }
    >
      <div className="stack">
        {list?.problem && <p className="soft">{recordingReason(list)}</p>}
        {list && list.recordings.length === 0 ? (
          <p className="empty">
            {list.isEnabled
              ? 'Nothing has been recorded yet. Each show is recorded by itself, from its start to its end.'
              : 'Shows aren’t recorded on this server. Whoever runs it can switch that on.'}
          </p>
        ) : (
          <RecordingRows
            recordings={[...newest, ...older]}
            nextToGo={list?.nextToGo ?? null}
            onDelete={setAsking}
          />
        )}
        {next && (
          <Button
            onClick={() =>
              void action.run(async () => setOlder(await feed.api.list<Recording>(next, 'recordings')))
            }
          >
            Show older ones
          </Button>
        )}
        {list && list.recordings.length > 0 && <p className="soft">{keptText(list)}</p>}
        <Message text={action.error} bad onDismiss={action.clear} />
      </div>
      {asking && (
        <ConfirmDialog
          title="Delete this recording?"
          text={`${recordingTitle(asking)}: all its files are deleted for good.`}
          confirm="Delete"
          onConfirm={() =>
            void action.run(async () => {
              await feed.api.send('DELETE', `${path}/${encodeURIComponent(asking.id)}`);
              await look();
            })
          }
          onClose={() => setAsking(null)}
        />
      )}
    </Panel>
  );
}

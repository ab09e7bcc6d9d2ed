import { useCallback, useEffect, useState } from 'react';
import type { Recording, RecordingList } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { RecordingRows } from './RecordingRows';
import { recordingHealth, recordingReason, recordingTitle } from './recordingText';

// No event tells how far a recording is; its links are good for an hour.
const kLookMs = 10_000;

/** The programme as it was on the air, to be downloaded or deleted. */
export function RecordingsPanel() {
  const feed = useFeed();
  const status = useShow((state) => state.show?.status ?? null);
  const isOpen = useShow((state) => state.link === 'open');
  const [list, setList] = useState<RecordingList | null>(null);
  const [asking, setAsking] = useState<Recording | null>(null);
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}/recordings`;
  const look = useCallback(
    () =>
      feed.api
        .get<RecordingList>(path)
        .then(setList)
        .catch(() => undefined),
    [feed, path],
  );
  useEffect(() => {
    if (!isOpen) return;
    void look();
    const timer = setInterval(() => void look(), kLookMs);
    return () => clearInterval(timer);
  }, [look, isOpen, status]);
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
          <RecordingRows recordings={list?.recordings ?? []} onDelete={setAsking} />
        )}
        {list && list.recordings.length > 0 && (
          <p className="soft">
            Deleted by itself after {list.keptDays} days, or sooner if the disk fills up.
          </p>
        )}
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

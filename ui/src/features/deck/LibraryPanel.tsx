import { useRef, useState } from 'react';
import type { Track } from '../../api/types';
import { formatDuration } from '../../format/time';
import { useFeed } from '../../live/useShow';
import { Button, IconButton } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Cover } from '../../ui/Cover';
import { Icon } from '../../ui/Icon';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { enqueue } from './commands';
import { TrackWords } from './TrackWords';
import { useFileDrop } from './useFileDrop';
import { useTracks } from './useTracks';
import { useUploads } from './useUploads';

export function LibraryPanel({ mayChangeStation }: { mayChangeStation: boolean }) {
  const feed = useFeed();
  const list = useRef<HTMLDivElement>(null);
  const { tracks, showNew, takeOut } = useTracks(list);
  const { uploads, add, dismiss } = useUploads(showNew);
  const isOver = useFileDrop(add);
  const [url, setUrl] = useState('');
  const action = useAction();
  const running = uploads.filter((upload) => !upload.error);

  const addUrl = () =>
    action.run(async () => {
      await feed.api.send('POST', '/tracks', { url: url.trim() });
      setUrl('');
      showNew();
    });

  return (
    <Panel
      title="Track library"
      className="panel-library"
      count={tracks.length}
      actions={
        <>
          <span className="soft" role="status" data-testid="uploads">
            {running.length > 0 && `Uploading ${running.length} · ${percentOf(running)} %`}
          </span>
          <label className="button quiet upload">
            <Icon name="upload" />
            Upload
            <input
              type="file"
              className="visually-hidden"
              accept="audio/*,.mp3,.m4a,.aac,.flac,.wav,.ogg,.opus"
              multiple
              data-testid="upload-input"
              onChange={(event) => {
                add([...(event.target.files ?? [])]);
                event.target.value = '';
              }}
            />
          </label>
        </>
      }
    >
      <div className="stack">
        <form
          className="copy-field"
          onSubmit={(event) => {
            event.preventDefault();
            void addUrl();
          }}
        >
          <input
            className="input"
            type="url"
            aria-label="Address of an audio file"
            placeholder="https://… audio file"
            data-testid="track-url"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            // The browser says itself what is wrong now; what the server said was of another address.
            onInvalid={action.clear}
          />
          <Button type="submit" data-testid="track-url-add" disabled={!url.trim() || action.busy}>
            Add URL
          </Button>
        </form>
        <div className="list-room library" ref={list}>
          {tracks.length === 0 && (
            <p className="empty">
              Upload MP3, AAC, FLAC, WAV or Ogg, or drop files anywhere on this page. Loudness is evened out
              on import.
            </p>
          )}
          <ul className="tracks" aria-label="Tracks">
            {tracks.map((track) => (
              <TrackRow
                key={track.trackId}
                track={track}
                mayDelete={mayChangeStation || track.owner === feed.showId}
                onDeleted={takeOut}
              />
            ))}
          </ul>
        </div>
      </div>
      <Message text={action.error} bad onDismiss={action.clear} />
      {uploads.map((upload) => (
        <Message
          key={upload.key}
          text={upload.error && `${upload.name}: ${upload.error}`}
          bad
          onDismiss={() => dismiss(upload.key)}
        />
      ))}
      {isOver && <div className="drop-veil">Drop audio files to add them to the library</div>}
    </Panel>
  );
}

function percentOf(uploads: { fraction: number }[]): number {
  const sum = uploads.reduce((total, upload) => total + upload.fraction, 0);
  return Math.round((100 * sum) / uploads.length);
}

function TrackRow(props: { track: Track; mayDelete: boolean; onDeleted: (trackId: string) => void }) {
  const { track, mayDelete, onDeleted } = props;
  const feed = useFeed();
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const title = track.title || 'Untitled';
  return (
    <li data-testid={`track-${track.trackId}`} data-status={track.status}>
      {track.coverUrl && <Cover url={track.coverUrl} size={36} />}
      <TrackWords title={title} artist={track.artist} album={track.album}>
        {track.status === 'FAILED' && <span className="health bad">{track.error ?? 'Import failed'}</span>}
      </TrackWords>
      {track.status === 'IMPORTING' ? (
        <Progress label={`Importing ${title}`} fraction={track.progress ?? 0} />
      ) : (
        <span className="track-time">{track.status === 'READY' ? formatDuration(track.durationMs) : ''}</span>
      )}
      <span className="track-buttons">
        {track.status !== 'FAILED' && (
          <IconButton
            look="quiet"
            icon="plus"
            label={`Add ${title} to the queue`}
            data-testid={`enqueue-${track.trackId}`}
            disabled={action.busy}
            onClick={() => void action.run(() => enqueue(feed, track.trackId))}
          />
        )}
        {mayDelete && (
          <IconButton
            look="quiet"
            icon="trash"
            label={`Delete ${title}`}
            data-testid={`delete-${track.trackId}`}
            disabled={action.busy}
            onClick={() => setAsking(true)}
          />
        )}
      </span>
      <Message text={action.error && `${title}: ${action.error}`} bad onDismiss={action.clear} />
      {asking && (
        <ConfirmDialog
          title={`Delete “${title}”?`}
          text="It leaves the library and every queue and tracklist that has it. This can’t be undone."
          confirm="Delete track"
          onConfirm={() =>
            void action.run(async () => {
              await feed.api.send('DELETE', `/tracks/${encodeURIComponent(track.trackId)}`);
              onDeleted(track.trackId);
            })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function Progress({ label, fraction }: { label: string; fraction: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <span className="track-progress">
      <progress aria-label={label} max={100} value={percent} />
      {percent} %
    </span>
  );
}

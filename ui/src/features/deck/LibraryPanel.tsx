import { useCallback, useEffect, useState } from 'react';
import { messageOf } from '../../api/client';
import type { Track } from '../../api/types';
import { formatDuration } from '../../format/time';
import { useFeed, useShow } from '../../live/useShow';
import { Button, IconButton } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { enqueue } from './commands';

interface Upload {
  key: number;
  name: string;
  fraction: number;
  error: string | null;
}

const kImportPollMs = 1500;

export function LibraryPanel() {
  const feed = useFeed();
  const { tracks, reload } = useTracks();
  const { uploads, add, dismiss } = useUploads(reload);
  const [url, setUrl] = useState('');
  const [over, setOver] = useState(false);
  const action = useAction();

  const addUrl = () =>
    action.run(async () => {
      await feed.api.send('POST', '/tracks', { url: url.trim() });
      setUrl('');
      reload();
    });

  return (
    <div
      className={`drop-target panel-library ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        add([...event.dataTransfer.files]);
      }}
    >
      <Panel
        title="Track library"
        count={tracks.length}
        actions={
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
            />
            <Button type="submit" data-testid="track-url-add" disabled={!url.trim() || action.busy}>
              Add URL
            </Button>
          </form>
          <Notice text={action.error} bad onDismiss={action.clear} />
          <ul className="tracks" aria-label="Tracks">
            {uploads.map((upload) => (
              <li key={upload.key} className="upload-row">
                <span className="track-title">{upload.name}</span>
                {upload.error ? (
                  <span className="health bad">{upload.error}</span>
                ) : (
                  <Progress label={`Uploading ${upload.name}`} fraction={upload.fraction} />
                )}
                {upload.error && (
                  <IconButton look="quiet" icon="close" label="Dismiss" onClick={() => dismiss(upload.key)} />
                )}
              </li>
            ))}
            {tracks.map((track) => (
              <TrackRow key={track.trackId} track={track} onChanged={reload} />
            ))}
          </ul>
          {tracks.length === 0 && uploads.length === 0 && (
            <p className="empty">
              Upload MP3, AAC, FLAC, WAV or Ogg, or drop files here. Loudness is evened out on import.
            </p>
          )}
        </div>
      </Panel>
    </div>
  );
}

function TrackRow({ track, onChanged }: { track: Track; onChanged: () => void }) {
  const feed = useFeed();
  const action = useAction();
  return (
    <li data-testid={`track-${track.trackId}`} data-status={track.status}>
      <span className="track-title">
        {track.title || 'Untitled'}
        {track.status === 'FAILED' && <span className="health bad">{track.error ?? 'Import failed'}</span>}
        {action.error && <span className="health bad">{action.error}</span>}
      </span>
      {track.status === 'IMPORTING' ? (
        <Progress label={`Importing ${track.title}`} fraction={track.progress ?? 0} />
      ) : (
        <span className="track-time">{track.status === 'READY' ? formatDuration(track.durationMs) : ''}</span>
      )}
      <span className="track-buttons">
        {track.status !== 'FAILED' && (
          <IconButton
            look="quiet"
            icon="plus"
            label={`Add ${track.title} to the queue`}
            data-testid={`enqueue-${track.trackId}`}
            disabled={action.busy}
            onClick={() => void action.run(() => enqueue(feed, track.trackId))}
          />
        )}
        <IconButton
          look="quiet"
          icon="trash"
          label={`Delete ${track.title}`}
          disabled={action.busy}
          onClick={() =>
            void action.run(async () => {
              await feed.api.send('DELETE', `/tracks/${encodeURIComponent(track.trackId)}`);
              onChanged();
            })
          }
        />
      </span>
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

/** The library isn't part of a show's stream: it is read on a track event, and while an import is running. */
function useTracks(): { tracks: Track[]; reload: () => void } {
  const feed = useFeed();
  const version = useShow((state) => state.tracksVersion);
  const isOpen = useShow((state) => state.link === 'open');
  const [tracks, setTracks] = useState<Track[]>([]);
  const reload = useCallback(() => {
    feed.api.get<{ tracks: Track[] } | Track[]>('/tracks').then(
      (answer) => setTracks(Array.isArray(answer) ? answer : answer.tracks),
      () => undefined,
    );
  }, [feed]);
  useEffect(() => {
    if (isOpen) reload();
  }, [reload, version, isOpen]);
  const importing = tracks.some((track) => track.status === 'IMPORTING');
  useEffect(() => {
    if (!importing) return;
    const timer = setInterval(reload, kImportPollMs);
    return () => clearInterval(timer);
  }, [importing, reload]);
  return { tracks, reload };
}

let nextUploadKey = 0;

function useUploads(onDone: () => void) {
  const feed = useFeed();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const dismiss = useCallback(
    (key: number) => setUploads((list) => list.filter((upload) => upload.key !== key)),
    [],
  );
  const add = useCallback(
    (files: File[]) => {
      for (const file of files) {
        const key = (nextUploadKey += 1);
        const change = (part: Partial<Upload>) =>
          setUploads((list) => list.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));
        setUploads((list) => [...list, { key, name: file.name, fraction: 0, error: null }]);
        feed.api
          .upload(`/tracks?filename=${encodeURIComponent(file.name)}`, file, (fraction) =>
            change({ fraction }),
          )
          .then(
            () => {
              dismiss(key);
              onDone();
            },
            (error: unknown) => change({ error: messageOf(error) }),
          );
      }
    },
    [feed, dismiss, onDone],
  );
  return { uploads, add, dismiss };
}

import { useState } from 'react';
import type { Api } from '../../api/client';
import type { Show, ShowLinks } from '../../api/types';
import { formatDay } from '../../format/time';
import { Button, IconButton } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { CopyField } from '../../ui/CopyField';
import { Message } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { StatusPill } from '../show/StatusPill';

const kDeletable = ['CREATING', 'STOPPED', 'ERROR'];

export function ShowCard({ api, show, onChanged }: { api: Api; show: Show; onChanged: () => void }) {
  const [title, setTitle] = useState<string | null>(null);
  const [links, setLinks] = useState<ShowLinks | null>(null);
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const path = `/shows/${encodeURIComponent(show.showId)}`;

  const rename = () =>
    action.run(async () => {
      await api.send('PATCH', path, { title: title?.trim() });
      setTitle(null);
      onChanged();
    });
  const openStudio = () =>
    action.run(async () => {
      location.href = (await api.get<ShowLinks>(`${path}/links`)).studioUrl;
    });

  return (
    <li className="show-card" data-testid={`show-${show.showId}`}>
      <div className="show-card-row">
        <div className="show-card-title">
          {title === null ? (
            <>
              <h2>{show.title}</h2>
              <p className="soft">Created {formatDay(show.createdAt)}</p>
            </>
          ) : (
            <form
              className="copy-field"
              onSubmit={(event) => {
                event.preventDefault();
                void rename();
              }}
            >
              <input
                className="input"
                aria-label="Title"
                autoFocus
                maxLength={200}
                value={title}
                onChange={(event) => setTitle(event.target.value)}
              />
              <Button type="submit" look="primary" disabled={!title.trim() || action.busy}>
                Save
              </Button>
              <Button onClick={() => setTitle(null)}>Cancel</Button>
            </form>
          )}
        </div>
        {title === null && <StatusPill status={show.status} />}
      </div>
      <div className="show-card-actions">
        <Button
          look="primary"
          data-testid={`open-studio-${show.showId}`}
          disabled={action.busy}
          onClick={() => void openStudio()}
        >
          Open studio
        </Button>
        <Button
          icon="link"
          aria-expanded={links !== null}
          onClick={() =>
            links
              ? setLinks(null)
              : void action.run(async () => setLinks(await api.get<ShowLinks>(`${path}/links`)))
          }
        >
          Links
        </Button>
        <span className="grow" />
        <IconButton
          look="quiet"
          icon="edit"
          label={`Rename ${show.title}`}
          onClick={() => setTitle(show.title)}
        />
        <IconButton
          look="quiet"
          icon="trash"
          label={`Delete ${show.title}`}
          disabled={!kDeletable.includes(show.status)}
          onClick={() => setAsking(true)}
        />
      </div>
      {links && (
        <div className="stack">
          {(
            [
              ['Studio link (keep it private)', links.studioUrl],
              ['Link for any caller', links.joinUrl],
              ['Link for listeners', links.listenUrl],
            ] as const
          ).map(([label, url]) => (
            <div className="field" key={label}>
              <span>{label}</span>
              <CopyField label={label} value={url} />
            </div>
          ))}
        </div>
      )}
      <Message text={action.error && `${show.title}: ${action.error}`} bad onDismiss={action.clear} />
      {asking && (
        <ConfirmDialog
          title={`Delete “${show.title}”?`}
          text="Its links stop working, and its event log, its own tracks and its tracklists are deleted. This can’t be undone."
          confirm="Delete show"
          onConfirm={() =>
            void action.run(async () => {
              await api.send('DELETE', path);
              onChanged();
            })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

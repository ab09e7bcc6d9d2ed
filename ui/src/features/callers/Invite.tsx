import { useEffect, useState } from 'react';
import type { ShowLinks } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { CopyField } from '../../ui/CopyField';
import { Notice } from '../../ui/Notice';
import { useAction } from '../../ui/useAction';

/** One link for everybody, or a link of their own for a person by name. */
export function Invite() {
  const feed = useFeed();
  const [links, setLinks] = useState<ShowLinks | null>(null);
  const [name, setName] = useState('');
  const [named, setNamed] = useState<{ name: string; url: string } | null>(null);
  const loading = useAction();
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}`;
  const { run } = loading;
  const isOpen = useShow((state) => state.link === 'open');
  const needsLinks = isOpen && !links;
  useEffect(() => {
    if (!needsLinks) return;
    void run(async () => setLinks(await feed.api.get<ShowLinks>(`${path}/links`)));
  }, [feed, path, run, needsLinks]);

  const invite = () =>
    action.run(async () => {
      const username = name.trim();
      const { joinUrl } = await feed.api.send<{ joinUrl: string }>('POST', `${path}/caller-tokens`, {
        username,
      });
      setNamed({ name: username, url: joinUrl });
      setName('');
    });

  return (
    <div className="invite">
      <label className="field">
        <span>Link for any caller</span>
        <CopyField label="invite link" value={links?.joinUrl ?? '…'} testId="invite-link" />
      </label>
      <label className="field">
        <span>Link for listeners</span>
        <CopyField label="listen link" value={links?.listenUrl ?? '…'} testId="listen-link" />
      </label>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          void invite();
        }}
      >
        <span>Invite somebody by name</span>
        <div className="copy-field">
          <input
            className="input"
            aria-label="Name of the caller"
            placeholder="Name"
            maxLength={80}
            data-testid="invite-name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" data-testid="invite-create" disabled={!name.trim() || action.busy}>
            Create link
          </Button>
        </div>
      </form>
      {named && (
        <label className="field">
          <span>Link for {named.name} only</span>
          <CopyField label={`link for ${named.name}`} value={named.url} testId="invite-named-link" />
        </label>
      )}
      <Notice text={loading.error ?? action.error} bad />
    </div>
  );
}

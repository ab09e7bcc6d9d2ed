import { useEffect, useState } from 'react';
import type { ShowLinks } from '../../api/types';
import type { ShowState } from '../../live/showState';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { CopyField } from '../../ui/CopyField';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Message } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { NamedLinks, type NamedLink } from './NamedLinks';

const kChangesOfLinks = ['participant_kicked', 'participant_banned', 'bans_lifted', 'links_rotated'];

/** The event since which the links, or from how many addresses they don't work, may be others. */
export function lastChangeOfLinks({ events }: Pick<ShowState, 'events'>): number {
  return events.filter(({ kind }) => kChangesOfLinks.includes(kind)).pop()?.number ?? 0;
}

/** One link for everybody, or a link of their own for a person by name. */
export function Invite({
  named,
  onNamed,
}: {
  named: readonly NamedLink[];
  onNamed: (link: NamedLink) => void;
}) {
  const feed = useFeed();
  const [links, setLinks] = useState<ShowLinks | null>(null);
  const [name, setName] = useState('');
  const [asking, setAsking] = useState(false);
  const loading = useAction();
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}`;
  const { run } = loading;
  const isOpen = useShow((state) => state.link === 'open');
  const changed = useShow(lastChangeOfLinks);
  useEffect(() => {
    if (!isOpen) return;
    let isLate = false;
    void run(async () => {
      const read = await feed.api.get<ShowLinks>(`${path}/links`);
      if (!isLate) setLinks(read);
    });
    return () => {
      isLate = true;
    };
  }, [feed, path, run, isOpen, changed]);

  const invite = () =>
    action.run(async () => {
      const username = name.trim();
      const { participantId, joinUrl } = await feed.api.send<{ participantId: string; joinUrl: string }>(
        'POST',
        `${path}/caller-tokens`,
        { username },
      );
      onNamed({ participantId, name: username, url: joinUrl });
      setName('');
    });

  const rotate = () =>
    action.run(async () => setLinks(await feed.api.send<ShowLinks>('POST', `${path}/links/rotate`)));

  const liftBans = () =>
    action.run(async () => {
      await feed.api.send('DELETE', `${path}/bans`);
      setLinks(links && { ...links, bans: 0 });
    });

  return (
    <div className="invite">
      <label className="field">
        <span>Link for any caller</span>
        <CopyField label="Link for any caller" value={links?.joinUrl ?? '…'} testId="invite-link" />
      </label>
      <label className="field">
        <span>Link for listeners</span>
        <CopyField label="Link for listeners" value={links?.listenUrl ?? '…'} testId="listen-link" />
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
            aria-label="Invite somebody by name"
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
      <NamedLinks links={named} />
      <Button
        look="quiet"
        className="invite-rotate"
        data-testid="links-rotate"
        disabled={!links || action.busy}
        onClick={() => setAsking(true)}
      >
        Replace the link for any caller with a new one
      </Button>
      {links && links.bans > 0 && (
        <p className="invite-bans">
          {links.bans === 1
            ? 'The link for any caller doesn’t work from one address, whose caller was removed. '
            : `The link for any caller doesn’t work from ${links.bans} addresses, whose callers were removed. `}
          <Button look="quiet" data-testid="bans-lift" disabled={action.busy} onClick={() => void liftBans()}>
            Open it to all addresses
          </Button>
        </p>
      )}
      {asking && (
        <ConfirmDialog
          title="Replace the link for any caller?"
          text="The link that was given out stops working. Whoever has joined already keeps their seat."
          confirm="Replace it"
          onConfirm={() => void rotate()}
          onClose={() => setAsking(false)}
        />
      )}
      <Message
        text={loading.error ?? action.error}
        bad
        onDismiss={() => {
          loading.clear();
          action.clear();
        }}
      />
    </div>
  );
}

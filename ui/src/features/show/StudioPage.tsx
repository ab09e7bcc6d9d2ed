import { browserStorage, tabStorage } from '../../auth/storage';
import { useEffect, useMemo, useState } from 'react';
import { linkToken } from '../../auth/linkToken';
import { claimsOf, knownStudioToken, mended, rememberStudioToken, tokenFromHash } from '../../auth/tokens';
import type { Participant } from '../../api/types';
import { airStateOf } from '../../format/airState';
import type { FeedSnapshot } from '../../live/ShowFeed';
import { ShowFeedProvider, useFeed, useShow } from '../../live/useShow';
import { useSeatAudio } from '../../rtc/useSeatAudio';
import { Button } from '../../ui/Button';
import { MessagePage } from '../../ui/MessagePage';
import { Message, MessageArea } from '../../ui/Messages';
import { AlertNotices } from '../alerts/AlertNotices';
import { SilencePanel } from '../alerts/SilencePanel';
import { useCallerKeys } from '../callers/useCallerKeys';
import { PeoplePanel } from '../callers/PeoplePanel';
import { ConnectionNotice } from '../connection/ConnectionNotice';
import { useConnection } from '../connection/useConnection';
import { DeckPanel } from '../deck/DeckPanel';
import { LibraryPanel } from '../deck/LibraryPanel';
import { ProgrammePanel } from '../meters/ProgrammePanel';
import { MicrophonePanel } from '../microphone/MicrophonePanel';
import { MixerPanel } from '../mixer/MixerPanel';
import { RecordingsPanel } from '../recordings/RecordingsPanel';
import { EventLog } from './EventLog';
import { OutputPanel } from './OutputPanel';
import { ShortcutList } from './ShortcutList';
import { ShowBar } from './ShowBar';
import { useStudioKeys } from './useStudioKeys';
import './studio.css';

export default function StudioPage({ showId }: { showId: string }) {
  const [token, setToken] = useState(() => tokenOfPage(showId));
  // The same page may be opened again with another link: a changed fragment doesn't reload it.
  useEffect(() => {
    const read = () => setToken(tokenOfPage(showId));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, [showId]);

  if (!token) return <TokenForm onToken={setToken} />;
  return (
    <ShowFeedProvider key={token} showId={showId} token={token} readsDesk>
      <Studio token={token} onOtherToken={setToken} />
    </ShowFeedProvider>
  );
}

/** A link that carries a token wins over the one that is remembered. */
function tokenOfPage(showId: string): string | null {
  return (
    tokenFromHash(location.hash) ??
    linkToken(location, tabStorage) ??
    knownStudioToken(browserStorage, showId)
  );
}

function TokenForm({ onToken }: { onToken: (token: string) => void }) {
  const [text, setText] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  return (
    <MessagePage
      title="Open the studio by its link"
      text={
        isWrong
          ? 'This isn’t a token: it has characters that tokens never have. Copy it again.'
          : 'This link has lost its token on the way. Open the whole studio link, or paste a host or admin token.'
      }
    >
      <form
        className="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          const token = mended(text);
          setIsWrong(token === null);
          if (token) onToken(token);
        }}
      >
        <input
          className="input"
          type="password"
          autoComplete="off"
          aria-label="Token"
          placeholder="Token"
          data-testid="studio-token"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" look="primary">
          Open
        </Button>
      </form>
    </MessagePage>
  );
}

function Studio({ token, onOtherToken }: { token: string; onOtherToken: (token: string) => void }) {
  const link = useShow((state) => state.link);
  const title = useShow((state) => state.show?.title);
  const feed = useFeed();
  const seat = useSeat(token);
  // Parts of the row only: it is a new one with each report of its figures.
  const ownRow = (state: FeedSnapshot) =>
    state.participants.find((person) => person.participantId === seat?.participantId);
  const connection = useShow((state) => ownRow(state)?.connection ?? null);
  const isLive = useShow((state) => state.show?.status === 'LIVE');
  const isHeard = useShow((state) => {
    const own = ownRow(state);
    if (own === undefined) return false;
    const sounding: Participant = { ...own, connection: 'connected', isPublishing: true };
    return airStateOf(sounding, state.routing, state.show?.status === 'LIVE') === 'air';
  });
  const audio = useSeatAudio(feed.showId, feed.levels);
  const told = useConnection(audio, {
    link,
    connection,
    isOnAir: isHeard && !audio.microphone.muted,
    isLive,
    isDesk: true,
  });
  const keyOf = useCallerKeys(feed.showId);
  const keys = useStudioKeys(keyOf);
  const isAdmin = claimsOf(token).participantId === null;
  useEffect(() => {
    if (title) document.title = `${title} · Studio`;
  }, [title]);

  const isAccepted = link === 'open';
  useEffect(() => {
    if (isAccepted) rememberStudioToken(browserStorage, feed.showId, token);
  }, [isAccepted, feed, token]);
  const known = knownStudioToken(browserStorage, feed.showId);
  const other = known !== null && known !== token && (
    <Button look="primary" data-testid="studio-known" onClick={() => onOtherToken(known)}>
      Open the studio as before
    </Button>
  );

  if (link === 'refused')
    return (
      <MessagePage
        title="This studio link no longer works"
        text="Its seat was removed from the show. Ask for a new studio link."
      >
        {other}
      </MessagePage>
    );
  // Somebody who is on the air with this page keeps their microphone, so the page stays.
  if (link === 'expired' && !title)
    return (
      <MessagePage
        title="This studio link doesn’t work"
        text="It has expired, or lost a part on its way. Open the whole link again, or ask for a new one. The show itself doesn’t depend on it."
      >
        {other}
      </MessagePage>
    );
  if (link === 'gone')
    return <MessagePage title="This show is gone" text="It was deleted, or the link is wrong." />;

  return (
    <MessageArea>
      <div className="studio" onClickCapture={releaseFocusOfPointerClicks}>
        <ShowBar />
        <ConnectionNotice told={told} audio={audio} />
        <AlertNotices />
        <Message
          bad
          text={
            link === 'expired'
              ? 'Your studio link has expired: this page shows the show as it was and can no longer change it. If your microphone is on, it stays on. Open a new studio link.'
              : null
          }
        />
        <Message text={keys.error} bad onDismiss={keys.clear} />
        <main className="studio-grid">
          <div className="studio-column">
            <ProgrammePanel />
            <MicrophonePanel seat={seat} audio={audio} registerMute={keys.registerMute} />
            <MixerPanel />
            <SilencePanel />
          </div>
          <div className="studio-column">
            <PeoplePanel ownId={seat?.participantId ?? null} keyOf={keyOf} />
            <EventLog />
          </div>
          <div className="studio-column">
            <DeckPanel />
            <LibraryPanel mayChangeStation={isAdmin} />
            <OutputPanel />
            <RecordingsPanel />
            <ShortcutList areOn={keys.areOn} onSwitch={keys.setAreOn} />
          </div>
        </main>
      </div>
    </MessageArea>
  );
}

export interface HostSeat {
  participantId: string;
  token: string;
}

/** A host's token is a seat. An admin's isn't: the show's own host seat is used then. */
function useSeat(token: string): HostSeat | null {
  const feed = useFeed();
  const own = useMemo(() => claimsOf(token).participantId, [token]);
  const [borrowed, setBorrowed] = useState<HostSeat | null>(null);
  const isOpen = useShow((state) => state.link === 'open');
  const needsOne = isOpen && !borrowed && !own?.startsWith('part-');
  useEffect(() => {
    if (!needsOne) return;
    let stale = false;
    feed.api
      .get<{ hostToken?: string }>(`/shows/${encodeURIComponent(feed.showId)}/links`)
      .then(({ hostToken }) => {
        const participantId = claimsOf(hostToken ?? null).participantId;
        if (!stale && hostToken && participantId) setBorrowed({ participantId, token: hostToken });
      })
      .catch(() => undefined);
    return () => {
      stale = true;
    };
  }, [feed, needsOne]);
  return useMemo(
    () => (own?.startsWith('part-') ? { participantId: own, token } : borrowed),
    [own, token, borrowed],
  );
}

/** After a click with a pointer the space bar belongs to the deck again, not to the button last clicked. */
function releaseFocusOfPointerClicks(event: React.MouseEvent): void {
  if (event.detail === 0 || !(event.target instanceof Element)) return;
  event.target.closest<HTMLElement>('button, summary')?.blur();
}

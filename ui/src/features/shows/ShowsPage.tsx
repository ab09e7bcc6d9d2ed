import { browserStorage, tabStorage } from '../../auth/storage';
import { useCallback, useEffect, useState } from 'react';
import { ApiError, makeApi, messageOf } from '../../api/client';
import type { Show } from '../../api/types';
import { forgetLinkToken, linkToken } from '../../auth/linkToken';
import { forgetAdminToken, loadAdminToken, saveAdminToken, tokenFromHash } from '../../auth/tokens';
import { Button } from '../../ui/Button';
import { Brand } from '../../ui/Icon';
import { Message, MessageArea, MessageStrip } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import { stillOrder } from '../../ui/stillOrder';
import { useAction } from '../../ui/useAction';
import { ShowCard } from './ShowCard';
import './shows.css';

const kPollMs = 4000;

export default function ShowsPage() {
  const [token, setToken] = useState(
    () => tokenFromHash(location.hash) ?? linkToken(location, tabStorage) ?? loadAdminToken(browserStorage),
  );
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Shelcaster';
  }, []);
  if (!token)
    return (
      <SignIn
        refusal={refusal}
        onToken={(next) => {
          setRefusal(null);
          setToken(next);
        }}
      />
    );
  return (
    <Shows
      key={token}
      token={token}
      onSignOut={(reason) => {
        if (loadAdminToken(browserStorage) === token) forgetAdminToken(browserStorage);
        forgetLinkToken(location, tabStorage);
        setRefusal(reason);
        setToken(null);
      }}
    />
  );
}

function SignIn({ refusal, onToken }: { refusal: string | null; onToken: (token: string) => void }) {
  const [text, setText] = useState('');
  return (
    <main className="sign-in">
      <Brand />
      <h1>Live radio with callers, mixed on the server</h1>
      <form
        className="join-card"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) onToken(text.trim());
        }}
      >
        <label className="field">
          <span>Admin token</span>
          <input
            className="input"
            type="password"
            autoComplete="current-password"
            data-testid="admin-token"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <Notice text={refusal} bad />
        <Button type="submit" look="primary" large data-testid="admin-enter" disabled={!text.trim()}>
          Open
        </Button>
        <p className="soft">
          The server prints it at its first start and keeps it in <code>admin-token</code> in its data folder.
        </p>
      </form>
    </main>
  );
}

function Shows({ token, onSignOut }: { token: string; onSignOut: (reason: string | null) => void }) {
  const [api] = useState(() => makeApi(token));
  const [shows, setShows] = useState<Show[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [title, setTitle] = useState('');
  const action = useAction();

  const reload = useCallback(
    async (isOwnAct = false) => {
      try {
        const answer = await api.get<{ shows: Show[] }>('/shows');
        saveAdminToken(browserStorage, token);
        const newestFirst = [...answer.shows].sort((a, b) => b.createdAt - a.createdAt);
        // What somebody else has made comes last until the page is opened anew: no card moves under a hand.
        setShows((shown) =>
          isOwnAct ? newestFirst : stillOrder(shown ?? [], newestFirst, [], (show) => show.showId, false),
        );
        setProblem(null);
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403))
          onSignOut('The server doesn’t accept this token.');
        else setProblem(messageOf(error));
      }
    },
    [api, token, onSignOut],
  );
  useEffect(() => {
    void reload();
    const timer = setInterval(() => document.visibilityState === 'visible' && void reload(), kPollMs);
    return () => clearInterval(timer);
    // `onSignOut` is made anew with each render of the page, which must not restart the timer.
  }, [api, token]);

  const create = () =>
    action.run(async () => {
      await api.send('POST', '/shows', { title: title.trim() });
      setTitle('');
      await reload(true);
    });

  return (
    <MessageArea>
      <div className="shows">
        <header className="shows-head">
          <Brand />
          <Button look="quiet" onClick={() => onSignOut(null)}>
            Sign out
          </Button>
        </header>
        <main className="stack">
          <h1>Shows</h1>
          <form
            className="copy-field"
            onSubmit={(event) => {
              event.preventDefault();
              void create();
            }}
          >
            <input
              className="input"
              aria-label="Title of a new show"
              placeholder="Title of a new show"
              maxLength={200}
              data-testid="new-show-title"
              value={title}
              onChange={(event) => setTitle(event.target.value)}
            />
            <Button
              type="submit"
              look="primary"
              icon="plus"
              data-testid="new-show"
              disabled={!title.trim() || action.busy}
            >
              Create
            </Button>
          </form>
          <MessageStrip quiet="" />
          <Message text={action.error} bad onDismiss={action.clear} />
          <Message text={problem} bad />
          {shows?.length === 0 && <p className="empty">No shows yet. Create the first one above.</p>}
          <ul className="show-list">
            {shows?.map((show) => (
              <ShowCard key={show.showId} api={api} show={show} onChanged={() => void reload()} />
            ))}
          </ul>
        </main>
      </div>
    </MessageArea>
  );
}

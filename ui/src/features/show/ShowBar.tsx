import { useEffect, useRef, useState } from 'react';
import type { SeenShow, ShowStatus } from '../../api/types';
import { formatDuration } from '../../format/time';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Icon, Shell } from '../../ui/Icon';
import { Message, MessageStrip } from '../../ui/Messages';
import { useAction } from '../../ui/useAction';
import { useFocusHome } from '../../ui/useFocusHome';
import { compositionHealth } from './compositionHealth';
import { listenersText } from './listenersText';
import { StatusPill } from './StatusPill';

const kStartable: ShowStatus[] = ['CREATING', 'STOPPED', 'ERROR'];

/** It stays in sight while the page is scrolled, and so does what the page has to say. */
export function ShowBar() {
  const feed = useFeed();
  const show = useShow((state) => state.show);
  const viewers = useShow((state) => state.viewerCount);
  const action = useAction();
  const [asking, setAsking] = useState(false);
  const bar = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useFocusHome(bar, heading);
  const path = `/shows/${encodeURIComponent(feed.showId)}`;
  const post = (verb: 'start' | 'stop') =>
    action.run(async () => {
      const { status } = await feed.api.send<{ status: ShowStatus }>('POST', `${path}/${verb}`);
      const known = feed.getSnapshot().show;
      if (known) feed.merge({ show: { ...known, status } });
    });

  return (
    <header className="show-bar" ref={bar}>
      <div className="show-bar-row">
        <a href="/" className="brand" aria-label="All shows">
          <Shell />
        </a>
        <h1 title={show?.title} ref={heading} tabIndex={-1}>
          {show?.title ?? '…'}
        </h1>
        <StatusPill status={show?.status ?? null} />
        <dl className="show-facts">
          <div className="fact-time">
            <dt>On air</dt>
            <dd data-testid="elapsed">
              <Elapsed show={show} />
            </dd>
          </div>
          <div>
            <dt>Listeners</dt>
            <dd data-testid="viewer-count">
              <Icon name="ear" size={16} /> {listenersText(show?.status ?? null, viewers)}
            </dd>
          </div>
          <div>
            <dt>Mixer</dt>
            <dd>
              <CompositionHealth />
            </dd>
          </div>
        </dl>
        <div className="show-actions">
          {/* Keys of their own, so that the focus of one never becomes that of the other. */}
          {show && kStartable.includes(show.status) ? (
            <Button
              key="start"
              look="primary"
              data-testid="studio-start"
              disabled={action.busy}
              onClick={() => void post('start')}
            >
              Start show
            </Button>
          ) : (
            <Button
              key="stop"
              look="danger"
              data-testid="studio-stop"
              disabled={action.busy || !show || show.status === 'STOPPING'}
              onClick={() => setAsking(true)}
            >
              Stop show
            </Button>
          )}
        </div>
      </div>
      <MessageStrip quiet="Nothing to report." />
      <Message text={action.error} bad onDismiss={action.clear} />
      <Message
        text={
          show?.status === 'ERROR'
            ? (show.error ?? 'The show stopped because of an error. You can start it again.')
            : null
        }
        bad
      />
      {asking && (
        <ConfirmDialog
          title="Stop the show?"
          text="The programme fades out and every listener hears it end. Callers are disconnected."
          confirm="Stop show"
          onConfirm={() => void post('stop')}
          onClose={() => setAsking(false)}
        />
      )}
    </header>
  );
}

function Elapsed({ show }: { show: SeenShow | null }) {
  const since = useShow((state) => state.liveSinceMs);
  const [now, setNow] = useState(Date.now);
  const live = show?.status === 'LIVE' && since !== null;
  useEffect(() => {
    if (!live) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [live, since]);
  return <>{live ? formatDuration(now - since) : '–:––'}</>;
}

/** A heartbeat that stops is told by nobody: the clock has to be looked at. */
const kLookAgainMs = 2000;

function CompositionHealth() {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), kLookAgainMs);
    return () => clearInterval(timer);
  }, []);
  const composition = useShow((state) => state.composition);
  const status = useShow((state) => state.show?.status);
  const isTold = useShow((state) => state.link === 'open');
  if (!isTold && status === 'LIVE')
    return (
      <span
        className="health off"
        title="This page isn’t connected to the server right now."
        data-testid="composition-health"
      >
        Not known
      </span>
    );
  const { tone, text, detail } = compositionHealth(composition, status ?? null, now);
  return (
    <span className={`health ${tone}`} title={detail} data-testid="composition-health">
      {text}
    </span>
  );
}

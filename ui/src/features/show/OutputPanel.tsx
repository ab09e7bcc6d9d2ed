import { useEffect, useId, useState } from 'react';
import type { OutputState } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { keyWords, outputFigures, outputHealth, outputReason } from './outputHealth';

// A destination changes its state by itself, and no event tells of it.
const kLookMs = 2000;

export function OutputPanel() {
  const feed = useFeed();
  const outputs = useShow((state) => state.outputs);
  const status = useShow((state) => state.show?.status ?? null);
  const isOpen = useShow((state) => state.link === 'open');
  const rtmp = outputs.find((output) => output.id === 'rtmp') ?? outputs[0];
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}/outputs/rtmp`;
  const { tone, text } = outputHealth(rtmp, status);
  const changes = isOpen && rtmp !== undefined && status !== null && status !== 'STOPPED';
  useEffect(() => {
    if (!changes) return;
    const timer = setInterval(() => feed.refresh(['outputs']), kLookMs);
    return () => clearInterval(timer);
  }, [feed, changes]);

  return (
    <Panel
      title="RTMP destination"
      className="panel-output"
      actions={
        <span className={`health ${tone} panel-health`} role="status" data-testid="output-state">
          {text}
        </span>
      }
    >
      {rtmp && !editing ? (
        <div className="stack">
          <p className="output-url">
            {rtmp.url} {rtmp.streamKeySet && <span className="soft">· key is set</span>}
          </p>
          <p className="soft output-reason" data-testid="output-reason">
            {outputReason(rtmp) || outputFigures(rtmp)}
          </p>
          <div className="row">
            <Button onClick={() => setEditing(true)}>Change</Button>
            <Button
              look="danger"
              data-testid="rtmp-remove"
              disabled={action.busy}
              onClick={() => setAsking(true)}
            >
              Remove
            </Button>
          </div>
        </div>
      ) : (
        <OutputForm path={path} rtmp={rtmp} onDone={() => setEditing(false)} />
      )}
      <Message text={action.error} bad onDismiss={action.clear} />
      {asking && (
        <ConfirmDialog
          title="Remove the RTMP destination?"
          text="It is cut off at once, and its stream key is forgotten here. Listeners of this page’s own stream hear no difference."
          confirm="Remove"
          onConfirm={() =>
            void action.run(async () => {
              await feed.api.send('DELETE', path);
              feed.merge({ outputs: [] });
              feed.refresh(['outputs']);
            })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  );
}

function OutputForm(props: { path: string; rtmp: OutputState | undefined; onDone: () => void }) {
  const { path, rtmp, onDone } = props;
  const feed = useFeed();
  const [url, setUrl] = useState(rtmp?.url ?? '');
  const [key, setKey] = useState('');
  const noteId = useId();
  const { placeholder, note } = keyWords(rtmp, url);
  const action = useAction();
  const save = () =>
    action.run(async () => {
      await feed.api.send('PUT', path, { url: url.trim(), ...(key ? { streamKey: key } : {}) });
      feed.refresh(['outputs']);
      setKey('');
      onDone();
    });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label className="field">
        <span>Server address</span>
        <input
          className="input"
          data-testid="rtmp-url"
          inputMode="url"
          autoComplete="off"
          placeholder="rtmps://live.example.com/app"
          required
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Stream key</span>
        <input
          className="input"
          data-testid="rtmp-key"
          type="password"
          autoComplete="off"
          placeholder={placeholder}
          aria-describedby={noteId}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      {rtmp?.streamKeySet && (
        <p className="soft output-key-note" id={noteId} role="status" data-testid="rtmp-key-note">
          {note}
        </p>
      )}
      <div className="row">
        <Button type="submit" look="primary" data-testid="rtmp-save" disabled={action.busy || !url.trim()}>
          Save
        </Button>
        {rtmp && <Button onClick={onDone}>Cancel</Button>}
      </div>
      <Message text={action.error} bad onDismiss={action.clear} />
    </form>
  );
}

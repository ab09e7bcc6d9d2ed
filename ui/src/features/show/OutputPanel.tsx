import { useState } from 'react';
import type { OutputState } from '../../api/types';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';

/** What a destination is doing, by its owner's words: its failure never touches the programme. */
export function outputHealth(output: OutputState | undefined): { tone: string; text: string } {
  switch (output?.state?.toLowerCase()) {
    case 'live':
      return { tone: 'good', text: 'Streaming' };
    case 'connecting':
      return { tone: 'warn', text: 'Connecting…' };
    case 'retrying':
      return { tone: 'bad', text: 'Destination refuses, retrying' };
    default:
      return { tone: 'off', text: output ? 'Waits for the show' : 'Not set' };
  }
}

export function OutputPanel() {
  const feed = useFeed();
  const outputs = useShow((state) => state.outputs);
  const rtmp = outputs.find((output) => output.id === 'rtmp') ?? outputs[0];
  const [url, setUrl] = useState('');
  const [key, setKey] = useState('');
  const [editing, setEditing] = useState(false);
  const action = useAction();
  const path = `/shows/${encodeURIComponent(feed.showId)}/outputs/rtmp`;
  const { tone, text } = outputHealth(rtmp);

  const save = async () => {
    const saved = await action.run(async () => {
      await feed.api.send('PUT', path, { url: url.trim(), ...(key ? { streamKey: key } : {}) });
      feed.refresh(['outputs']);
    });
    if (saved) {
      setEditing(false);
      setKey('');
    }
  };

  return (
    <Panel
      title="RTMP destination"
      className="panel-output"
      actions={
        <span className={`health ${tone} panel-health`} data-testid="output-state">
          {text}
        </span>
      }
    >
      <div className="stack">
        {rtmp && !editing ? (
          <>
            <p className="output-url">
              {rtmp.url} {rtmp.streamKeySet && <span className="soft">· key is set</span>}
            </p>
            {rtmp.detail && <p className="soft">{rtmp.detail}</p>}
            <div className="row">
              <Button
                onClick={() => {
                  setUrl(rtmp.url ?? '');
                  setEditing(true);
                }}
              >
                Change
              </Button>
              <Button
                look="danger"
                disabled={action.busy}
                onClick={() =>
                  void action.run(async () => {
                    await feed.api.send('DELETE', path);
                    feed.merge({ outputs: [] });
                    feed.refresh(['outputs']);
                  })
                }
              >
                Remove
              </Button>
            </div>
          </>
        ) : (
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
                placeholder={rtmp?.streamKeySet ? 'Unchanged' : 'Optional'}
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
            </label>
            <div className="row">
              <Button
                type="submit"
                look="primary"
                data-testid="rtmp-save"
                disabled={action.busy || !url.trim()}
              >
                Save
              </Button>
              {editing && <Button onClick={() => setEditing(false)}>Cancel</Button>}
            </div>
          </form>
        )}
        <Notice text={action.error} bad onDismiss={action.clear} />
      </div>
    </Panel>
  );
}

import { useEffect, useState } from 'react';
import { formatClock, formatDuration } from '../../format/time';
import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Message } from '../../ui/Messages';
import { Panel } from '../../ui/Panel';
import { useAction } from '../../ui/useAction';
import { silenceUntil } from './alertText';
import { declareSilence } from './commands';
import './alerts.css';

const kMinutes = [1, 2, 5, 10, 30, 60];

/** Says beforehand that the programme will be silent on purpose, so that nothing fills it. */
export function SilencePanel() {
  const feed = useFeed();
  const composition = useShow((state) => state.composition);
  const action = useAction();
  const [minutes, setMinutes] = useState(2);
  const now = useSecond(composition?.deadAir.silenceUntil ?? null);
  const until = silenceUntil(composition, now);

  return (
    <Panel title="Silence" className="panel-silence">
      <div className="stack">
        {until !== null ? (
          <>
            <p role="status" data-testid="silence-declared">
              Silence is declared until {formatClock(until)}; nothing fills it.{' '}
              <span className="soft">{formatDuration(until - now)} left</span>
            </p>
            <div className="row">
              <Button
                disabled={action.busy}
                data-testid="silence-end"
                onClick={() => void action.run(() => declareSilence(feed, 0))}
              >
                End it now
              </Button>
            </div>
          </>
        ) : (
          <form
            className="silence-form"
            onSubmit={(event) => {
              event.preventDefault();
              void action.run(() => declareSilence(feed, minutes * 60));
            }}
          >
            <p className="soft">
              A programme that falls silent is filled with the queue or with standby music. Planning a
              silence?
            </p>
            <label className="field">
              <span>For</span>
              <select
                className="input"
                data-testid="silence-minutes"
                value={minutes}
                onChange={(event) => setMinutes(Number(event.target.value))}
              >
                {kMinutes.map((count) => (
                  <option key={count} value={count}>
                    {count === 1 ? '1 minute' : `${count} minutes`}
                  </option>
                ))}
              </select>
            </label>
            <Button type="submit" disabled={action.busy} data-testid="silence-declare">
              Declare silence
            </Button>
          </form>
        )}
        <Message text={action.error} bad onDismiss={action.clear} />
      </div>
    </Panel>
  );
}

/** The time, each second until `untilMs`. */
function useSecond(untilMs: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    if (untilMs === null) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() > untilMs) clearInterval(timer);
    }, 1000);
    return () => clearInterval(timer);
  }, [untilMs]);
  return now;
}

import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { useAction } from '../../ui/useAction';
import { alertText, alertsInOrder, isGrave } from './alertText';
import { declareSilence } from './commands';
import './alerts.css';

/** More would leave a phone no room for the studio; the rest is in the log. */
const kShown = 3;
const kMeantSeconds = 300;

/** What is wrong with the show now, in the bar that stays in sight. */
export function AlertNotices() {
  const feed = useFeed();
  const composition = useShow((state) => state.composition);
  const action = useAction();
  const alerts = alertsInOrder(composition);
  const more = alerts.length - kShown;
  return (
    <div className="alerts" data-testid="alerts" data-count={alerts.length}>
      {alerts.slice(0, kShown).map((alert) => (
        <div
          key={`${alert.kind} ${alert.outputId ?? ''}`}
          data-testid={`alert-${alert.kind}`}
          className="alert-row"
        >
          <Notice text={alertText(alert)} bad={isGrave(alert)}>
            {alert.kind === 'dead_air' && (
              <Button
                disabled={action.busy}
                data-testid="silence-is-meant"
                title="Fades the music out and declares five minutes of silence"
                onClick={() => void action.run(() => declareSilence(feed, kMeantSeconds))}
              >
                The silence is meant
              </Button>
            )}
          </Notice>
        </div>
      ))}
      {more > 0 && <p className="soft">And {more} more, in the log below.</p>}
      <Notice text={action.error} bad onDismiss={action.clear} />
    </div>
  );
}

import { useFeed, useShow } from '../../live/useShow';
import { Button } from '../../ui/Button';
import { InStrip, Message } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import { useAction } from '../../ui/useAction';
import { alertText, alertsInOrder, isGrave } from './alertText';
import { declareSilence } from './commands';
import './alerts.css';

const kMeantSeconds = 300;

/** What is wrong with the show now, in the strip that stays in sight. */
export function AlertNotices() {
  const feed = useFeed();
  const composition = useShow((state) => state.composition);
  const action = useAction();
  const alerts = alertsInOrder(composition);
  return (
    <>
      <InStrip>
        <div data-testid="alerts" data-count={alerts.length}>
          {alerts.map((alert) => (
            <div key={`${alert.kind} ${alert.outputId ?? ''}`} data-testid={`alert-${alert.kind}`}>
              <Notice text={alertText(alert)} bad={isGrave(alert)}>
                {alert.kind === 'dead_air' && (
                  <Button
                    disabled={action.busy}
                    data-testid="silence-is-meant"
                    title="Fades the music out and declares five minutes of silence"
                    onClick={() => void action.run(() => declareSilence(feed, kMeantSeconds))}
                  >
                    This silence is intended
                  </Button>
                )}
              </Notice>
            </div>
          ))}
        </div>
      </InStrip>
      <Message text={action.error} bad onDismiss={action.clear} />
    </>
  );
}

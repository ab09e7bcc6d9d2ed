import type { SeatAudio } from '../../rtc/useSeatAudio';
import { Button } from '../../ui/Button';
import { InStrip } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import type { Told } from './StatusTeller';

/** The state of a page's connections in one sentence, and the one button that may be needed. */
export function ConnectionNotice({ told, audio }: { told: Told | null; audio: SeatAudio }) {
  return (
    <InStrip>
      <div data-testid="connection" data-status={told?.key ?? 'well'}>
        <Notice text={told?.sentence ?? null} bad={told?.severity === 'bad'} good={told?.severity === 'good'}>
          {told?.key === 'microphone' && (
            <Button look="primary" icon="mic" data-testid="mic-recover" onClick={audio.recover}>
              Turn the microphone back on
            </Button>
          )}
        </Notice>
      </div>
    </InStrip>
  );
}

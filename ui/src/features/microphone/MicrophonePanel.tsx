import { useCallback, useEffect } from 'react';
import { kPreviewId } from '../../live/levels';
import { useFeed, useShow } from '../../live/useShow';
import type { Microphone } from '../../rtc/useMicrophone';
import type { SeatAudio } from '../../rtc/useSeatAudio';
import type { WhipState } from '../../rtc/WhipSession';
import { useWakeLock } from '../../rtc/useWakeLock';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { Meter } from '../meters/Meter';
import type { HostSeat } from '../show/StudioPage';
import { useSeatMute } from './useSeatMute';
import './microphone.css';

const kPreview = [kPreviewId] as const;
const kRejoinKey = 'shelcaster.studio.joined';

export function describeLink(state: WhipState): { tone: string; text: string } {
  switch (state.kind) {
    case 'idle':
      return { tone: 'off', text: 'Off' };
    case 'connecting':
      return { tone: 'warn', text: 'Connecting…' };
    case 'connected':
      return { tone: 'good', text: 'Connected' };
    case 'reconnecting':
      return { tone: 'warn', text: 'Reconnecting…' };
    case 'waiting':
      return { tone: 'warn', text: 'Waits for the show' };
    case 'refused':
      return { tone: 'bad', text: 'Refused' };
  }
}

/** The host's own seat. After a refresh it joins again by itself; the server kept the seat's place meanwhile. */
export function MicrophonePanel(props: {
  seat: HostSeat | null;
  audio: SeatAudio;
  registerMute: (toggle: (() => void) | null) => void;
}) {
  const { seat, audio, registerMute } = props;
  const feed = useFeed();
  const live = useShow((state) => state.show?.status === 'LIVE');
  const joined = audio.state.kind !== 'idle' && audio.state.kind !== 'refused';
  const { connect, leave: hangUp, nudge } = audio;
  const { open } = audio.microphone;
  // The show is over: the microphone goes off, and on again by itself with the next start.
  const over = useShow((state) => state.show?.status === 'STOPPED' || state.show?.status === 'ERROR');
  useEffect(() => {
    if (over && joined) void hangUp();
  }, [over, joined, hangUp]);
  useEffect(() => {
    if (live) nudge();
  }, [live, nudge]);
  useWakeLock(joined);

  const join = useCallback(async () => {
    if (!seat || !(await open())) return;
    sessionStorage.setItem(kRejoinKey, feed.showId);
    await connect(seat.token);
  }, [seat, open, connect, feed]);

  const leave = async () => {
    sessionStorage.removeItem(kRejoinKey);
    await audio.leave();
  };

  // Back after a refresh, or when a show starts that was waited for.
  const wantsRejoin =
    live &&
    seat !== null &&
    audio.state.kind === 'idle' &&
    sessionStorage.getItem(kRejoinKey) === feed.showId;
  useEffect(() => {
    if (wantsRejoin) void join();
    // Once per wish: `join` changes its identity with the device that it opened.
  }, [wantsRejoin]);

  const { muted, toggle, problem, dismiss } = useSeatMute(seat, audio.microphone);
  useEffect(() => {
    registerMute(toggle);
    return () => registerMute(null);
  }, [registerMute, toggle]);

  const { tone, text } = describeLink(audio.state);
  return (
    <Panel
      title="Your microphone"
      className="panel-microphone"
      actions={
        <span
          className={`health ${tone} panel-health`}
          role="status"
          data-testid="mic-status"
          data-state={audio.state.kind}
        >
          {text}
        </span>
      }
    >
      <div className="stack">
        <Meter bus={feed.levels} sources={kPreview} label="Level of your microphone" testId="meter-preview" />
        <div className="row">
          {joined ? (
            <Button icon="leave" data-testid="mic-leave" className="grow" onClick={() => void leave()}>
              Leave
            </Button>
          ) : (
            <Button
              look="primary"
              icon="mic"
              className="grow"
              data-testid="mic-join"
              disabled={!seat || !live}
              onClick={() => void join()}
            >
              Join the show
            </Button>
          )}
          <Button
            icon={muted ? 'micOff' : 'mic'}
            aria-pressed={muted}
            data-testid="mic-mute"
            disabled={!joined}
            className="mute"
            onClick={toggle}
          >
            {muted ? 'Muted' : 'Mute'}
          </Button>
        </div>
        <Notice text={problem} bad onDismiss={dismiss} />
        <DevicePicker microphone={audio.microphone} />
        {!live && !joined && <p className="soft">You can join as soon as the show is live.</p>}
        <SeatNotices audio={audio} />
      </div>
    </Panel>
  );
}

export function DevicePicker({ microphone }: { microphone: Microphone }) {
  const { fact, devices, deviceId, open } = microphone;
  if (fact === 'off' || devices.length < 1) return null;
  // One that was unplugged isn't in the list any more: nothing is chosen then.
  const isListed = devices.some((device) => device.deviceId === deviceId);
  return (
    <select
      className="input"
      aria-label="Microphone"
      data-testid="mic-device"
      value={isListed ? (deviceId ?? '') : ''}
      onChange={(event) => void open(event.target.value)}
    >
      {!isListed && (
        <option value="" disabled>
          Choose a microphone
        </option>
      )}
      {devices.map((device, index) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || `Microphone ${index + 1}`}
        </option>
      ))}
    </select>
  );
}

/** What may go wrong with a seat's sound, besides its connection. */
export function SeatNotices({ audio }: { audio: SeatAudio }) {
  const { problem, switched, dismissSwitched } = audio.microphone;
  return (
    <>
      <Notice text={problem} bad />
      {switched && (
        <div data-testid="mic-switched">
          <Notice text={switched} onDismiss={dismissSwitched} />
        </div>
      )}
      {audio.needsTapToHear && (
        <Notice text="Your browser wants a tap before it plays sound.">
          <Button look="primary" data-testid="hear" onClick={audio.hear}>
            Hear the show
          </Button>
        </Notice>
      )}
      {audio.state.kind === 'refused' && (
        <Notice bad text={audio.state.detail || 'The server refused the connection.'} />
      )}
    </>
  );
}

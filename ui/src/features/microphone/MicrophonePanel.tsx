import { useCallback, useEffect } from 'react';
import { kPreviewId } from '../../live/levels';
import { useFeed, useShow } from '../../live/useShow';
import { useSeatAudio } from '../../rtc/useSeatAudio';
import type { WhipState } from '../../rtc/WhipSession';
import { useWakeLock } from '../../rtc/useWakeLock';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { patchPerson } from '../callers/commands';
import { Meter } from '../meters/Meter';
import type { HostSeat } from '../show/StudioPage';
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
  registerMute: (toggle: (() => void) | null) => void;
}) {
  const { seat, registerMute } = props;
  const feed = useFeed();
  const live = useShow((state) => state.show?.status === 'LIVE');
  const own = useShow((state) =>
    state.participants.find((person) => person.participantId === seat?.participantId),
  );
  const audio = useSeatAudio(feed.showId, feed.levels);
  const joined = audio.state.kind !== 'idle' && audio.state.kind !== 'refused';
  const { open, connect, leave: hangUp, setMuted, nudge } = audio;
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
  const wantsRejoin = live && seat !== null && !joined && sessionStorage.getItem(kRejoinKey) === feed.showId;
  useEffect(() => {
    if (wantsRejoin) void join();
    // Once per wish: `join` changes its identity with the device that it opened.
  }, [wantsRejoin]);

  // The server's mute is the truth, so that a refresh, another operator and this page agree.
  const muted = own?.muted ?? audio.muted;
  useEffect(() => setMuted(muted), [muted, setMuted]);
  const toggleMute = useCallback(() => {
    setMuted(!muted);
    if (!seat) return;
    const { participantId } = seat;
    feed.mergePerson(participantId, { muted: !muted });
    patchPerson(feed, participantId, { muted: !muted }).catch(() => {
      feed.refresh(['participants']);
    });
  }, [muted, seat, feed, setMuted]);
  useEffect(() => {
    registerMute(toggleMute);
    return () => registerMute(null);
  }, [registerMute, toggleMute]);

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
            onClick={toggleMute}
          >
            {muted ? 'Muted' : 'Mute'}
          </Button>
        </div>
        <DevicePicker audio={audio} />
        {!live && !joined && <p className="soft">You can join as soon as the show is live.</p>}
        <SeatNotices audio={audio} onRecover={() => void open()} />
      </div>
    </Panel>
  );
}

export function DevicePicker({ audio }: { audio: ReturnType<typeof useSeatAudio> }) {
  if (!audio.isOpen || audio.devices.length < 1) return null;
  return (
    <select
      className="input"
      aria-label="Microphone"
      data-testid="mic-device"
      value={audio.deviceId ?? ''}
      onChange={(event) => void audio.open(event.target.value)}
    >
      {audio.devices.map((device, index) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || `Microphone ${index + 1}`}
        </option>
      ))}
    </select>
  );
}

/** What may go wrong with a seat's sound, each with its one tap to get it back. */
export function SeatNotices({
  audio,
  onRecover,
}: {
  audio: ReturnType<typeof useSeatAudio>;
  onRecover: () => void;
}) {
  return (
    <>
      <Notice text={audio.problem} bad />
      {audio.isMicrophoneGone && (
        <Notice bad text="Your microphone stopped: a call took it, or it was unplugged.">
          <Button look="primary" data-testid="mic-recover" onClick={onRecover}>
            Turn it on again
          </Button>
        </Notice>
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

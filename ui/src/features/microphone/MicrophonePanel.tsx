import { tabStorage } from '../../auth/storage';
import { useCallback, useEffect, useState } from 'react';
import { kPreviewId } from '../../live/levels';
import { useFeed, useShow } from '../../live/useShow';
import type { Microphone } from '../../rtc/useMicrophone';
import type { SeatAudio } from '../../rtc/useSeatAudio';
import type { Refusal } from '../../rtc/whipRequests';
import { kOver, type WhipState } from '../../rtc/WhipSession';
import { useWakeLock } from '../../rtc/useWakeLock';
import { Button } from '../../ui/Button';
import { InStrip, Message } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import { Panel } from '../../ui/Panel';
import { leaveSeat } from '../join/leaveSeat';
import { Meter } from '../meters/Meter';
import type { HostSeat } from '../show/StudioPage';
import {
  forgetWish,
  hasWish,
  isKnownToGoOn,
  keepWish,
  newestEvent,
  renewWish,
  wishHolds,
} from './rejoinWish';
import { useSeatMute } from './useSeatMute';
import './microphone.css';

const kPreview = [kPreviewId] as const;

/** Why the seat has no call any more. */
const kRefused: Record<Refusal, string> = {
  elsewhere: 'Joined elsewhere',
  kicked: 'Removed',
  expired: 'Link expired',
  'no-show': 'No such show',
  rejected: 'Refused',
  over: 'Off',
};

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
      return { tone: 'warn', text: 'Waiting for the show' };
    case 'refused':
      return { tone: 'bad', text: kRefused[state.reason] };
  }
}

const kAskAgainMs = 4_000;

/**
 * The host's own seat. After a refresh it joins again by itself; the server kept the seat's place meanwhile. After a stop
 * of the show it doesn't, nor does a page that slept through it: whoever starts the show next can't know who sits at the
 * other desks.
 */
export function MicrophonePanel(props: {
  seat: HostSeat | null;
  audio: SeatAudio;
  registerMute: (toggle: (() => void) | null) => void;
}) {
  const { seat, audio, registerMute } = props;
  const feed = useFeed();
  const live = useShow((state) => state.show?.status === 'LIVE');
  const joined = audio.state.kind !== 'idle' && audio.state.kind !== 'refused';
  const isChecking = audio.isOpen && !joined;
  const { connect, leave: hangUp, nudge } = audio;
  const { open } = audio.microphone;
  // The show is over, as the log says or the answer to a call that came back.
  const over = useShow((state) => state.show?.status === 'STOPPED' || state.show?.status === 'ERROR');
  const isTurnedAway = audio.state.kind === 'waiting';
  useEffect(() => {
    if ((over || isTurnedAway) && joined) void hangUp();
  }, [over, isTurnedAway, joined, hangUp]);
  const endsWish = useShow((state) => state.show !== null && state.show.status !== 'LIVE');
  const refusal = audio.state.kind === 'refused' ? audio.state.reason : null;
  useEffect(() => {
    if (endsWish || isTurnedAway || refusal) forgetWish(tabStorage);
  }, [endsWish, isTurnedAway, refusal]);
  // The show was stopped, and maybe started again, while this page didn't look. Not told of a stop that it sees.
  const [missedStop, setMissedStop] = useState(false);
  const missStop = useCallback(() => {
    setMissedStop(true);
    forgetWish(tabStorage);
    void hangUp();
  }, [hangUp]);
  useEffect(() => {
    if (refusal === 'over') missStop();
  }, [refusal, missStop]);
  useEffect(() => {
    if (endsWish) setMissedStop(false);
  }, [endsWish, missedStop]);
  const eventNumber = useShow((state) => state.eventNumber);
  const isOpen = useShow((state) => state.link === 'open');
  const isSure = useShow((state) => isKnownToGoOn(tabStorage, feed.showId, state));
  useEffect(() => {
    if (isSure && joined) renewWish(tabStorage, feed.showId, eventNumber);
  }, [isSure, joined, feed, eventNumber]);
  const mayReturn = useCallback(() => wishHolds(tabStorage, feed.showId, feed.api), [feed]);
  const isInDoubt = live && joined && isOpen && !isSure;
  const [timesAsked, setTimesAsked] = useState(0);
  // Nobody could say: the server is away or busy.
  const askAgain = () => window.setTimeout(() => setTimesAsked((times) => times + 1), kAskAgainMs);
  useEffect(() => {
    if (!isInDoubt) return;
    let isLate = false;
    let again: number | undefined;
    void mayReturn().then((may) => {
      if (isLate) return;
      if (may === 'no') missStop();
      if (may === 'unknown') again = askAgain();
    });
    return () => {
      isLate = true;
      window.clearTimeout(again);
    };
  }, [isInDoubt, timesAsked, mayReturn, missStop]);
  useEffect(() => {
    if (live) nudge();
  }, [live, nudge]);
  useWakeLock(joined);

  const join = async () => {
    if (!seat || !(await open())) return;
    setMissedStop(false);
    // Asked for, since a page that has just woken up may be behind a stop that this press is not to be undone by.
    const newest = await newestEvent(feed.showId, feed.api);
    keepWish(tabStorage, feed.showId, newest ?? feed.getSnapshot().eventNumber);
    await connect(seat.token, { mayReturn });
  };

  const leave = async () => {
    forgetWish(tabStorage);
    await Promise.all([seat && leaveSeat(feed.showId, seat), audio.leave()]);
  };

  // Back after a refresh.
  const isWished = useShow(() => hasWish(tabStorage, feed.showId));
  const wantsRejoin = isWished && live && isOpen && seat !== null && audio.state.kind === 'idle';
  useEffect(() => {
    if (!wantsRejoin) return;
    let isLate = false;
    let again: number | undefined;
    void mayReturn().then(async (may) => {
      if (isLate) return;
      if (may === 'no') return forgetWish(tabStorage);
      if (may === 'unknown') again = askAgain();
      if (may === 'yes' && (await open()) && !isLate)
        await connect(seat.token, { mayReturn, isAsked: false });
    });
    return () => {
      isLate = true;
      window.clearTimeout(again);
    };
    // Once per wish and answer: `open` and `connect` change their identity with the device that is opened.
  }, [wantsRejoin, timesAsked]);

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
          {/* Two buttons by their keys, or the focus would stay on the place, which now means the opposite. */}
          {joined ? (
            <Button
              key="leave"
              icon="leave"
              data-testid="mic-leave"
              className="grow"
              onClick={() => void leave()}
            >
              Leave
            </Button>
          ) : (
            <Button
              key="join"
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
        <Message text={problem} bad onDismiss={dismiss} />
        <Message text={live && missedStop ? kOver : null} bad onDismiss={() => setMissedStop(false)} />
        <div className="row">
          <DevicePicker microphone={audio.microphone} />
          <Button
            data-testid="mic-check"
            className="mute"
            aria-pressed={isChecking}
            disabled={joined}
            onClick={() => (isChecking ? audio.microphone.close() : void open())}
          >
            Check
          </Button>
        </div>
        <p className="soft microphone-hint">
          {isChecking
            ? 'Nobody hears you: only this page listens. The bar should move.'
            : live || joined
              ? ''
              : 'You can check your microphone now, and join as soon as the show is live.'}
        </p>
        <SeatNotices audio={audio} />
      </div>
    </Panel>
  );
}

export function DevicePicker({ microphone }: { microphone: Microphone }) {
  const { fact, devices, deviceId, open } = microphone;
  const isKnown = fact !== 'off' && devices.length > 0;
  // One that was unplugged isn't in the list any more: nothing is chosen then.
  const isListed = devices.some((device) => device.deviceId === deviceId);
  return (
    <select
      className="input"
      aria-label="Microphone"
      data-testid="mic-device"
      disabled={!isKnown}
      value={isListed ? (deviceId ?? '') : ''}
      onChange={(event) => void open(event.target.value)}
    >
      {!isListed && (
        <option value="" disabled>
          {isKnown ? 'Choose a microphone' : 'Microphone'}
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
      <Message text={problem} bad />
      {switched && (
        <InStrip first>
          <div data-testid="mic-switched">
            <Notice text={switched} onDismiss={dismissSwitched} />
          </div>
        </InStrip>
      )}
      {audio.needsTapToHear && (
        <InStrip first>
          <Notice text="Your browser wants a tap before it plays sound.">
            <Button look="primary" data-testid="hear" onClick={audio.hear}>
              Hear the show
            </Button>
          </Notice>
        </InStrip>
      )}
      <Message
        bad
        text={
          audio.state.kind === 'refused' ? audio.state.detail || 'The server refused the connection.' : null
        }
      />
    </>
  );
}

import { useEffect, useRef, useState } from 'react';
import type { PublicShow } from '../../api/types';
import type { Seat } from '../../auth/tokens';
import { kPreviewId, type LevelBus } from '../../live/levels';
import { microphoneIsGranted } from '../../rtc/microphone';
import type { SeatAudio } from '../../rtc/useSeatAudio';
import { useWakeLock } from '../../rtc/useWakeLock';
import { Button } from '../../ui/Button';
import { type AirFacts, airState } from '../../format/airState';
import { InStrip, Message } from '../../ui/Messages';
import { Notice } from '../../ui/Notice';
import { ConnectionNotice } from '../connection/ConnectionNotice';
import { useConnection } from '../connection/useConnection';
import { Meter } from '../meters/Meter';
import { DevicePicker, SeatNotices } from '../microphone/MicrophonePanel';
import { roomStatus } from './roomStatus';
import { useOwnMute } from './useOwnMute';
import { useOwnSeat } from './useOwnSeat';
import { usePoorLine } from './usePoorLine';

const kPreview = [kPreviewId] as const;

interface Props {
  showId: string;
  seat: Seat;
  show: PublicShow | null;
  audio: SeatAudio;
  bus: LevelBus;
  onLeave: () => void;
  onKicked: () => void;
  onExpired: () => void;
  onOver: () => void;
}

/** The connected caller: one big answer to "am I on the air?", and whatever needs a tap. */
export function Room({ showId, seat, show, audio, bus, onLeave, onKicked, onExpired, onOver }: Props) {
  const own = useOwnSeat(showId, seat);
  const status = own.showStatus ?? show?.status ?? null;
  const live = status === 'LIVE';
  const [blocked, setBlocked] = useState(false);
  const { isOpen, microphone, connect, nudge, state } = audio;
  const { open } = microphone;
  const heardLive = useRef(false);

  // A reload: the microphone opens without a tap where the browser remembers the permission.
  useEffect(() => {
    if (isOpen) return setBlocked(false);
    let stopped = false;
    void microphoneIsGranted().then(async (granted) => {
      if (!stopped && !(granted && (await open())) && !stopped) setBlocked(true);
    });
    return () => {
      stopped = true;
    };
  }, [isOpen, open]);

  useEffect(() => {
    if (live && isOpen && state.kind === 'idle') void connect(seat.token);
    if (live) nudge();
  }, [live, isOpen, state.kind, connect, nudge, seat.token]);

  useEffect(() => {
    if (live) heardLive.current = true;
    if (heardLive.current && (status === 'STOPPED' || status === 'ERROR')) onOver();
  }, [live, status, onOver]);
  useEffect(() => {
    if (own.kicked) onKicked();
  }, [own.kicked, onKicked]);
  // Who is connected, or on the way back, stays so: their sound doesn't depend on the link any more.
  const isConnected = state.kind === 'connected';
  const isCalling = isConnected || state.kind === 'connecting' || state.kind === 'reconnecting';
  useEffect(() => {
    if (own.expired && !isCalling) onExpired();
  }, [own.expired, isCalling, onExpired]);
  useEffect(() => {
    if (own.gone) onOver();
  }, [own.gone, onOver]);

  useWakeLock(isConnected);
  const hasMicrophone = microphone.fact === 'on';
  useOwnMute(showId, seat, own, microphone);
  const onAir = own.isOnAir && isConnected && hasMicrophone;
  const seatFacts: AirFacts = {
    isOnAir: onAir,
    isLive: live,
    isConnected,
    muted: own.muted,
    selfMuted: microphone.muted,
    volumes: [own.volume, own.faders.group, own.faders.master],
  };
  const air = airState(seatFacts);
  const poorLine = usePoorLine(isConnected && own.link === 'open' ? own.stats : null);
  const text = roomStatus(status, state, hasMicrophone, air, own.expired, own.isOnAir);
  const isUnheard = (onAir || text.sign === 'No sound') && !own.expired;
  const look = text.sign === 'ON AIR' ? 'on' : isUnheard ? 'unheard' : '';
  const told = useConnection(audio, {
    link: own.link,
    connection: own.connection,
    isOnAir: airState({ ...seatFacts, isOnAir: own.isOnAir, isConnected: true }) === 'air',
    isLive: live,
    isDesk: false,
  });

  return (
    <>
      <ConnectionNotice told={told} audio={audio} />
      <section
        className={`air ${look}`}
        aria-live="assertive"
        data-testid="on-air-indicator"
        data-on-air={own.expired ? 'unknown' : onAir}
        data-air={own.expired ? 'unknown' : air}
      >
        <strong>{text.sign}</strong>
        <p>{text.air}</p>
      </section>
      <section className="join-card">
        <div className="join-state">
          <span className={`pill ${text.look}`} role="status" data-testid="join-status" data-state={text.key}>
            {text.status}
          </span>
          {own.username && <span className="soft">as {own.username}</span>}
        </div>
        <Meter bus={bus} sources={kPreview} label="Level of your microphone" testId="meter-preview" />
        {poorLine && (
          <InStrip>
            <div data-testid="poor-line">
              <Notice text={poorLine} />
            </div>
          </InStrip>
        )}
        <Message
          bad
          text={
            own.expired
              ? 'Your link has expired. You stay connected for now, but you can’t come back with it: ask the host for a new one.'
              : null
          }
        />
        <SeatNotices audio={audio} />
        {blocked && !isOpen ? (
          <Button look="primary" icon="mic" data-testid="rejoin-button" onClick={() => void open()}>
            Turn on your microphone
          </Button>
        ) : (
          <DevicePicker microphone={microphone} />
        )}
        <div className="row">
          <Button
            className="grow"
            icon={microphone.muted ? 'micOff' : 'mic'}
            aria-pressed={microphone.muted}
            data-testid="join-mute"
            disabled={!isOpen}
            onClick={() => microphone.setMuted(!microphone.muted)}
          >
            {microphone.muted ? 'Muted' : 'Mute'}
          </Button>
          <Button className="grow" look="danger" icon="leave" data-testid="leave-button" onClick={onLeave}>
            Leave
          </Button>
        </div>
        <p className="soft room-hint">{own.muted && !onAir ? 'The host has muted you for now.' : ''}</p>
      </section>
    </>
  );
}

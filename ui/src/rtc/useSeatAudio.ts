import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LevelBus } from '../live/levels';
import { probeLevel } from './levelProbe';
import {
  microphones,
  MicrophoneError,
  microphoneText,
  openMicrophone,
  problemOf,
  wantsRaw,
} from './microphone';
import { WhipSession, type WhipState } from './WhipSession';

export interface SeatAudio {
  state: WhipState;
  /** A microphone is open. */
  isOpen: boolean;
  /** The open microphone ended (unplugged, or a phone call took it): one tap brings it back. */
  isMicrophoneGone: boolean;
  /** What to tell the person about the microphone, or null. */
  problem: string | null;
  devices: MediaDeviceInfo[];
  deviceId: string | null;
  muted: boolean;
  /** The browser wants a tap before it plays the return. */
  needsTapToHear: boolean;
  hear: () => void;
  open: (deviceId?: string | null) => Promise<boolean>;
  connect: (token: string) => Promise<void>;
  leave: () => Promise<void>;
  setMuted: (muted: boolean) => void;
  /** Try now: the show went live, or the network is back. */
  nudge: () => void;
}

const kDeviceKey = 'shelcaster.microphone';

/**
 * A person's seat: the microphone, the WHIP session and the return, which plays in an audio element of its own
 * (an element, not WebAudio, so that phones route it like a call and echo cancellation sees it).
 */
export function useSeatAudio(showId: string, bus: LevelBus): SeatAudio {
  const [state, setState] = useState<WhipState>({ kind: 'idle' });
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [isMicrophoneGone, setGone] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [deviceId, setDeviceId] = useState<string | null>(() => localStorage.getItem(kDeviceKey));
  const [muted, setMutedState] = useState(false);
  const [needsTapToHear, setNeedsTap] = useState(false);
  const session = useRef<WhipSession | null>(null);
  const streamRef = useRef<MediaStream | null>(null);
  const mutedRef = useRef(false);
  const player = useMemo(() => {
    const audio = new Audio();
    audio.autoplay = true;
    audio.dataset.testid = 'return-audio';
    audio.setAttribute('playsinline', '');
    return audio;
  }, []);

  const hear = useCallback(() => {
    player.play().then(
      () => setNeedsTap(false),
      (error: unknown) => setNeedsTap(problemOf(error) === 'denied'),
    );
  }, [player]);

  useEffect(() => {
    if (stream) return probeLevel(stream, bus);
    return undefined;
  }, [stream, bus]);

  useEffect(() => {
    const list = () => void microphones().then(setDevices);
    list();
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', list);
  }, [stream]);

  useEffect(() => {
    document.body.append(player);
    const nudge = () => {
      if (document.visibilityState === 'visible') session.current?.nudge();
    };
    addEventListener('online', nudge);
    document.addEventListener('visibilitychange', nudge);
    return () => {
      removeEventListener('online', nudge);
      document.removeEventListener('visibilitychange', nudge);
      session.current?.abandon();
      session.current = null;
      stop(streamRef.current);
      player.srcObject = null;
      player.remove();
    };
  }, [player]);

  const open = useCallback(
    async (wantedDevice: string | null = deviceId): Promise<boolean> => {
      let fresh: MediaStream;
      try {
        fresh = await openMicrophone(wantsRaw(location.search), wantedDevice);
      } catch (error) {
        setProblem(error instanceof MicrophoneError ? error.message : microphoneText('failed'));
        return false;
      }
      const track = fresh.getAudioTracks()[0];
      if (!track) return false;
      track.enabled = !mutedRef.current;
      track.onended = () => {
        if (streamRef.current === fresh) setGone(true);
      };
      await session.current?.replaceTrack(track);
      stop(streamRef.current);
      streamRef.current = fresh;
      setStream(fresh);
      setGone(false);
      setProblem(null);
      const used = track.getSettings().deviceId ?? wantedDevice;
      setDeviceId(used ?? null);
      if (used) localStorage.setItem(kDeviceKey, used);
      return true;
    },
    [deviceId],
  );

  const connect = useCallback(
    async (token: string) => {
      const track = streamRef.current?.getAudioTracks()[0];
      if (!track) return;
      session.current?.abandon();
      const made = new WhipSession({
        url: `/whip/${encodeURIComponent(showId)}`,
        token,
        onState: (next) => {
          if (session.current === made) setState(next);
        },
        onReturn: (returned) => {
          player.srcObject = returned;
          hear();
        },
      });
      session.current = made;
      await made.start(track);
    },
    [showId, player, hear],
  );

  const leave = useCallback(async () => {
    const ending = session.current;
    stop(streamRef.current);
    streamRef.current = null;
    setStream(null);
    setGone(false);
    setNeedsTap(false);
    player.srcObject = null;
    await ending?.leave();
    session.current = null;
    setState({ kind: 'idle' });
  }, [player]);

  const setMuted = useCallback((next: boolean) => {
    mutedRef.current = next;
    for (const track of streamRef.current?.getAudioTracks() ?? []) track.enabled = !next;
    setMutedState(next);
  }, []);

  const nudge = useCallback(() => session.current?.nudge(), []);

  return {
    state,
    isOpen: stream !== null,
    isMicrophoneGone,
    problem,
    devices,
    deviceId,
    muted,
    needsTapToHear,
    hear,
    open,
    connect,
    leave,
    setMuted,
    nudge,
  };
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

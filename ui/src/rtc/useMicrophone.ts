import { browserStorage } from '../auth/storage';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { LevelBus } from '../live/levels';
import { probeLevel } from './levelProbe';
import {
  microphoneIsGranted,
  microphones,
  MicrophoneError,
  microphoneText,
  openMicrophone,
  switchedText,
  wantsRaw,
} from './microphone';
import { isUnplugged, watchMicrophone, type UsedDevice } from './microphoneWatch';

/** `taken`: by a phone call or another app. `unplugged`: and there is no other one to fall back to. */
export type MicrophoneFact = 'off' | 'on' | 'taken' | 'unplugged';

export interface Microphone {
  stream: MediaStream | null;
  /** Of this very moment, before React has drawn it. */
  currentTrack: () => MediaStreamTrack | null;
  fact: MicrophoneFact;
  /** Why it could not be opened, or null. */
  problem: string | null;
  /** Which one took the place of one that was unplugged, or null. */
  switched: string | null;
  dismissSwitched: () => void;
  devices: MediaDeviceInfo[];
  deviceId: string | null;
  muted: boolean;
  setMuted: (muted: boolean) => void;
  /** Opens one, or another one: what sends it gets the new track. False when there is none to be had. */
  open: (deviceId?: string | null) => Promise<boolean>;
  close: () => void;
}

const kDeviceKey = 'shelcaster.microphone';

/**
 * The microphone of this page: opened on request, watched while it is open, and replaced by itself when it is
 * unplugged. One that something else took away is not grabbed back: that takes a tap.
 */
export function useMicrophone(
  bus: LevelBus,
  onTrack: (track: MediaStreamTrack) => Promise<void> | undefined,
): Microphone {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [fact, setFact] = useState<MicrophoneFact>('off');
  const [problem, setProblem] = useState<string | null>(null);
  const [switched, setSwitched] = useState<string | null>(null);
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [deviceId, setDeviceId] = useState<string | null>(() => browserStorage.getItem(kDeviceKey));
  const [muted, setMutedState] = useState(false);
  const streamRef = useRef<MediaStream | null>(null);
  const mutedRef = useRef(false);
  const opening = useRef(0);

  const adopt = useCallback((fresh: MediaStream | null) => {
    const old = streamRef.current;
    streamRef.current = fresh;
    for (const track of old?.getTracks() ?? []) track.stop();
    setStream(fresh);
    setFact(fresh ? 'on' : 'off');
  }, []);

  const open = useCallback(
    async (wantedDevice: string | null = deviceId): Promise<boolean> => {
      const turn = (opening.current += 1);
      let fresh: MediaStream;
      try {
        fresh = await openMicrophone(wantsRaw(location.search), wantedDevice);
      } catch (error) {
        if (turn === opening.current)
          setProblem(error instanceof MicrophoneError ? error.message : microphoneText('failed'));
        return false;
      }
      const track = fresh.getAudioTracks()[0];
      if (!track || turn !== opening.current) {
        // Another one was chosen meanwhile, or the page has left.
        for (const late of fresh.getTracks()) late.stop();
        return false;
      }
      track.enabled = !mutedRef.current;
      await onTrack(track);
      adopt(fresh);
      setProblem(null);
      setSwitched(null);
      const used = track.getSettings().deviceId ?? wantedDevice;
      setDeviceId(used ?? null);
      if (used) browserStorage.setItem(kDeviceKey, used);
      return true;
    },
    [deviceId, onTrack, adopt],
  );

  const close = useCallback(() => {
    opening.current += 1;
    adopt(null);
  }, [adopt]);
  useEffect(() => close, [close]);

  const openRef = useRef(open);
  useEffect(() => {
    openRef.current = open;
  });
  useEffect(() => {
    const track = stream?.getAudioTracks()[0];
    if (!stream || !track) return;
    const probe = probeLevel(stream, bus);
    const used = usedDevice(track);
    let isLost = false;
    let wasUnplugged = false;
    const replaceUnplugged = async () => {
      if (!isLost) return;
      const list = await microphones();
      wasUnplugged ||= isUnplugged(used, list);
      if (!wasUnplugged || streamRef.current !== stream) return;
      setFact('unplugged');
      if (list.length === 0 || !(await microphoneIsGranted())) return;
      const device = isUnplugged(used, list) ? null : used.deviceId;
      const now = (await openRef.current(device)) && streamRef.current?.getAudioTracks()[0];
      if (now) setSwitched(switchedText(used.label, now.label));
    };
    const stopWatching = watchMicrophone(track, probe.context, (loss) => {
      isLost = loss === 'ended';
      setFact(loss === null ? 'on' : 'taken');
      void replaceUnplugged();
    });
    const changed = () => void replaceUnplugged();
    navigator.mediaDevices.addEventListener('devicechange', changed);
    return () => {
      navigator.mediaDevices.removeEventListener('devicechange', changed);
      stopWatching();
      probe.stop();
    };
  }, [stream, bus]);

  // Names are told only once a microphone has been opened, hence `stream`.
  useEffect(() => {
    const list = () => void microphones().then(setDevices);
    list();
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', list);
  }, [stream]);

  const setMuted = useCallback((next: boolean) => {
    mutedRef.current = next;
    for (const track of streamRef.current?.getAudioTracks() ?? []) track.enabled = !next;
    setMutedState(next);
  }, []);
  const currentTrack = useCallback(() => streamRef.current?.getAudioTracks()[0] ?? null, []);
  const dismissSwitched = useCallback(() => setSwitched(null), []);

  return {
    stream,
    currentTrack,
    fact,
    problem,
    switched,
    dismissSwitched,
    devices,
    deviceId,
    muted,
    setMuted,
    open,
    close,
  };
}

function usedDevice(track: MediaStreamTrack): UsedDevice {
  const { deviceId = '', groupId = '' } = track.getSettings();
  return { deviceId, groupId, label: track.label };
}

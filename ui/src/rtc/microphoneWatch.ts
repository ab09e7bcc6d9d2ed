// A browser mutes a track for moments of its own, for example while it changes the device's route.
const kSilentMsMax = 1000;

export type MicrophoneLoss =
  /** The track is over: unplugged, or taken away for good. */
  | 'ended'
  /** The track lives but nothing comes: a phone call has the microphone, or a switch on it is off. */
  | 'silenced';

/** The part of an AudioContext that tells of a call: on iOS its state becomes `interrupted`. */
export type Interruptible = EventTarget & { readonly state: string };

/**
 * Tells when a microphone is gone while the page believes it open, and when it has come back by itself (null). On
 * phones a call does any of these things; some come back after it and some don't. Returns how to stop.
 */
export function watchMicrophone(
  track: MediaStreamTrack,
  context: Interruptible,
  onChange: (loss: MicrophoneLoss | null) => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let told: MicrophoneLoss | null = null;
  const tell = (loss: MicrophoneLoss | null) => {
    if (loss === told) return;
    told = loss;
    onChange(loss);
  };
  const look = () => {
    const isSilent = track.muted || context.state === 'interrupted';
    if (track.readyState === 'live' && isSilent && told === null) {
      timer ??= setTimeout(() => tell('silenced'), kSilentMsMax);
      return;
    }
    if (track.readyState === 'live' && isSilent) return;
    if (timer) clearTimeout(timer);
    timer = null;
    tell(track.readyState === 'live' ? null : 'ended');
  };
  const events = ['mute', 'unmute', 'ended'];
  for (const event of events) track.addEventListener(event, look);
  context.addEventListener('statechange', look);
  look();
  return () => {
    if (timer) clearTimeout(timer);
    for (const event of events) track.removeEventListener(event, look);
    context.removeEventListener('statechange', look);
  };
}

/** What is remembered of a device in use. The `default` one is an alias: its group tells what is behind it. */
export interface UsedDevice {
  deviceId: string;
  groupId: string;
  label: string;
}

/** Whether a device has left the list, so that another may take its place without being asked for. */
export function isUnplugged(used: UsedDevice, devices: readonly UsedDevice[]): boolean {
  return !devices.some(
    (device) =>
      device.deviceId === used.deviceId &&
      (!used.groupId || !device.groupId || device.groupId === used.groupId),
  );
}

/** What can go wrong with a microphone, in words that say what to do. */
export type MicrophoneProblem = 'insecure' | 'denied' | 'none' | 'busy' | 'failed';

export class MicrophoneError extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(microphoneText(problem));
    this.name = 'MicrophoneError';
  }
}

export function microphoneText(problem: MicrophoneProblem): string {
  switch (problem) {
    case 'insecure':
      return 'Browsers give a microphone to secure pages only. Open this page by https:// (or on localhost).';
    case 'denied':
      return 'The microphone is blocked. Tap the lock or camera symbol beside the address, allow the microphone, then try again.';
    case 'none':
      return 'No microphone was found. Plug one in or switch it on, then try again.';
    case 'busy':
      return 'Another app is using the microphone. End the call or close the app, then try again.';
    case 'failed':
      return 'The microphone could not be started. Try again, or choose another one.';
  }
}

/** Somebody who speaks has to know into what. */
export function switchedText(from: string, to: string): string {
  const gone = from ? `“${from}” was unplugged.` : 'Your microphone was unplugged.';
  return to ? `${gone} You speak into “${to}” now.` : `${gone} You speak into another one now.`;
}

export function problemOf(error: unknown): MicrophoneProblem {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'failed';
}

/**
 * `?raw=1` asks for the microphone as it is: no echo cancellation, noise suppression or gain control. For studio
 * gear and headphones, and for tests, whose steady tones noise suppression would erase.
 */
export function constraintsFor(raw: boolean, deviceId: string | null): MediaTrackConstraints {
  return {
    echoCancellation: !raw,
    noiseSuppression: !raw,
    autoGainControl: !raw,
    ...(raw ? { channelCount: { ideal: 2 } } : {}),
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

export const wantsRaw = (search: string): boolean => new URLSearchParams(search).get('raw') === '1';

export async function openMicrophone(raw: boolean, deviceId: string | null): Promise<MediaStream> {
  if (!globalThis.isSecureContext || !navigator.mediaDevices) throw new MicrophoneError('insecure');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: constraintsFor(raw, deviceId), video: false });
  } catch (error) {
    // A remembered device that was unplugged must not lock anybody out.
    if (deviceId && problemOf(error) === 'none') return openMicrophone(raw, null);
    throw new MicrophoneError(problemOf(error));
  }
}

export async function microphones(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === 'audioinput' && device.deviceId !== '');
}

/** Whether the browser would give the microphone without asking. Not every browser can tell. */
export async function microphoneIsGranted(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' as PermissionName })).state === 'granted';
  } catch {
    return false;
  }
}

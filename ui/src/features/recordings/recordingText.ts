import type { Recording, RecordingList, ShowEvent, ShowStatus } from '../../api/types';
import { formatClock, formatDay, formatDuration } from '../../format/time';
import { plainReason } from '../../format/plainReason';

/** What a file is for, by the words of somebody who wants to have it. */
const kFileNames: Record<string, string> = {
  flac: 'Full quality (FLAC)',
  aac: 'Small (AAC)',
  cue: 'Track list (CUE)',
  marks: 'Marks',
};

export const fileName = (format: string): string => kFileNames[format] ?? format;

/** 1 234 567 → "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function recordingTitle({ startedAt }: Recording): string {
  return `${formatDay(startedAt)}, ${formatClock(startedAt)}`;
}

/** "1:02:03 · goes on with the one before · recording now". */
export function recordingFacts(
  { id, durationMs, isContinuation, isOpen }: Recording,
  nextToGo: string | null = null,
): string {
  return [
    formatDuration(durationMs),
    isContinuation && 'goes on where the one before ended',
    isOpen && 'recording now',
    id === nextToGo && 'the first to be deleted by itself',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** How long recordings are kept. */
export function keptText({ keptDays, bytes, bytesMax }: RecordingList): string {
  const most = formatBytes(bytesMax);
  return (
    `They take ${formatBytes(bytes)} of ${most}. Each is deleted by itself after ${keptDays} days, or sooner, ` +
    `the oldest first, when they outgrow it, all shows together have too much, or the disk fills up.`
  );
}

/** The number of the last event that says that a recording has gone. */
export const lastChange = (events: ShowEvent[]): number =>
  events.filter(({ kind }) => kind === 'recording_deleted' || kind === 'recording_removed').at(-1)?.number ??
  0;

/** Whether to ask again without an event: for a list that grows, or that hasn’t come. */
export const growsNow = (list: RecordingList | null, status: ShowStatus | null): boolean =>
  list === null || (list.isEnabled && status === 'LIVE') || list.recordings.some((one) => one.isOpen);

/** Whether the show is being recorded, as the panel's head says it. */
export function recordingHealth(
  list: RecordingList | null,
  status: ShowStatus | null,
): { tone: string; text: string } {
  if (!list) return { tone: 'off', text: '' };
  if (!list.isEnabled) return { tone: 'off', text: 'Switched off on this server' };
  if (status !== 'LIVE') return { tone: 'off', text: 'Begins with the show' };
  if (list.problem) return { tone: 'bad', text: 'Not recording' };
  return list.recordings.some((one) => one.isOpen)
    ? { tone: 'good', text: 'Recording' }
    : { tone: 'warn', text: 'Starting…' };
}

/** Why nothing is recorded, or an empty text. */
export function recordingReason({ problem }: RecordingList): string {
  const text = plainReason(problem ?? '');
  return text && text.charAt(0).toUpperCase() + text.slice(1);
}

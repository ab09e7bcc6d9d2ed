import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { Recording, RecordingList } from '../../api/types';
import { RecordingRows } from './RecordingRows';
import {
  formatBytes,
  growsNow,
  keptText,
  lastChange,
  recordingFacts,
  recordingHealth,
  recordingReason,
} from './recordingText';

const recording = (id: string, more: Partial<Recording> = {}): Recording => ({
  id,
  startedAt: 1_700_000_000_000,
  durationMs: 3_723_000,
  bytes: 700_000_000,
  isOpen: false,
  isContinuation: false,
  marks: 4,
  files: [
    { name: 'programme.flac', format: 'flac', bytes: 640_000_000, url: `https://x.example/${id}/f?token=t` },
    { name: 'programme.aac', format: 'aac', bytes: 60_000_000, url: `https://x.example/${id}/a?token=t` },
  ],
  ...more,
});
const listOf = (more: Partial<RecordingList> = {}): RecordingList => ({
  isEnabled: true,
  problem: null,
  keptDays: 30,
  bytes: 3_200_000_000,
  bytesMax: 5_368_709_120,
  nextToGo: null,
  recordings: [],
  ...more,
});

test('each recording has its files as links, and the one that is being written can’t be deleted', () => {
  const rows = renderToStaticMarkup(
    <RecordingRows
      recordings={[recording('rec-2', { isOpen: true }), recording('rec-1')]}
      nextToGo="rec-1"
      onDelete={() => 0}
    />,
  );
  for (const link of ['rec-2/f', 'rec-2/a', 'rec-1/f', 'rec-1/a']) {
    expect(rows).toContain(`href="https://x.example/${link}?token=t" download`);
  }
  expect(rows).toContain('Full quality (FLAC)');
  expect(rows).toContain('640 MB');
  expect(rows.match(/aria-disabled="true"/g)).toHaveLength(1);
});

test('a recording says how long it is and what is special about it', () => {
  expect(recordingFacts(recording('a'))).toBe('1:02:03');
  expect(recordingFacts(recording('a', { isContinuation: true, isOpen: true }))).toBe(
    '1:02:03 · goes on where the one before ended · recording now',
  );
});

test('the panel says how long recordings are kept, and which goes first', () => {
  expect(keptText(listOf())).toBe(
    'They take 3.2 GB of 5.4 GB. Each is deleted by itself after 30 days, or sooner, the oldest first, ' +
      'when they outgrow it, all shows together have too much, or the disk fills up.',
  );
  expect(recordingFacts(recording('a'), 'a')).toBe('1:02:03 · the first to be deleted by itself');
});

test('the list is looked at again when a recording has gone, and while one may grow', () => {
  const event = (number: number, kind: string) => ({ number, kind, at: 0, actor: 'system', data: {} });
  expect(lastChange([])).toBe(0);
  expect(lastChange([event(3, 'recording_removed'), event(5, 'show_stopped')])).toBe(3);
  expect(lastChange([event(3, 'recording_removed'), event(5, 'recording_deleted')])).toBe(5);
  const ended = listOf({ recordings: [recording('a')] });
  expect(growsNow(null, 'STOPPED')).toBe(true);
  expect(growsNow(ended, 'STOPPED')).toBe(false);
  expect(growsNow(ended, 'LIVE')).toBe(true);
  expect(growsNow({ ...ended, isEnabled: false }, 'LIVE')).toBe(false);
  expect(growsNow(listOf({ recordings: [recording('a', { isOpen: true })] }), 'STOPPED')).toBe(true);
});

test('the panel says whether the show is being recorded', () => {
  expect(recordingHealth(null, 'LIVE').text).toBe('');
  expect(recordingHealth(listOf({ isEnabled: false }), 'LIVE').text).toBe('Switched off on this server');
  expect(recordingHealth(listOf(), 'STOPPED').text).toBe('Begins with the show');
  expect(recordingHealth(listOf(), 'LIVE')).toEqual({ tone: 'warn', text: 'Starting…' });
  const open = listOf({ recordings: [recording('a', { isOpen: true })] });
  expect(recordingHealth(open, 'LIVE')).toEqual({ tone: 'good', text: 'Recording' });
  expect(recordingHealth({ ...open, problem: 'the disk is nearly full' }, 'LIVE').tone).toBe('bad');
  expect(recordingReason(listOf({ problem: 'the disk is nearly full' }))).toBe('The disk is nearly full');
});

test('bytes are said in the unit that fits', () => {
  expect(formatBytes(999)).toBe('999 bytes');
  expect(formatBytes(1_234)).toBe('1.2 kB');
  expect(formatBytes(999_700)).toBe('1.0 MB');
  expect(formatBytes(58_000_000)).toBe('58 MB');
  expect(formatBytes(2_500_000_000)).toBe('2.5 GB');
});

import type { Participant, ShowStatus } from '../api/types';
import { lineFigures, lineQuality, type Figure, type Quality } from './lineQuality';

export interface Health {
  tone: 'good' | 'warn' | 'bad' | 'off';
  text: string;
  /** What is wrong, in plain words, the worst first. */
  reasons: string[];
  /** The numbers behind the words; empty while nothing was measured. */
  figures: Figure[];
}

const kLooks: Record<Quality, { tone: Health['tone']; text: string }> = {
  good: { tone: 'good', text: 'Good' },
  fair: { tone: 'warn', text: 'Fair' },
  poor: { tone: 'bad', text: 'Poor' },
};

const plain = (tone: Health['tone'], text: string): Health => ({ tone, text, reasons: [], figures: [] });

/** What a host wants to know of a caller's line: is it them, is it bad, what will listeners hear. */
export function healthOf(person: Participant, show: ShowStatus | null): Health {
  const { stats, connection } = person;
  if (person.kicked) return plain('off', 'Removed');
  if (connection === 'connecting') return plain('warn', 'Connecting…');
  if (connection === 'disconnected' && person.waiting) return waitingHealth(show);
  if (connection !== 'connected' && !person.isPublishing)
    return plain('off', person.leftAt ? 'Disconnected' : 'Not here yet');
  if (connection === 'disconnected') return plain('bad', 'Connection lost');
  if (!person.isPublishing) return plain('warn', 'No microphone');
  const line = lineQuality(stats);
  if (!line) return plain('good', 'Connected');
  return { ...kLooks[line.quality], reasons: line.reasons, figures: lineFigures(stats) };
}

/** Of somebody whose page is open without sound. After a show nobody waits for its start, though it may start again. */
function waitingHealth(show: ShowStatus | null): Health {
  switch (show) {
    case 'LIVE':
      return plain('warn', 'Page open, no sound');
    case 'CREATING':
    case 'STARTING':
      return plain('good', 'Waiting for the start');
    default:
      return plain('off', 'Page open');
  }
}

import type { Participant } from '../api/types';

export interface Health {
  tone: 'good' | 'warn' | 'bad' | 'off';
  text: string;
  /** The figures behind the words, for a tooltip. */
  detail: string;
}

/** What a host wants to know of a caller's line: is it them, is it bad, what will listeners hear. */
export function healthOf(person: Participant): Health {
  const { stats, connection } = person;
  if (connection === 'connecting') return { tone: 'warn', text: 'Connecting…', detail: '' };
  if (connection !== 'connected' && !person.isPublishing)
    return { tone: 'off', text: person.leftAt ? 'Disconnected' : 'Not here yet', detail: '' };
  if (connection === 'disconnected') return { tone: 'bad', text: 'Connection lost', detail: '' };
  if (!person.isPublishing) return { tone: 'warn', text: 'No microphone', detail: '' };
  if (stats?.rttMs === undefined) return { tone: 'good', text: 'Connected', detail: '' };
  const { lossPercent = 0, jitterMs = 0, delayMs = 0, rttMs } = stats;
  const detail = [
    `loss ${lossPercent.toFixed(1)} %`,
    `jitter ${Math.round(jitterMs)} ms`,
    `delay ${Math.round(delayMs)} ms`,
    `round trip ${Math.round(rttMs)} ms`,
  ].join(', ');
  if (lossPercent >= 8) return { tone: 'bad', text: 'Breaking up', detail };
  if (rttMs + delayMs >= 600) return { tone: 'bad', text: 'Long delay', detail };
  if (lossPercent >= 2) return { tone: 'warn', text: 'Some dropouts', detail };
  if (jitterMs >= 40) return { tone: 'warn', text: 'Unsteady line', detail };
  if (rttMs + delayMs >= 350) return { tone: 'warn', text: 'Slight delay', detail };
  return { tone: 'good', text: 'Good line', detail };
}

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
    return { tone: 'off', text: person.leftAt ? 'Left' : 'Not connected', detail: '' };
  if (connection === 'disconnected') return { tone: 'bad', text: 'Connection lost', detail: '' };
  if (!person.isPublishing) return { tone: 'warn', text: 'Listening, no microphone', detail: '' };
  if (!stats) return { tone: 'good', text: 'Connected', detail: '' };
  const detail = `loss ${stats.lossPercent.toFixed(1)} %, jitter ${Math.round(stats.jitterMs)} ms, delay ${Math.round(
    stats.delayMs,
  )} ms, round trip ${Math.round(stats.rttMs)} ms`;
  if (stats.lossPercent >= 8) return { tone: 'bad', text: 'Breaking up', detail };
  if (stats.rttMs + stats.delayMs >= 600) return { tone: 'bad', text: 'Long delay', detail };
  if (stats.lossPercent >= 2) return { tone: 'warn', text: 'Some dropouts', detail };
  if (stats.jitterMs >= 40) return { tone: 'warn', text: 'Unsteady line', detail };
  if (stats.rttMs + stats.delayMs >= 350) return { tone: 'warn', text: 'Slight delay', detail };
  return { tone: 'good', text: 'Good line', detail };
}

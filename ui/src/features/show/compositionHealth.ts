import type { Composition, ShowStatus } from '../../api/types';

export interface CompositionHealth {
  tone: 'good' | 'warn' | 'bad' | 'off';
  text: string;
  detail: string;
}

// The keeper reports each second and a segment is written about each two.
const kHeartbeatMsMax = 6_000;
const kSegmentMsMax = 12_000;

/**
 * The composition in a host's words. Judged by what comes out (the age of the newest HLS segment), not only by
 * processes that are up: a show must never be silent but green.
 */
export function compositionHealth(
  composition: Composition | null,
  show: ShowStatus | null,
  nowMs: number,
): CompositionHealth {
  if (show === 'STARTING') return { tone: 'warn', text: 'Starting', detail: '' };
  if (show === 'STOPPING') return { tone: 'warn', text: 'Stopping', detail: '' };
  if (show !== 'LIVE' || !composition) return { tone: 'off', text: 'Off', detail: '' };
  const { lastHeartbeat, metrics } = composition;
  if (lastHeartbeat !== null && nowMs - lastHeartbeat > kHeartbeatMsMax)
    return { tone: 'bad', text: 'No answer', detail: 'The mixer has not reported for some seconds.' };
  const segmentMs = numberAt(metrics, 'publish', 'hls', 'lastSegmentUnixMs');
  if (segmentMs !== null && segmentMs > 0 && nowMs - segmentMs > kSegmentMsMax)
    return {
      tone: 'bad',
      text: 'Stream stalled',
      detail: 'No new piece of the stream has been written for some seconds.',
    };
  if (!metrics.output.ok)
    return { tone: 'bad', text: 'Not heard', detail: metrics.output.problems.join('; ') };
  if (composition.status.toUpperCase() === 'STARTING')
    return { tone: 'warn', text: 'Recovering', detail: 'A part of the mixer is being restarted.' };
  const restarts =
    (numberAt(metrics, 'mix', 'restarts') ?? 0) + (numberAt(metrics, 'publish', 'restarts') ?? 0);
  const missed = numberAt(metrics, 'mix', 'missedTicks') ?? 0;
  const detail = [
    restarts > 0 ? `Restarted ${restarts}×, all well now.` : '',
    missed > 0 ? `${missed} gaps of 10 ms since the mixer was started.` : '',
  ];
  return { tone: 'good', text: 'Healthy', detail: detail.filter(Boolean).join(' ') };
}

function numberAt(from: unknown, ...path: string[]): number | null {
  let value: unknown = from;
  for (const key of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : null;
  return typeof value === 'number' ? value : null;
}

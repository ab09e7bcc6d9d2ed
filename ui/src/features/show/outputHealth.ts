import type { OutputState, ShowStatus } from '../../api/types';
import { plainReason } from '../../format/plainReason';

/** What a destination is doing, by its owner's words: its failure never touches the programme. */
export function outputHealth(
  output: OutputState | undefined,
  show: ShowStatus | null,
): { tone: string; text: string } {
  if (!output) return { tone: 'off', text: 'Not set' };
  if (show !== 'LIVE') return { tone: 'off', text: 'Waiting for the show' };
  switch (output.state.toLowerCase()) {
    case 'live':
      return output.problem
        ? { tone: 'bad', text: 'Sending, with parts left out' }
        : { tone: 'good', text: 'Sending' };
    case 'retrying':
      return { tone: 'bad', text: 'Not connected, retrying' };
    default:
      return { tone: 'warn', text: 'Connecting…' };
  }
}

/** Why nothing arrives there, or an empty text. */
export function outputReason({ problem, detail }: OutputState): string {
  const text = plainReason(problem?.text || detail || '');
  return text && text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * What the form says of the stream key. The server keeps a key only for the address that it was given for: one that was
 * meant for somebody must not go to somebody else.
 */
export function keyWords(
  known: Pick<OutputState, 'url' | 'streamKeySet'> | undefined,
  url: string,
): { placeholder: string; note: string } {
  if (!known?.streamKeySet) return { placeholder: 'Optional', note: '' };
  if (url.trim() === known.url)
    return { placeholder: 'Unchanged', note: 'The key stays as it is unless you enter another one.' };
  return {
    placeholder: 'Enter the key again',
    note: 'The key isn’t kept for another address: enter it again, or none if this address needs none.',
  };
}

/** What is measured of a destination that is sent to. */
export function outputFigures(output: OutputState): string {
  const { delayMs, bitrateBps, droppedFrames } = output;
  const parts = [
    typeof bitrateBps === 'number' && bitrateBps > 0 && `${Math.round(bitrateBps / 1000)} kbit/s`,
    typeof delayMs === 'number' && delayMs >= 100 && `${(delayMs / 1000).toFixed(1)} s behind`,
    typeof droppedFrames === 'number' && droppedFrames > 0 && `${droppedFrames} frames left out`,
  ];
  return parts.filter(Boolean).join(' · ');
}

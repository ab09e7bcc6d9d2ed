import { useState } from 'react';
import type { ShowEvent } from '../../api/types';
import { plainSentence } from '../../format/plainReason';
import { useShow } from '../../live/useShow';
import { isOwnCommand } from './commands';

// What was refused may be possible after any of these.
const kMayBeOver = [
  'deck_command',
  'deck_changed',
  'queue_changed',
  'show_starting',
  'show_stopped',
  'show_error',
];

/** The event by which the mixer refused this page's last command, as long as it is still true. */
export function standingRefusal(events: readonly ShowEvent[]): ShowEvent | null {
  for (let at = events.length - 1; at >= 0; --at) {
    const event = events[at]!;
    if (kMayBeOver.includes(event.kind)) return null;
    if (event.kind === 'deck_command_failed') return isOwnCommand(event.data?.id) ? event : null;
  }
  return null;
}

/** Why the deck did nothing after a button or a key of this page, though the server had taken the command. */
export function useDeckRefusal(): { text: string | null; dismiss: () => void } {
  const refusal = useShow((state) => standingRefusal(state.events));
  const [dismissed, setDismissed] = useState(0);
  const number = refusal?.number ?? 0;
  const error = refusal?.data?.error;
  const isShown = number > dismissed && typeof error === 'string';
  return { text: isShown ? plainSentence(error) : null, dismiss: () => setDismissed(number) };
}

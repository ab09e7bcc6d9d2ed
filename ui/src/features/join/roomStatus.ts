import type { ShowStatus } from '../../api/types';
import type { WhipState } from '../../rtc/WhipSession';

export interface RoomText {
  /** Stable, for tests. */
  key: 'waiting' | 'microphone' | 'connecting' | 'connected' | 'reconnecting' | 'refused';
  status: string;
  look: '' | 'good' | 'busy' | 'bad';
  /** The big on-air sign, and what stands under it. */
  sign: 'ON AIR' | 'Off air' | 'On air?';
  air: string;
}

/**
 * What a caller needs to know at this moment, and nothing else. `isBlind`: the server tells this page nothing any
 * more; then the sign must not say that nobody hears.
 */
export function roomStatus(
  show: ShowStatus | null,
  link: WhipState,
  hasMicrophone: boolean,
  onAir: boolean,
  isBlind = false,
): RoomText {
  const text = connectionText(show, link, hasMicrophone, onAir);
  if (isBlind && hasMicrophone && link.kind === 'connected')
    return {
      ...text,
      sign: 'On air?',
      air: 'This page is not told any more whether you are on air. Speak as if everybody heard you.',
    };
  return { ...text, sign: onAir ? 'ON AIR' : 'Off air' };
}

function connectionText(
  show: ShowStatus | null,
  link: WhipState,
  hasMicrophone: boolean,
  onAir: boolean,
): Omit<RoomText, 'sign'> {
  if (!hasMicrophone)
    return {
      key: 'microphone',
      status: 'Microphone is off',
      look: 'bad',
      air: 'Nobody hears you until your microphone is on.',
    };
  if (link.kind === 'connected')
    return {
      key: 'connected',
      status: 'You’re connected',
      look: 'good',
      air: onAir ? 'Everybody hears you.' : 'You hear the show. Only the host decides when you are on air.',
    };
  if (show !== 'LIVE' || link.kind === 'waiting')
    return {
      key: 'waiting',
      status: 'Waiting for the show',
      look: 'busy',
      air: 'The show hasn’t started. Stay here: you join by yourself.',
    };
  if (link.kind === 'reconnecting')
    return {
      key: 'reconnecting',
      status: 'Reconnecting…',
      look: 'busy',
      air: 'Nobody hears you for the moment. You’re brought back by yourself.',
    };
  if (link.kind === 'refused')
    return {
      key: 'refused',
      status: 'Not connected',
      look: 'bad',
      air: 'The studio didn’t take the call. Reload the page to try again.',
    };
  return { key: 'connecting', status: 'Connecting…', look: 'busy', air: 'One moment.' };
}

import type { ShowStatus } from '../../api/types';
import type { WhipState } from '../../rtc/WhipSession';

export interface RoomText {
  /** Stable, for tests. */
  key: 'waiting' | 'microphone' | 'connecting' | 'connected' | 'reconnecting' | 'refused';
  status: string;
  look: '' | 'good' | 'busy' | 'bad';
  /** Under the big on-air sign. */
  air: string;
}

/** What a caller needs to know at this moment, and nothing else. */
export function roomStatus(
  show: ShowStatus | null,
  link: WhipState,
  hasMicrophone: boolean,
  onAir: boolean,
): RoomText {
  if (!hasMicrophone)
    return {
      key: 'microphone',
      status: 'Microphone is off',
      look: 'bad',
      air: 'Turn on your microphone to take part.',
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
      air: 'The network dropped. You’re brought back by yourself.',
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

import type { ShowStatus } from '../../api/types';
import type { AirState } from '../../format/airState';
import type { WhipState } from '../../rtc/WhipSession';

export interface RoomText {
  /** Stable, for tests. */
  key: 'waiting' | 'microphone' | 'connecting' | 'connected' | 'reconnecting' | 'refused';
  status: string;
  look: '' | 'good' | 'busy' | 'bad';
  /** The big on-air sign, and what stands under it. */
  sign: 'ON AIR' | 'Off air' | 'On air?' | 'No sound' | 'Muted' | 'Turned down';
  air: string;
}

/**
 * What a caller needs to know at this moment, and nothing else. `isBlind`: the server tells this page nothing any
 * more; then the sign must not say that nobody hears. `isPutOnAir`: the host has put them on the air, so that they are
 * heard from the moment when their sound comes; then the sign must not say that they are off the air.
 */
export function roomStatus(
  show: ShowStatus | null,
  link: WhipState,
  hasMicrophone: boolean,
  air: AirState,
  isBlind = false,
  isPutOnAir = false,
): RoomText {
  const text = connectionText(show, link, hasMicrophone, air);
  if (!hasMicrophone || link.kind !== 'connected') {
    const soon = isPutOnAir && show === 'LIVE' && kSoonOnAir[text.key];
    return soon ? { ...text, sign: 'No sound', air: soon } : { ...text, sign: 'Off air' };
  }
  if (isBlind && air !== 'self-muted')
    return {
      ...text,
      sign: 'On air?',
      air: 'This page can no longer tell whether you are on air. Speak as if everybody hears you.',
    };
  return { ...text, sign: kSigns[air] };
}

const kSigns: Record<AirState, RoomText['sign']> = {
  air: 'ON AIR',
  muted: 'Muted',
  'self-muted': 'Muted',
  faded: 'Turned down',
  off: 'Off air',
  ready: 'Off air',
  away: 'Off air',
  'page-only': 'Off air',
  'no-microphone': 'Off air',
};

const kOffAir = 'You hear the show. Only the host decides when you are on air.';
const kAirTexts: Record<AirState, string> = {
  air: 'Everybody hears you.',
  muted: 'You are on air, but the host has muted you: nobody hears you.',
  'self-muted': 'You are on air, but you muted yourself: nobody hears you.',
  faded: 'You are on air, but the studio has turned you down: nobody hears you.',
  off: kOffAir,
  ready: kOffAir,
  away: kOffAir,
  'page-only': kOffAir,
  'no-microphone': kOffAir,
};

/** Nobody hears them yet, and then everybody does, without another word. */
const kSoonOnAir: Partial<Record<RoomText['key'], string>> = {
  microphone: 'Nobody hears you now. You are on air as soon as your microphone is on.',
  connecting: 'You are on air as soon as you’re connected.',
  reconnecting: 'Nobody hears you for the moment. You’ll be back on air automatically.',
};

function connectionText(
  show: ShowStatus | null,
  link: WhipState,
  hasMicrophone: boolean,
  air: AirState,
): Omit<RoomText, 'sign'> {
  if (!hasMicrophone)
    return {
      key: 'microphone',
      status: 'Microphone is off',
      look: 'bad',
      air: 'Nobody hears you until your microphone is on.',
    };
  if (link.kind === 'connected')
    return { key: 'connected', status: 'You’re connected', look: 'good', air: kAirTexts[air] };
  if (show === 'STOPPING' || show === 'STOPPED' || show === 'ERROR')
    return {
      key: 'waiting',
      status: 'The show is over',
      look: '',
      air: 'If it starts again while this page is open, you’ll be connected automatically.',
    };
  if (show !== 'LIVE' || link.kind === 'waiting')
    return {
      key: 'waiting',
      status: 'Waiting for the show',
      look: 'busy',
      air: 'The show hasn’t started. Stay on this page: you’ll be connected automatically.',
    };
  if (link.kind === 'reconnecting')
    return {
      key: 'reconnecting',
      status: 'Reconnecting…',
      look: 'busy',
      air: 'Nobody hears you for the moment. You’ll be reconnected automatically.',
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

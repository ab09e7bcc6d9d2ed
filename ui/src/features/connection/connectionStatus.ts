import type { LinkState } from '../../live/EventSocket';
import type { MicrophoneFact } from '../../rtc/useMicrophone';
import type { WhipState } from '../../rtc/WhipSession';

/** All that a page knows of its own connections. */
export interface ConnectionFacts {
  /** What the browser says of the device's network. */
  isOnline: boolean;
  /** The sound, both ways. */
  sound: WhipState['kind'];
  /** The stream of events, by which the page is told things. */
  link: LinkState;
  microphone: MicrophoneFact;
  /** Whether listeners hear this seat as long as its sound comes, as far as the page has been told. */
  isOnAir: boolean;
  /** The show was on the air when the page was last told. */
  isLive: boolean;
  /** A desk has buttons that need the server. */
  isDesk: boolean;
}

export interface ConnectionStatus {
  /** Stable, for tests and styles. */
  key: 'microphone' | 'offline' | 'interrupted' | 'server-away';
  severity: 'warn' | 'bad';
  sentence: string;
  /** What to say when it is over. */
  over: string;
  /** Not told before it has lasted this long: most hiccups heal unnoticed. */
  graceMs: number;
}

/**
 * The one thing that is wrong, in a person's words; null when nothing is. What they can do something about comes
 * first, then what is heard, then what only this page misses.
 */
export function connectionStatus(facts: ConnectionFacts): ConnectionStatus | null {
  const { microphone, sound, link } = facts;
  const takesPart = sound !== 'idle' && sound !== 'refused';
  if (takesPart && (microphone === 'taken' || microphone === 'unplugged'))
    return {
      key: 'microphone',
      severity: 'bad',
      sentence: join(
        microphone === 'taken'
          ? 'Your microphone stopped: a phone call or another app took it.'
          : 'Your microphone was unplugged. Plug it in again, or use another one.',
        facts.isOnAir && 'Listeners don’t hear you.',
      ),
      over: 'Your microphone is on again.',
      graceMs: 0,
    };
  const isInterrupted = sound === 'reconnecting';
  const isAway = link === 'lost' || link === 'connecting';
  // A call that is to come back is one of a show that goes on.
  const goesOn = facts.isLive || isInterrupted;
  if (!facts.isOnline && (isInterrupted || isAway))
    return {
      key: 'offline',
      severity: 'bad',
      sentence: goesOn
        ? 'This device is offline. The show goes on, and you’ll be reconnected automatically.'
        : 'This device is offline. You’ll be reconnected automatically.',
      over: 'You are back.',
      graceMs: 500,
    };
  if (isInterrupted)
    return {
      key: 'interrupted',
      severity: 'bad',
      sentence: 'Your connection was interrupted – reconnecting. The show goes on.',
      over: 'You are back.',
      graceMs: 500,
    };
  if (!isAway) return null;
  const buttons = facts.isDesk && 'Buttons work again in a moment.';
  if (sound === 'connected')
    return {
      key: 'server-away',
      severity: 'warn',
      sentence: join(
        facts.isOnAir
          ? 'The server is restarting – your sound is still on air.'
          : 'The server is restarting – you stay connected and hear the show.',
        buttons,
      ),
      over: 'The server is back.',
      graceMs: 1500,
    };
  return {
    key: 'server-away',
    severity: 'warn',
    sentence: join(
      'The server can’t be reached – trying again.',
      facts.isDesk && facts.isLive && 'The show goes on without this page.',
      buttons,
    ),
    over: 'The server is back.',
    graceMs: 1500,
  };
}

const join = (...parts: (string | false)[]) => parts.filter(Boolean).join(' ');

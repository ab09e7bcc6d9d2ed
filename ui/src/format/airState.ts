import type { AudioRouting, Participant } from '../api/types';

/** Whether listeners hear a person, and if not, why. */
export type AirState =
  | 'air'
  | 'off'
  /** On the air from the moment when the show starts. */
  | 'ready'
  /** On the air, but their sound doesn't come: they are gone, */
  | 'away'
  /** or only their page is there, */
  | 'page-only'
  /** or they are connected without a microphone. */
  | 'no-microphone'
  | 'muted'
  | 'self-muted'
  | 'faded';

export interface AirFacts {
  isOnAir: boolean;
  isLive: boolean;
  isConnected: boolean;
  muted: boolean;
  selfMuted: boolean;
  /** Their own fader, and those that it goes through: of the group and of the master. 0 is silence. */
  volumes: readonly number[];
}

export function airState(facts: AirFacts): AirState {
  if (!facts.isOnAir) return 'off';
  if (!facts.isLive) return 'ready';
  if (!facts.isConnected) return 'away';
  if (facts.muted) return 'muted';
  if (facts.selfMuted) return 'self-muted';
  return facts.volumes.some((volume) => volume === 0) ? 'faded' : 'air';
}

/** The same, as a desk knows it. */
export function airStateOf(person: Participant, routing: AudioRouting | null, isLive: boolean): AirState {
  const group = person.role === 'HOST' ? routing?.hostVolume : routing?.callersVolume;
  const state = airState({
    isOnAir: person.isOnAir,
    isLive,
    isConnected: person.connection === 'connected' && person.isPublishing,
    muted: person.muted,
    selfMuted: person.selfMuted,
    volumes: [person.volume, group ?? 100, routing?.masterVolume ?? 100],
  });
  if (state !== 'away') return state;
  if (person.connection === 'connected') return 'no-microphone';
  return person.waiting && person.connection === 'disconnected' ? 'page-only' : 'away';
}

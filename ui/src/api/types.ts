import type { components } from './schema';

/** The shapes of the HTTP API and of the event socket, by the names that the pages use. Generated from api/openapi.yaml. */
type Schemas = components['schemas'];

export type ShowStatus = Schemas['ShowStatus'];
export type Show = Schemas['Show'];
export type PublicShow = Schemas['PublicShow'];
export type Me = Schemas['Me'];
export type ShowLinks = Schemas['Links'];
export type Participant = Schemas['Participant'];
/** What the desk sets of a person's channel in the mix. */
export type SeatControls = Omit<Schemas['ParticipantPatch'], 'username'>;
export type NetworkStats = Schemas['SeatStats'];
export type AudioRouting = Schemas['AudioRouting'];
export type Deck = Schemas['Deck'];
export type QueueItem = Schemas['QueueItem'];
export type Track = Schemas['Track'];
export type OutputState = Schemas['Output'] & {
  problem?: { code: string; text: string } | null;
  delayMs?: number | null;
  bitrateBps?: number | null;
  droppedFrames?: number | null;
  reconnects?: number | null;
};
export type Recording = Schemas['Recording'];
export type RecordingList = Schemas['RecordingList'];
export type Composition = Schemas['Composition'];
export type Alert = Schemas['Alert'];
export type DeclaredSilence = Schemas['DeclaredSilence'];
export type ShowEvent = Schemas['Event'];
export type LevelsFrame = Schemas['LevelsFrame'];
export type SourceLevel = LevelsFrame['sources'][number];
/** What a caller sees of a show is less than what the desk sees. */
export type SeenShow = PublicShow & Partial<Show>;

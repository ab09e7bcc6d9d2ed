import type {
  AudioRouting,
  Composition,
  Deck,
  NetworkStats,
  OutputState,
  Participant,
  QueueItem,
  SeenShow,
  ShowEvent,
  ShowStatus,
} from '../api/types';
import { kSeatControlNames } from './seatControls';

/** What the server has said of one show. The only store that the pages have; nothing here is made up locally. */
export interface ShowState {
  show: SeenShow | null;
  participants: Participant[];
  routing: AudioRouting | null;
  deck: Deck | null;
  /** When `deck` was received, by this machine's clock: lets a progress bar move between frames. */
  deckAtMs: number;
  queue: QueueItem[];
  outputs: OutputState[];
  composition: Composition | null;
  viewerCount: number | null;
  /** When the show went on the air. */
  liveSinceMs: number | null;
  events: ShowEvent[];
  eventNumber: number;
}

export const kEmptyState: ShowState = {
  show: null,
  participants: [],
  routing: null,
  deck: null,
  deckAtMs: 0,
  queue: [],
  outputs: [],
  composition: null,
  viewerCount: null,
  liveSinceMs: null,
  events: [],
  eventNumber: 0,
};

const kEventsKept = 200;

const kSeatFields = [
  ...kSeatControlNames,
  'isOnAir',
  'isPublishing',
  'connection',
  'state',
  'username',
  'kicked',
  'selfMuted',
  'waiting',
] as const;

type Json = Record<string, unknown>;
export type Frame = Json & { type?: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export type Slice = 'status' | 'participants' | 'routing' | 'queue' | 'outputs' | 'tracks';

/** Which parts of the state an event may have changed. They are read again rather than guessed from its data. */
export function slicesOf(kind: string): Slice[] {
  const k = kind.toLowerCase();
  if (/track/.test(k) && !/tracklist_?volume/.test(k)) return ['tracks', 'queue'];
  if (/participant|seat|caller|air|kick|join|host/.test(k)) return ['participants', 'status'];
  if (/routing|volume|audio|mixer/.test(k)) return ['routing'];
  if (/queue|deck|item/.test(k)) return ['queue', 'status'];
  if (/output/.test(k)) return ['outputs'];
  return ['status', 'participants'];
}

export function mergeParticipants(known: Participant[], fresh: Participant[]): Participant[] {
  const stats = new Map(known.map((person) => [person.participantId, person.stats]));
  return fresh.map((person) => {
    const kept = person.stats?.rttMs === undefined ? stats.get(person.participantId) : person.stats;
    return kept ? { ...person, stats: kept } : person;
  });
}

export function withEvents(state: ShowState, events: ShowEvent[]): ShowState {
  const known = new Set(state.events.map((event) => event.number));
  const fresh = events.filter((event) => !known.has(event.number));
  if (fresh.length === 0) return state;
  const all = [...state.events, ...fresh].sort((a, b) => a.number - b.number).slice(-kEventsKept);
  return {
    ...state,
    events: all,
    eventNumber: Math.max(state.eventNumber, all[all.length - 1]?.number ?? 0),
  };
}

/** Applies a frame of the event socket. Levels don't come here: they go past React, over the LevelBus. */
export function reduceFrame(state: ShowState, frame: Frame, nowMs: number): ShowState {
  switch (frame.type) {
    case 'state':
    case 'status':
      return applySnapshot(state, frame, nowMs);
    case 'event':
      return applyEvent(withEvents(state, [frame as unknown as ShowEvent]), frame);
    case 'deck':
      return { ...state, deck: { ...state.deck, ...frame } as unknown as Deck, deckAtMs: nowMs };
    case 'seat':
      return applySeat(state, frame);
    // What was known may be of a log that is no more; a snapshot follows.
    case 'gap':
      return { ...state, events: [], eventNumber: 0 };
    default:
      return state;
  }
}

/**
 * A snapshot, or any response that has parts of one (`GET …/status`). A part that is missing stays as it was.
 * The show's own fields stand under `show` or at the top.
 */
export function applySnapshot(state: ShowState, frame: Frame, nowMs: number): ShowState {
  const next: ShowState = { ...state };
  const show = isObject(frame.show) ? frame.show : frame;
  if (typeof show.showId === 'string' && typeof show.status === 'string')
    next.show = { ...state.show, ...show } as unknown as SeenShow;
  if (Array.isArray(frame.participants))
    next.participants = mergeParticipants(state.participants, frame.participants as Participant[]);
  const routing = frame.routing ?? frame.audioRouting;
  if (isObject(routing)) next.routing = routing as unknown as AudioRouting;
  if (isObject(frame.deck)) {
    next.deck = frame.deck as unknown as Deck;
    next.deckAtMs = nowMs;
  }
  const queue = isObject(frame.queue) ? frame.queue.items : frame.queue;
  if (Array.isArray(queue)) next.queue = queue as QueueItem[];
  const outputs = isObject(frame.outputs) ? frame.outputs.outputs : frame.outputs;
  if (Array.isArray(outputs)) next.outputs = outputs as OutputState[];
  if (isObject(frame.composition)) next.composition = frame.composition as unknown as Composition;
  if (typeof frame.viewerCount === 'number') next.viewerCount = frame.viewerCount;
  const since = frame.liveSince ?? frame.startedAt ?? show.liveSince ?? show.startedAt;
  if (typeof since === 'number') next.liveSinceMs = since;
  else if (next.show?.status !== 'LIVE') next.liveSinceMs = null;
  else next.liveSinceMs ??= sinceOfTape(next.composition, nowMs);
  if (isObject(frame.me))
    next.participants = withPerson(next.participants, frame.me as unknown as Participant);
  if (typeof frame.eventNumber === 'number')
    next.eventNumber = Math.max(state.eventNumber, frame.eventNumber);
  return next;
}

/** The tape counts samples since the show started: a show's age for a page that missed its start. */
function sinceOfTape(composition: Composition | null, nowMs: number): number | null {
  const samples = composition?.metrics?.tapeHeadSamples;
  return typeof samples === 'number' && samples > 0 ? nowMs - samples / 48 : null;
}

function withPerson(people: Participant[], person: Participant): Participant[] {
  return [...people.filter((other) => other.participantId !== person.participantId), person];
}

const kStatusOfEvent: Record<string, ShowStatus> = {
  show_starting: 'STARTING',
  show_live: 'LIVE',
  show_stopping: 'STOPPING',
  show_stopped: 'STOPPED',
  show_error: 'ERROR',
};

/** What an event says for certain: the show's status, and fields of the person whom it names. */
function applyEvent(state: ShowState, frame: Frame): ShowState {
  let next = state;
  const status = kStatusOfEvent[String(frame.kind)];
  if (status && next.show && frame.number === next.eventNumber) {
    next = { ...next, show: { ...next.show, status } };
    if (status === 'LIVE' && typeof frame.at === 'number') next.liveSinceMs = frame.at;
    if (status === 'STARTING' || status === 'STOPPED') next.liveSinceMs = null;
  }
  if (!isObject(frame.data)) return next;
  if (frame.kind !== 'queue_changed') return applySeat(next, frame.data);
  return frame.number === next.eventNumber ? applyQueueChange(next, frame.data) : next;
}

/** What left and how the rest was ordered; items that came are read from the server, which knows all of them. */
function applyQueueChange(state: ShowState, data: Json): ShowState {
  const removed = new Set(Array.isArray(data.removed) ? data.removed : []);
  let queue = state.queue.filter((item) => !removed.has(item.itemId));
  if (Array.isArray(data.order)) {
    const places = new Map(data.order.map((id, place) => [id as string, place]));
    const placeOf = (item: QueueItem) => places.get(item.itemId) ?? places.size;
    queue = [...queue].sort((a, b) => placeOf(a) - placeOf(b));
  }
  return { ...state, queue };
}

function applySeat(state: ShowState, frame: Frame): ShowState {
  const id = frame.participantId;
  if (typeof id !== 'string') return state;
  const participants = state.participants.map((person) => {
    if (person.participantId !== id) return person;
    const next: Participant = { ...person };
    for (const field of kSeatFields)
      if (frame[field] !== undefined) Object.assign(next, { [field]: frame[field] });
    // A new connection has no figures yet; those of the one before aren't its.
    if (isObject(frame.stats)) next.stats = frame.stats as unknown as NetworkStats;
    return next;
  });
  return { ...state, participants };
}

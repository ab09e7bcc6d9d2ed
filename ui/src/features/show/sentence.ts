import type { Participant, QueueItem, ShowEvent } from '../../api/types';
import { plainReason } from '../../format/plainReason';
import { controlsDragged, controlsTold } from '../../live/seatControls';

type Data = Record<string, unknown>;

const silences: Record<string, string> = {
  queue: 'Silence: the queue plays',
  bed: 'Silence: the standby bed plays',
  nothing: 'Silence, and nothing to fill it: the queue is empty',
};

const kRecordingEnds: Record<string, string> = {
  too_old: 'it was older than recordings are kept',
  too_many: 'the show has too many',
  too_much: 'recordings had outgrown their room',
  disk_full: 'the disk was nearly full',
};

const kLeft: Record<string, string> = {
  absent: 'is off air: away for a minute',
  stopped: 'is off air: the show stopped',
};

/** What is called by its id in an event: what each item of the queue was called. */
export type ItemTitles = ReadonlyMap<string, string>;

const kSentences: Record<string, (who: string, data: Data, titles: ItemTitles) => string> = {
  show_created: () => 'The show was created',
  show_updated: (_, data) =>
    typeof data.title === 'string' ? `Renamed to “${data.title}”` : 'The show was changed',
  show_starting: () => 'The show is starting',
  show_live: () => 'The show is live',
  show_stopping: () => 'The show is stopping',
  show_stopped: () => 'The show has stopped',
  show_deleted: () => 'The show was deleted',
  show_error: (_, data) => `The show failed: ${textOf(data.error)}`,
  composition_relaunched: () => 'The mixer was restarted',
  desired_state_refused: (_, data) => `Not done yet: ${textOf(data.error)}`,
  participant_joined: (who) => `${who} was given a seat`,
  participant_connected: (who) => `${who} connected`,
  participant_disconnected: (who) => `${who} disconnected`,
  participant_on_air: (who) => `${who} is on air`,
  participant_off_air: (who) => `${who} is off air`,
  participant_kicked: (who) => `${who} was removed`,
  bans_lifted: () => 'The link for any caller works from all addresses again',
  participant_banned: (who) => `The link for any caller no longer works from where ${who} called`,
  participant_left: (who, data) => `${who} ${kLeft[String(data.reason)] ?? 'left'}`,
  participant_updated: personChanged,
  routing_updated: (_, data) => `Mixer: ${changesOf(data) || 'changed'}`,
  routing_reset: () => 'Mixer: reset to its defaults',
  queue_updated: () => 'The queue was changed',
  queue_changed: queueChanged,
  links_rotated: () => 'The link for any caller was replaced with a new one',
  deck_command: (_, data) => `Deck: ${textOf(data.command).replace('DECK_', '').toLowerCase()}`,
  deck_command_failed: (_, data) => `The deck refused a command: ${textOf(data.error)}`,
  deck_changed: deckChanged,
  deck_item_ended: (_, data, titles) => {
    const title = titles.get(textOf(data.itemId)) ?? 'A track';
    return data.reason === 'ERROR' ? `${title} broke off: ${textOf(data.error)}` : `${title} ended`;
  },
  track_ready: (_, data) => `${textOf(data.title) || 'A track'} is imported`,
  track_failed: (_, data) =>
    `${textOf(data.title) || 'A track'} could not be imported${textOf(data.error) && `: ${textOf(data.error)}`}`,
  dead_air: (_, data) => silences[String(data.started)] ?? 'Silence',
  dead_air_ended: () => 'The silence is over',
  silence_declared: (_, data) =>
    data.silenceUntil === null ? 'Silence is no longer declared' : 'Silence was declared',
  output_set: () => 'The RTMP destination was set',
  output_removed: () => 'The RTMP destination was removed',
  recording_deleted: () => 'A recording was deleted',
  recording_removed: (_, data) =>
    `A recording was deleted by itself: ${kRecordingEnds[textOf(data.reason)] ?? textOf(data.reason)}`,
  alert_raised: (_, data) => `Alert: ${plainReason(textOf(data.detail))}`,
  // What is so now that it is over, such as "the output is connected again".
  alert_cleared: (_, data) => `Alert over: ${plainReason(textOf(data.detail))}`,
  session_created: () => 'A session was created',
  session_ended: () => 'A session ended',
};

/** An event of the log as a short sentence. A kind that isn't known is shown by its name, never hidden. */
export function sentenceOf(event: ShowEvent, people: Participant[], titles: ItemTitles = new Map()): string {
  const data = event.data ?? {};
  const known = people.find((person) => person.participantId === data.participantId)?.username;
  const who = (typeof data.username === 'string' && data.username) || known || 'Somebody';
  const sentence = kSentences[event.kind];
  if (sentence) return sentence(who, data, titles);
  const words = event.kind.replace(/[._-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function personChanged(who: string, data: Data): string {
  const parts: string[] = [];
  if (typeof data.isOnAir === 'boolean') parts.push(data.isOnAir ? 'is on air' : 'is off air');
  if (typeof data.selfMuted === 'boolean')
    parts.push(data.selfMuted ? 'muted themselves' : 'unmuted themselves');
  parts.push(...controlsTold(data));
  return `${who}: ${parts.join(', ') || 'changed'}`;
}

/** Adds what the queue and the log say of items, so that those which are gone can still be named. */
export function noteTitles(titles: Map<string, string>, queue: QueueItem[], events: ShowEvent[]): void {
  const note = (id: unknown, title: unknown) => {
    if (textOf(id) && textOf(title)) titles.set(textOf(id), textOf(title));
  };
  for (const { kind, data = {} } of events) {
    if (kind === 'queue_changed')
      for (const item of listOf(data.added) as Data[]) note(item.itemId, item.title);
    if (kind === 'deck_changed') note(data.itemId, data.title);
  }
  for (const { itemId, title } of queue) note(itemId, title);
}

function queueChanged(_: string, data: Data, titles: ItemTitles): string {
  const added = listOf(data.added) as Data[];
  const removed = listOf(data.removed);
  if (added.length === 1 && removed.length === 0) return `Queued ${textOf(added[0]?.title) || 'a track'}`;
  if (added.length > 0) return `Queued ${added.length} tracks`;
  if (removed.length > 1) return `Queue: ${removed.length} tracks removed`;
  if (removed.length === 1) return `Queue: ${titles.get(textOf(removed[0])) ?? 'a track'} removed`;
  return 'The queue was put in another order';
}

function deckChanged(_: string, data: Data): string {
  const title = textOf(data.title) || 'a track';
  if (data.state === 'PLAYING') return `Playing ${title}`;
  return data.state === 'PAUSED' ? `Paused ${title}` : 'The deck stopped';
}

const kVolumes: Record<string, string> = {
  hostVolume: 'host',
  callersVolume: 'callers',
  tracklistVolume: 'music',
  masterVolume: 'master',
};

function changesOf(data: Data): string {
  return Object.entries(kVolumes)
    .filter(([key]) => typeof data[key] === 'number')
    .map(([key, name]) => `${name} ${String(data[key])}`)
    .join(', ');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const kDragMs = 5000;

/**
 * The log without the steps of a dragged fader (of a run of mixer changes, the last one stands) and with one line for a
 * connection, which is told again when its sound comes.
 */
export function condensed(events: ShowEvent[]): ShowEvent[] {
  const links = new Map<unknown, string>();
  return events.filter((event, index) => {
    if (event.kind === 'participant_connected' || event.kind === 'participant_disconnected') {
      const id = event.data?.participantId;
      const isNew = links.get(id) !== event.kind;
      links.set(id, event.kind);
      return isNew;
    }
    const next = events[index + 1];
    return !(
      next &&
      isDragStep(event) &&
      isDragStep(next) &&
      subjectOf(event) === subjectOf(next) &&
      next.at - event.at < kDragMs
    );
  });
}

function isDragStep(event: ShowEvent): boolean {
  if (event.kind === 'routing_updated') return true;
  const data = event.data ?? {};
  return event.kind === 'participant_updated' && controlsDragged(data).length > 0 && !('isOnAir' in data);
}

const subjectOf = ({ kind, data = {} }: ShowEvent) =>
  `${kind} ${String(data.participantId)} ${controlsDragged(data).join()}`;

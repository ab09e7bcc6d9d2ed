import type { Participant, ShowEvent } from '../../api/types';

type Data = Record<string, unknown>;

const silences: Record<string, string> = {
  queue: 'Silence: the queue plays',
  bed: 'Silence: the standby bed plays',
  nothing: 'Silence, and nothing to fill it: the queue is empty',
};

const kSentences: Record<string, (who: string, data: Data) => string> = {
  show_created: () => 'The show was created',
  show_updated: (_, data) =>
    typeof data.title === 'string' ? `Renamed to “${data.title}”` : 'The show was changed',
  show_starting: () => 'The show is starting',
  show_live: () => 'The show is live',
  show_stopping: () => 'The show is stopping',
  show_stopped: () => 'The show has stopped',
  show_error: (_, data) => `The show failed: ${textOf(data.error)}`,
  composition_relaunched: () => 'The mixer was restarted',
  participant_joined: (who) => `${who} was given a seat`,
  participant_connected: (who) => `${who} connected`,
  participant_disconnected: (who) => `${who} disconnected`,
  participant_on_air: (who) => `${who} is on air`,
  participant_off_air: (who) => `${who} is off air`,
  participant_kicked: (who) => `${who} was removed`,
  participant_updated: personChanged,
  routing_updated: (_, data) => `Mixer: ${changesOf(data) || 'changed'}`,
  routing_reset: () => 'Mixer: reset to its defaults',
  queue_updated: () => 'The queue was changed',
  deck_command: (_, data) => `Deck: ${textOf(data.command).replace('DECK_', '').toLowerCase()}`,
  deck_command_failed: (_, data) => `The deck refused a command: ${textOf(data.error)}`,
  deck_changed: deckChanged,
  deck_item_ended: (_, data) =>
    data.reason === 'ERROR' ? `A track broke off: ${textOf(data.error)}` : 'A track ended',
  dead_air: (_, data) => silences[String(data.started)] ?? 'Silence',
  dead_air_ended: () => 'The silence is over',
  silence_declared: (_, data) =>
    data.silenceUntil === null ? 'Silence is no longer declared' : 'Silence was declared',
  output_set: () => 'The RTMP destination was set',
  output_removed: () => 'The RTMP destination was removed',
  alert_raised: (_, data) => `Alert: ${textOf(data.detail)}`,
  alert_cleared: (_, data) => `No longer: ${textOf(data.detail)}`,
  session_created: () => 'A session was created',
  session_ended: () => 'A session ended',
};

/** An event of the log as a short sentence. A kind that isn't known is shown by its name, never hidden. */
export function sentenceOf(event: ShowEvent, people: Participant[]): string {
  const data = event.data ?? {};
  const known = people.find((person) => person.participantId === data.participantId)?.username;
  const who = (typeof data.username === 'string' && data.username) || known || 'Somebody';
  const sentence = kSentences[event.kind];
  if (sentence) return sentence(who, data);
  const words = event.kind.replace(/[._-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function personChanged(who: string, data: Data): string {
  const parts: string[] = [];
  if (typeof data.isOnAir === 'boolean') parts.push(data.isOnAir ? 'is on air' : 'is off air');
  if (typeof data.muted === 'boolean') parts.push(data.muted ? 'muted' : 'unmuted');
  if (typeof data.volume === 'number') parts.push(`volume ${data.volume}`);
  return `${who}: ${parts.join(', ') || 'changed'}`;
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

const kDragMs = 5000;

/** The log without the steps of a dragged fader: of a run of mixer changes, the last one stands. */
export function condensed(events: ShowEvent[]): ShowEvent[] {
  return events.filter((event, index) => {
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
  return (
    event.kind === 'participant_updated' && 'volume' in data && !('isOnAir' in data) && !('muted' in data)
  );
}

const subjectOf = (event: ShowEvent) => `${event.kind} ${String(event.data?.participantId)}`;

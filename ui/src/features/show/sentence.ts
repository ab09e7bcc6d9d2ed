import type { Participant, ShowEvent } from '../../api/types';

/** An event of the log as a short sentence. A kind that isn't known is shown by its name, never hidden. */
export function sentenceOf(event: ShowEvent, people: Participant[]): string {
  const data = event.data ?? {};
  const words = event.kind
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[._-]+/g, ' ')
    .toLowerCase();
  const named = typeof data.username === 'string' ? data.username : nameOf(data.participantId, people);
  const rest: string[] = [];
  for (const key of ['title', 'status', 'state', 'command', 'reason', 'error', 'detail'])
    if (typeof data[key] === 'string' && data[key]) rest.push(data[key]);
  if (typeof data.isOnAir === 'boolean') rest.push(data.isOnAir ? 'on air' : 'off air');
  if (typeof data.muted === 'boolean') rest.push(data.muted ? 'muted' : 'unmuted');
  const head = words.charAt(0).toUpperCase() + words.slice(1);
  return [named ? `${named}: ${words}` : head, ...rest].join(' · ');
}

function nameOf(id: unknown, people: Participant[]): string | null {
  return people.find((person) => person.participantId === id)?.username ?? null;
}

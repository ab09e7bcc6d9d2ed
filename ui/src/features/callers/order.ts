import type { Participant } from '../../api/types';

// Who dropped out a moment ago most likely comes back: their row stays where it is for this long.
const kAwayMsMax = 10 * 60_000;

const isGone = (person: Participant, nowMs: number) =>
  person.kicked ||
  (person.connection !== 'connected' &&
    typeof person.leftAt === 'number' &&
    nowMs - person.leftAt > kAwayMsMax);

const isPerson = (row: Participant) => row.role === 'HOST' || row.role === 'CALLER';

const byArrival = (a: Participant, b: Participant) =>
  a.joinedAt - b.joinedAt || a.participantId.localeCompare(b.participantId);

/** Who is here or may come back: hosts first, then callers as they arrived, so that rows never jump. */
export function peopleInOrder(rows: Participant[], nowMs = Date.now()): Participant[] {
  const here = rows.filter((person) => isPerson(person) && !isGone(person, nowMs)).sort(byArrival);
  return [
    ...here.filter((person) => person.role === 'HOST'),
    ...here.filter((person) => person.role !== 'HOST'),
  ];
}

/** The callers that the keys 1–9 stand for. */
export function callersInOrder(rows: Participant[], nowMs = Date.now()): Participant[] {
  return peopleInOrder(rows, nowMs).filter((person) => person.role === 'CALLER');
}

export function peopleGone(rows: Participant[], nowMs = Date.now()): Participant[] {
  return rows.filter((person) => isPerson(person) && isGone(person, nowMs)).sort(byArrival);
}

import type { Participant } from '../../api/types';

const isGone = (person: Participant) =>
  person.state === 'KICKED' || (person.connection !== 'connected' && typeof person.leftAt === 'number');

const byArrival = (a: Participant, b: Participant) =>
  a.joinedAt - b.joinedAt || a.participantId.localeCompare(b.participantId);

/** Who is here or may come back: hosts first, then callers as they arrived, so that rows never jump. */
export function peopleInOrder(people: Participant[]): Participant[] {
  const here = people.filter((person) => !isGone(person)).sort(byArrival);
  return [
    ...here.filter((person) => person.role === 'HOST'),
    ...here.filter((person) => person.role !== 'HOST'),
  ];
}

/** The callers that the keys 1–9 stand for. */
export function callersInOrder(people: Participant[]): Participant[] {
  return peopleInOrder(people).filter((person) => person.role === 'CALLER');
}

export function peopleGone(people: Participant[]): Participant[] {
  return people.filter(isGone).sort(byArrival);
}

import type { Participant } from '../../api/types';
import { callersInOrder } from './order';

/** Which caller each of the keys 1–9 means, by participant id. */
export type KeyOf = ReadonlyMap<string, number>;

const kKeys = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * A key stays with its person for as long as they have a row. Whoever is new gets the lowest key that means nobody;
 * when each of the nine means somebody, the lowest whose person is away.
 */
export function assignKeys(held: KeyOf, people: Participant[], nowMs = Date.now()): KeyOf {
  const callers = callersInOrder(people, nowMs);
  const next = new Map<string, number>();
  for (const { participantId } of callers) {
    const key = held.get(participantId);
    if (key !== undefined) next.set(participantId, key);
  }
  for (const { participantId } of callers.filter(isHere)) {
    if (next.has(participantId)) continue;
    const taken = new Set(next.values());
    const key = kKeys.find((one) => !taken.has(one)) ?? keyOfTheAway(next, callers);
    if (key !== undefined) next.set(participantId, key);
  }
  return next;
}

/** The keys that do something now: those of the absent rest. */
export function keysThatAct(held: KeyOf, people: Participant[]): KeyOf {
  const here = new Set(people.filter(isHere).map((person) => person.participantId));
  return new Map([...held].filter(([id]) => here.has(id)));
}

const isHere = (person: Participant) => person.connection === 'connected' && !person.kicked;

function keyOfTheAway(held: Map<string, number>, callers: Participant[]): number | undefined {
  const away = callers
    .filter((person) => !isHere(person) && held.has(person.participantId))
    .map((person) => [held.get(person.participantId) ?? 0, person.participantId] as const)
    .sort(([a], [b]) => a - b)[0];
  if (!away) return undefined;
  held.delete(away[1]);
  return away[0];
}

import { useEffect, useReducer, useRef, type RefObject } from 'react';
import type { Participant } from '../../api/types';
import { stillOrder } from '../../ui/stillOrder';
import { useInUse } from '../../ui/useInUse';
import { peopleInOrder } from './order';

/**
 * The people to show, in an order in which no row moves under a hand: who is new comes last, and rows of those who are
 * gone are taken out only while nobody is at the list.
 */
export function useStillPeople(rows: Participant[], list: RefObject<HTMLElement | null>): Participant[] {
  const shown = useRef<Participant[]>([]);
  const [, lookAgain] = useReducer((count: number) => count + 1, 0);
  const isInUse = useInUse(list, lookAgain);
  const people = stillOrder(
    shown.current,
    peopleInOrder(rows),
    rows,
    (person) => person.participantId,
    isInUse(),
  );
  useEffect(() => {
    shown.current = people;
  });
  return people;
}

import { useEffect, useMemo, useRef } from 'react';
import { tabStorage } from '../../auth/storage';
import { useShow } from '../../live/useShow';
import { assignKeys, keysThatAct, type KeyOf } from './keys';

/** The keys of the callers who are here; a refresh of the desk keeps them. */
export function useCallerKeys(showId: string): KeyOf {
  const people = useShow((state) => state.participants);
  const name = `shelcaster.keys.${showId}`;
  const held = useRef<KeyOf | null>(null);
  const { all, acting } = useMemo(() => {
    held.current = assignKeys(held.current ?? load(name), people);
    return { all: held.current, acting: keysThatAct(held.current, people) };
  }, [people, name]);
  useEffect(() => {
    if (people.length > 0) tabStorage.setItem(name, JSON.stringify([...all]));
  }, [all, people.length, name]);
  return acting;
}

function load(name: string): KeyOf {
  try {
    const kept = JSON.parse(tabStorage.getItem(name) ?? '[]') as unknown;
    return new Map(Array.isArray(kept) ? (kept as [string, number][]) : []);
  } catch {
    return new Map();
  }
}

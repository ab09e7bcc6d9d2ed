import { useCallback, useEffect, useRef, type RefObject } from 'react';

// Whoever has just moved or pressed something in a list may be about to press again.
const kAtRestMs = 10_000;

/**
 * Whether somebody is at the list: the pointer or the focus is in it, or was used there a moment ago. `onLook` is called
 * at times, so that what had to wait for the list to be at rest is done then.
 */
export function useInUse(list: RefObject<HTMLElement | null>, onLook: () => void): () => boolean {
  const usedMs = useRef(-Infinity);
  useEffect(() => {
    const used = (event: Event) => {
      if (event.target instanceof Node && list.current?.contains(event.target)) usedMs.current = Date.now();
    };
    const kinds = ['pointermove', 'pointerdown', 'wheel', 'keydown'];
    for (const kind of kinds) document.addEventListener(kind, used, { passive: true });
    const timer = setInterval(onLook, kAtRestMs);
    return () => {
      for (const kind of kinds) document.removeEventListener(kind, used);
      clearInterval(timer);
    };
  }, [list, onLook]);
  return useCallback(
    () =>
      Date.now() - usedMs.current < kAtRestMs ||
      (list.current !== null &&
        (list.current.matches(':hover') || list.current.contains(document.activeElement))),
    [list],
  );
}

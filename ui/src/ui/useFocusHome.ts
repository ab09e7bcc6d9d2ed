import { useEffect, useRef, type RefObject } from 'react';

/**
 * Keeps the keyboard's place when the control that had it is gone (a row that was removed, a form that was sent): the
 * focus goes to `home` instead of to the start of the page.
 */
export function useFocusHome(area: RefObject<HTMLElement | null>, home: RefObject<HTMLElement | null>): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    const entered = (event: FocusEvent) => {
      last.current = event.target instanceof Element ? event.target : null;
    };
    // A removed element tells nothing of its focus; one that is left for another does.
    const left = (event: FocusEvent) => {
      if (event.relatedTarget) last.current = null;
    };
    const removed = new MutationObserver(() => {
      if (!last.current || last.current.isConnected) return;
      last.current = null;
      const { activeElement } = document;
      if (!activeElement || activeElement === document.body) home.current?.focus({ preventScroll: true });
    });
    element.addEventListener('focusin', entered);
    element.addEventListener('focusout', left);
    removed.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener('focusin', entered);
      element.removeEventListener('focusout', left);
      removed.disconnect();
    };
  }, [area, home]);
}

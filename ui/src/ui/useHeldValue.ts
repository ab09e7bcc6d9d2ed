import { useCallback, useEffect, useRef, useState } from 'react';

const kSendPeriodMs = 100;
const kHoldMs = 1200;

/**
 * A value that a person is moving. What they set shows at once and is held for a moment against echoes of
 * earlier values from the server; then the server's value counts again.
 */
export function useHeldValue(
  value: number,
  send: (value: number) => void,
): [number, (value: number) => void] {
  const [held, setHeld] = useState<number | null>(null);
  const pending = useRef<number | null>(null);
  const sendTimer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const holdTimer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const sendRef = useRef(send);
  useEffect(() => {
    sendRef.current = send;
  });

  const flush = useCallback(() => {
    sendTimer.current = null;
    if (pending.current === null) return;
    sendRef.current(pending.current);
    pending.current = null;
    sendTimer.current = setTimeout(flush, kSendPeriodMs);
  }, []);

  const set = useCallback(
    (next: number) => {
      setHeld(next);
      pending.current = next;
      if (!sendTimer.current) flush();
      if (holdTimer.current) clearTimeout(holdTimer.current);
      holdTimer.current = setTimeout(() => setHeld(null), kHoldMs);
    },
    [flush],
  );

  useEffect(
    () => () => {
      if (sendTimer.current) clearTimeout(sendTimer.current);
      if (holdTimer.current) clearTimeout(holdTimer.current);
      if (pending.current !== null) sendRef.current(pending.current);
    },
    [],
  );

  return [held ?? value, set];
}

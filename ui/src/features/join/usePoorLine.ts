import { useEffect, useRef, useState } from 'react';
import type { NetworkStats } from '../../api/types';
import { callerAdvice, lineQuality, PoorLineWatch } from '../../format/lineQuality';

/** What to tell a caller whose connection has been poor for some seconds; null while it isn't. */
export function usePoorLine(stats: NetworkStats | null): string | null {
  const watch = useRef(new PoorLineWatch());
  const [advice, setAdvice] = useState<string | null>(null);
  useEffect(() => {
    const line = stats ? lineQuality(stats) : null;
    const isPoor = watch.current.update(line?.quality ?? null);
    // While it stays poor the words stay, so that a screen reader isn't told each new number.
    setAdvice((told) => (isPoor && stats ? (told ?? callerAdvice(stats)) : null));
  }, [stats]);
  return advice;
}

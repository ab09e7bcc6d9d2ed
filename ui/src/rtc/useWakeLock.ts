import { useEffect } from 'react';

/** Keeps a phone's screen on while somebody is connected, where the browser can; it drops the lock when hidden. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    if (!active || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let ended = false;
    const acquire = async () => {
      if (document.visibilityState !== 'visible') return;
      try {
        const fresh = await navigator.wakeLock.request('screen');
        if (ended) void fresh.release();
        else lock = fresh;
      } catch {
        // Low battery or a policy: the screen sleeps, the call goes on.
      }
    };
    void acquire();
    document.addEventListener('visibilitychange', acquire);
    return () => {
      ended = true;
      document.removeEventListener('visibilitychange', acquire);
      void lock?.release();
    };
  }, [active]);
}

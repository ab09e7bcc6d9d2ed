const kTickMs = 1000;
// A busy page is late by tens of milliseconds, a hidden one by a second or, in some browsers, a minute. To look
// once too often costs next to nothing.
const kJumpMs = 3000;

/** Says whether the wall clock went on for longer than this was asleep. `tick` is called each second. */
export class ClockJump {
  constructor(private lastMs: number) {}

  tick(nowMs: number): boolean {
    const away = nowMs - this.lastMs;
    this.lastMs = nowMs;
    return away > kTickMs + kJumpMs || away < -kJumpMs;
  }
}

/** What changes with the network that a device uses; its estimates of speed change far more often. */
interface NetworkConnection extends EventTarget {
  type?: string;
}

/**
 * Calls `listener` whenever what a page believes of its connections may have become untrue without a word: the device
 * slept, the network changed or came back, the page is shown again. Returns how to stop.
 */
export function onWakeUp(listener: () => void): () => void {
  const jump = new ClockJump(Date.now());
  const timer = setInterval(() => {
    if (jump.tick(Date.now())) listener();
  }, kTickMs);
  const shown = () => {
    if (document.visibilityState === 'visible') listener();
  };
  const network = (navigator as Navigator & { connection?: NetworkConnection }).connection;
  let type = network?.type;
  const networkChanged = () => {
    if (network?.type === type) return;
    type = network?.type;
    listener();
  };
  addEventListener('online', listener);
  addEventListener('pageshow', listener);
  document.addEventListener('visibilitychange', shown);
  network?.addEventListener('change', networkChanged);
  return () => {
    clearInterval(timer);
    removeEventListener('online', listener);
    removeEventListener('pageshow', listener);
    document.removeEventListener('visibilitychange', shown);
    network?.removeEventListener('change', networkChanged);
  };
}

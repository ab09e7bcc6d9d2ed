// The server sends a return without pause, 50 packets a second. Browsers themselves take 5 to 15 s to notice that
// it has stopped.
const kPeriodMs = 500;
const kStalledMs = 2000;
const kProbeMs = 600;
// Timers may come early by a rounding of the clock.
const kEarlyMsMax = 50;

export interface FlowWatchOptions {
  packetsReceived: () => Promise<number>;
  onStall: () => void;
  onFlow: () => void;
}

/**
 * Watches whether media comes in. A return that never flowed is no reason to worry: only one that flowed and stopped
 * is. A page that was frozen for a while isn't fooled, since what has come meanwhile counts.
 */
export class FlowWatch {
  private timer: ReturnType<typeof setInterval> | null = null;
  private probeTimer: ReturnType<typeof setTimeout> | null = null;
  private count = 0;
  private grewAtMs: number | null = null;
  private isStalled = false;

  constructor(private readonly options: FlowWatchOptions) {}

  /** Again for a connection that has just come back: its media gets the same time as at first. */
  start(): void {
    this.isStalled = false;
    if (this.grewAtMs !== null) this.grewAtMs = Date.now();
    this.timer ??= setInterval(() => void this.look(kStalledMs), kPeriodMs);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    if (this.probeTimer) clearTimeout(this.probeTimer);
    this.timer = null;
    this.probeTimer = null;
  }

  /** Answers within a moment instead of two seconds: after a wake-up, with a reason to doubt. */
  probe(): void {
    if (!this.timer || this.probeTimer) return;
    void this.look(Infinity);
    this.probeTimer = setTimeout(() => {
      this.probeTimer = null;
      void this.look(kProbeMs - kEarlyMsMax);
    }, kProbeMs);
  }

  private async look(patienceMs: number): Promise<void> {
    const count = await this.options.packetsReceived();
    if (!this.timer) return;
    const nowMs = Date.now();
    if (count > this.count) {
      const wasStalled = this.isStalled;
      this.count = count;
      this.grewAtMs = nowMs;
      this.isStalled = false;
      if (wasStalled) this.options.onFlow();
    } else if (this.grewAtMs !== null && !this.isStalled && nowMs - this.grewAtMs >= patienceMs) {
      this.isStalled = true;
      this.options.onStall();
    }
  }
}

export async function packetsReceived(peer: RTCPeerConnection): Promise<number> {
  let count = 0;
  (await peer.getStats()).forEach((report: { type: string; packetsReceived?: number }) => {
    if (report.type === 'inbound-rtp') count += report.packetsReceived ?? 0;
  });
  return count;
}

import { kMeterFloorDb } from '../../format/level';

const kHoldMs = 1500;
const kFallDbPerS = 20;
const kClipShownMs = 3000;

/** How a meter moves: up at once, down at 20 dB/s; the highest peak stands for 1.5 s; a clip stays lit for 3 s. */
export class Ballistics {
  levelDb = kMeterFloorDb;
  holdDb = kMeterFloorDb;
  private heldAtMs = -Infinity;
  private clippedAtMs = -Infinity;
  private lastMs: number | null = null;

  update(peakDb: number, clip: boolean, nowMs: number): void {
    const passedS = this.lastMs === null ? 0 : Math.max(0, nowMs - this.lastMs) / 1000;
    this.lastMs = nowMs;
    const fallDb = kFallDbPerS * passedS;
    const peak = Math.max(kMeterFloorDb, Number.isFinite(peakDb) ? peakDb : kMeterFloorDb);
    this.levelDb = Math.max(peak, this.levelDb - fallDb);
    if (peak >= this.holdDb) {
      this.holdDb = peak;
      this.heldAtMs = nowMs;
    } else if (nowMs - this.heldAtMs > kHoldMs) {
      this.holdDb = Math.max(this.levelDb, this.holdDb - fallDb);
    }
    if (clip) this.clippedAtMs = nowMs;
  }

  isClipLit(nowMs: number): boolean {
    return nowMs - this.clippedAtMs < kClipShownMs;
  }

  reset(): void {
    this.levelDb = kMeterFloorDb;
    this.holdDb = kMeterFloorDb;
    this.clippedAtMs = -Infinity;
  }
}

import type { ConnectionStatus } from './connectionStatus';

export interface Told {
  key: ConnectionStatus['key'] | 'back';
  severity: ConnectionStatus['severity'] | 'good';
  sentence: string;
}

export const kBackMs = 5000;

/**
 * From what is wrong at each moment to what a person is told: nothing of hiccups, and "you are back" for a while
 * when something that was told is over.
 */
export class StatusTeller {
  private since: { key: string; ms: number } | null = null;
  private told: Told | null = null;
  private over = '';
  private backUntilMs = 0;

  /** What to show now, and when to ask again if nothing happens before. */
  update(status: ConnectionStatus | null, nowMs: number): { told: Told | null; againInMs: number | null } {
    if (!status) {
      this.since = null;
      if (this.told && this.told.key !== 'back') {
        this.told = { key: 'back', severity: 'good', sentence: this.over };
        this.backUntilMs = nowMs + kBackMs;
      }
    } else {
      const wasToldOf = this.told !== null && this.told.key !== 'back';
      this.since ??= { key: status.key, ms: nowMs };
      const isDue = wasToldOf || nowMs - this.since.ms >= status.graceMs;
      if (!isDue) return { told: this.sayBack(nowMs), againInMs: this.since.ms + status.graceMs - nowMs };
      this.told = { key: status.key, severity: status.severity, sentence: status.sentence };
      this.over = status.over;
      return { told: this.told, againInMs: null };
    }
    const told = this.sayBack(nowMs);
    return { told, againInMs: told ? this.backUntilMs - nowMs : null };
  }

  private sayBack(nowMs: number): Told | null {
    if (this.told?.key === 'back' && nowMs >= this.backUntilMs) this.told = null;
    return this.told;
  }
}

import type { Alert, Composition } from '../../api/types';
import { plainSentence } from '../../format/plainReason';

/** The server's words, as a sentence. */
export function alertText(alert: Alert): string {
  return plainSentence(alert.detail);
}

/** Whether listeners lose something by it. Filled silence and clipping they hear as they are. */
export const isGrave = (alert: Alert): boolean => alert.kind !== 'dead_air' && alert.kind !== 'clipping';

/** The gravest first, among these the oldest. */
export function alertsInOrder(composition: Composition | null): Alert[] {
  const alerts = composition?.alerts ?? [];
  return [...alerts].sort((a, b) => Number(isGrave(b)) - Number(isGrave(a)) || a.since - b.since);
}

/** Until when silence is declared, while it is. */
export function silenceUntil(composition: Composition | null, nowMs: number): number | null {
  const until = composition?.deadAir.silenceUntil ?? null;
  return until !== null && until > nowMs ? until : null;
}

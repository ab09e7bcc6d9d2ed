import type { Deck } from '../../api/types';

/** The position where a playing deck is by now, between the server's frames (one a second). */
export function positionNow(deck: Deck | null, atMs: number, nowMs: number): number {
  if (!deck) return 0;
  const moved = deck.state === 'PLAYING' ? Math.max(0, nowMs - atMs) : 0;
  return Math.min(deck.positionMs + moved, deck.durationMs ?? Infinity);
}

export type Shortcut =
  { kind: 'deck-toggle' } | { kind: 'deck-skip' } | { kind: 'mute' } | { kind: 'on-air'; index: number };

/** Which shortcut a key is, or null: never while somebody types, and the space bar belongs to a focused button. */
export function shortcutOf(
  key: string,
  target: { tagName: string; type?: string | undefined } | null,
  modified: boolean,
): Shortcut | null {
  if (modified) return null;
  const tag = target?.tagName ?? '';
  const isRange = tag === 'INPUT' && target?.type === 'range';
  if (['TEXTAREA', 'SELECT', 'DIALOG'].includes(tag) || (tag === 'INPUT' && !isRange)) return null;
  if (key === ' ') return ['BUTTON', 'A', 'SUMMARY'].includes(tag) ? null : { kind: 'deck-toggle' };
  if (key === 'n' || key === 'N') return { kind: 'deck-skip' };
  if (key === 'm' || key === 'M') return { kind: 'mute' };
  if (/^[1-9]$/.test(key)) return { kind: 'on-air', index: Number(key) - 1 };
  return null;
}

export type Shortcut =
  { kind: 'deck-toggle' } | { kind: 'deck-skip' } | { kind: 'mute' } | { kind: 'on-air'; key: number };

/** What has the focus when a key is pressed. */
export interface KeyTarget {
  tagName: string;
  type?: string | undefined;
  role?: string | null | undefined;
  isEditable?: boolean | undefined;
}

const kOwnKeys = ['TEXTAREA', 'SELECT', 'OPTION', 'DIALOG'];
const kOwnKeyRoles = ['combobox', 'listbox', 'option', 'searchbox', 'slider', 'spinbutton', 'textbox'];
const kPlainInputs = ['button', 'submit', 'reset', 'checkbox', 'radio', 'file'];
const kPressed = ['BUTTON', 'A', 'SUMMARY', 'INPUT'];

/**
 * Which shortcut a key is, or null: never for a control that has keys of its own (text, lists, sliders), and the space
 * bar belongs to whatever it presses.
 */
export function shortcutOf(key: string, target: KeyTarget | null, modified: boolean): Shortcut | null {
  if (modified) return null;
  const tag = target?.tagName ?? '';
  const isInput = tag === 'INPUT' && !kPlainInputs.includes(target?.type ?? 'text');
  if (kOwnKeys.includes(tag) || isInput || target?.isEditable) return null;
  if (kOwnKeyRoles.includes(target?.role ?? '')) return null;
  if (key === ' ') return kPressed.includes(tag) ? null : { kind: 'deck-toggle' };
  if (key === 'n' || key === 'N') return { kind: 'deck-skip' };
  if (key === 'm' || key === 'M') return { kind: 'mute' };
  if (/^[1-9]$/.test(key)) return { kind: 'on-air', key: Number(key) };
  return null;
}

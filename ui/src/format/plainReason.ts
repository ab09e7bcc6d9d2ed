/**
 * Why a destination is not reached, without what is true for a moment only (a text that stands there doesn't count down)
 * and without saying twice that it can't be reached.
 */
export function plainReason(detail: string): string {
  return detail.replace(/; next try in \d+ s\b/g, '').replace(/can.t be used: it (can.t be \w+)/g, '$1');
}

/** The server's words, as a sentence that can stand by itself. */
export function plainSentence(detail: string): string {
  const reason = plainReason(detail);
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * Why a destination is not reached, without what is true for a moment only (a text that stands there doesn't count down)
 * and without saying twice that it can't be reached.
 */
export function plainReason(detail: string): string {
  return detail.replace(/; next try in \d+ s\b/g, '').replace(/can.t be used: it (can.t be \w+)/g, '$1');
}

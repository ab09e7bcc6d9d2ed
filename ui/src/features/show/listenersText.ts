import type { ShowStatus } from '../../api/types';

/** How many listen. Outside of a show nobody does, whatever the last count was. */
export function listenersText(status: ShowStatus | null, count: number | null): string {
  const isOnAir = status === 'LIVE' || status === 'STOPPING';
  return isOnAir && count !== null ? String(count) : '–';
}

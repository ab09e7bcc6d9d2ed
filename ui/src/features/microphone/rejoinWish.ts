import { ApiError, type Api } from '../../api/client';
import type { ShowEvent } from '../../api/types';
import type { KeyValue } from '../../auth/tokens';
import type { ShowState } from '../../live/showState';
import type { MayReturn } from '../../rtc/WhipSession';

const kKey = 'shelcaster.studio.joined';

/**
 * A host's wish to take part, which outlives a refresh and ends with the show: nobody's microphone goes live in a show
 * that was started after a stop, before they press. Kept with it is an event of the log up to which the show is known
 * to have gone on, so that a stop which this tab missed is found in what has happened since.
 */
export function keepWish(storage: KeyValue, showId: string, eventNumber: number): void {
  storage.setItem(kKey, `${showId} ${eventNumber}`);
}

/** As `keepWish`, for a wish that there is and that isn't of a later press; one that was taken back stays so. */
export function renewWish(storage: KeyValue, showId: string, eventNumber: number): void {
  const known = wishOf(storage, showId);
  if (known !== null && eventNumber > known) keepWish(storage, showId, eventNumber);
}

export function forgetWish(storage: KeyValue): void {
  storage.removeItem(kKey);
}

export const hasWish = (storage: KeyValue, showId: string): boolean => wishOf(storage, showId) !== null;

const kStops = ['show_starting', 'show_live', 'show_stopping', 'show_stopped', 'show_error'];

/**
 * Whether the page has seen all that happened since, and no stop. False as well while a part of the log is missing: a
 * snapshot tells the newest number before the events that lead to it have come.
 */
export function isKnownToGoOn(
  storage: KeyValue,
  showId: string,
  state: Pick<ShowState, 'show' | 'events' | 'eventNumber'>,
): boolean {
  const known = wishOf(storage, showId);
  if (known === null || state.show?.status !== 'LIVE') return false;
  const since = state.events.filter(({ number }) => number > known);
  return since.length === state.eventNumber - known && !since.some(({ kind }) => kStops.includes(kind));
}

interface EventPage {
  events: ShowEvent[];
  next: number;
  oldest: number;
  last: number;
}

const kFinal = [401, 403, 404];

/**
 * Whether a call may go on or be taken up again unasked, by the server's log as it is now and not by what the page
 * believes. A wish that holds is renewed.
 */
export async function wishHolds(
  storage: KeyValue,
  showId: string,
  api: Pick<Api, 'get'>,
): Promise<MayReturn> {
  const known = wishOf(storage, showId);
  if (known === null) return 'no';
  const path = `/shows/${encodeURIComponent(showId)}/events?limit=1&types=${kStops.join(',')}`;
  try {
    for (let after = known; ;) {
      const { events, next, oldest, last } = await api.get<EventPage>(`${path}&after=${after}`);
      // What is kept no longer, or a log that is another one by now, may have had a stop.
      if (events.length > 0 || known + 1 < oldest || known > last) return 'no';
      if (next >= last) {
        renewWish(storage, showId, last);
        return 'yes';
      }
      if (next <= after) return 'unknown';
      after = next;
    }
  } catch (error) {
    // The offer gets the same refusal, and its words are the ones to show.
    return error instanceof ApiError && kFinal.includes(error.status) ? 'yes' : 'unknown';
  }
}

/** The number of the newest event; null when nobody answers. */
export async function newestEvent(showId: string, api: Pick<Api, 'get'>): Promise<number | null> {
  try {
    return (await api.get<EventPage>(`/shows/${encodeURIComponent(showId)}/events?limit=0`)).last;
  } catch {
    return null;
  }
}

function wishOf(storage: KeyValue, showId: string): number | null {
  const [id, number] = (storage.getItem(kKey) ?? '').split(' ');
  return id === showId && number ? Number(number) : null;
}

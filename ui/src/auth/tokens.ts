/**
 * Where a page finds its token. Links have it in the URL fragment, which browsers never send to a server; every page
 * also takes one from `?token=` (`linkToken.ts`). What a person was given by
 * `POST /shows/{id}/join` is kept per show, so that a refresh is the same person.
 */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Claims {
  participantId: string | null;
  scope: string | null;
  username: string | null;
  expiresAtMs: number | null;
}

export interface Seat {
  participantId: string;
  token: string;
  username: string;
  /** The person pressed Leave: the page doesn't bring them back by itself. */
  left?: boolean;
}

/** Reads a token's claims without verifying them: only the server decides what a token may do. */
export function claimsOf(token: string | null): Claims {
  const none: Claims = { participantId: null, scope: null, username: null, expiresAtMs: null };
  const part = token?.split('.')[1];
  if (!part) return none;
  try {
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const text = (...names: string[]): string | null => {
      for (const name of names) if (typeof claims[name] === 'string' && claims[name]) return claims[name];
      return null;
    };
    return {
      participantId: text('participantId', 'participant_id', 'sub'),
      scope: text('scope', 'role'),
      username: text('username', 'name'),
      expiresAtMs: typeof claims.exp === 'number' ? claims.exp * 1000 : null,
    };
  } catch {
    return none;
  }
}

/** A link for any number of people, who get a seat each; not the seat of one of them. */
export const isInvitation = (token: string | null): boolean => claimsOf(token).scope === 'invitation';

export function isExpired(token: string, nowMs: number): boolean {
  const { expiresAtMs } = claimsOf(token);
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

const kLinkToken = /^[\w-]+\.[\w-]+\.[\w-]+$/;
// What may stand in the subprotocol by which a page shows its token to the event stream (RFC 9110, 5.6.2).
const kShowable = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * A token as mail and chat programs hand it on, with a bracket, a comma or a line break too many, mended. One that a
 * person made up (an admin's) is only freed of spaces. Null when nothing is left that could be shown to a server.
 */
export function mended(given: string | null): string | null {
  const link = (given ?? '').replace(/[^\w.-]/g, '').replace(/^\.+|\.+$/g, '');
  if (kLinkToken.test(link)) return link;
  const plain = (given ?? '').replace(/\s/g, '');
  return !plain.includes('.') && kShowable.test(plain) ? plain : null;
}

export function tokenFromHash(hash: string): string | null {
  return mended(new URLSearchParams(hash.replace(/^#/, '')).get('token'));
}

const kAdminKey = 'shelcaster.admin';
const studioKey = (showId: string) => `shelcaster.studio.${showId}`;
const seatKey = (showId: string) => `shelcaster.seat.${showId}`;

export const loadAdminToken = (storage: KeyValue) => storage.getItem(kAdminKey);
export const saveAdminToken = (storage: KeyValue, token: string) => storage.setItem(kAdminKey, token);
export const forgetAdminToken = (storage: KeyValue) => storage.removeItem(kAdminKey);

/** The token that opened this studio before. */
export function knownStudioToken(storage: KeyValue, showId: string): string | null {
  return storage.getItem(studioKey(showId)) ?? loadAdminToken(storage);
}

/** Once a server has taken it: a link that was cut off must not take the place of one that works. */
export function rememberStudioToken(storage: KeyValue, showId: string, token: string): void {
  if (token.includes('.')) storage.setItem(studioKey(showId), token);
  else saveAdminToken(storage, token);
}

export function saveSeat(storage: KeyValue, showId: string, seat: Seat): void {
  storage.setItem(seatKey(showId), JSON.stringify(seat));
}

export function forgetSeat(storage: KeyValue, showId: string): void {
  storage.removeItem(seatKey(showId));
}

export function loadSeat(storage: KeyValue, showId: string, nowMs: number): Seat | null {
  try {
    const seat = JSON.parse(storage.getItem(seatKey(showId)) ?? 'null') as Partial<Seat> | null;
    if (!seat?.participantId || !seat.token || isExpired(seat.token, nowMs)) return null;
    const { participantId, token, username = '', left } = seat;
    return { participantId, token, username, ...(left ? { left } : {}) };
  } catch {
    return null;
  }
}

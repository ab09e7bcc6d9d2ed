/**
 * Where a page finds its token. The studio takes it from the URL fragment, which browsers never send to a server;
 * the join page from `?token=`, because that is the link that the seed prescribes. What a person was given by
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

export function isExpired(token: string, nowMs: number): boolean {
  const { expiresAtMs } = claimsOf(token);
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

export function tokenFromHash(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') || null;
}

export function tokenFromQuery(search: string): string | null {
  return new URLSearchParams(search).get('token') || null;
}

const kAdminKey = 'shelcaster.admin';
const studioKey = (showId: string) => `shelcaster.studio.${showId}`;
const seatKey = (showId: string) => `shelcaster.seat.${showId}`;

/** Storage may be full or forbidden (private windows): then a page still works, it only forgets. */
function write(storage: KeyValue, key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch {
    return;
  }
}

export const loadAdminToken = (storage: KeyValue) => storage.getItem(kAdminKey);
export const saveAdminToken = (storage: KeyValue, token: string) => write(storage, kAdminKey, token);
export const forgetAdminToken = (storage: KeyValue) => storage.removeItem(kAdminKey);

/** A token in the link wins over a remembered one and is remembered from then on. */
export function studioToken(storage: KeyValue, showId: string, hash: string): string | null {
  const given = tokenFromHash(hash);
  if (given) write(storage, studioKey(showId), given);
  return given ?? storage.getItem(studioKey(showId)) ?? loadAdminToken(storage);
}

export function saveSeat(storage: KeyValue, showId: string, seat: Seat): void {
  write(storage, seatKey(showId), JSON.stringify(seat));
}

export function forgetSeat(storage: KeyValue, showId: string): void {
  storage.removeItem(seatKey(showId));
}

export function loadSeat(storage: KeyValue, showId: string, nowMs: number): Seat | null {
  try {
    const seat = JSON.parse(storage.getItem(seatKey(showId)) ?? 'null') as Partial<Seat> | null;
    if (!seat?.participantId || !seat.token || isExpired(seat.token, nowMs)) return null;
    return { participantId: seat.participantId, token: seat.token, username: seat.username ?? '' };
  } catch {
    return null;
  }
}

import { makeApi } from '../../api/client';
import type { Seat } from '../../auth/tokens';

/**
 * Tells the server that a person has left by their own wish, which takes a caller off the air. A page that is closed or
 * refreshed doesn't: they may be back in a second. When nobody hears of it, their absence says the same a minute later.
 */
export async function leaveSeat(
  showId: string,
  { participantId, token }: Pick<Seat, 'participantId' | 'token'>,
): Promise<void> {
  const path = `/shows/${encodeURIComponent(showId)}/participants/${encodeURIComponent(participantId)}/leave`;
  await makeApi(token)
    .send('POST', path)
    .catch(() => undefined);
}

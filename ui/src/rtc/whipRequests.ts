import { problemText } from '../api/client';
import { abortAfter } from '../api/deadline';

/**
 * Why the call is over. Asking again would get the same answer, so none is retried; and who asks again after
 * `elsewhere`, where the same person has taken the seat over from another page, starts a fight of two pages. `over` is
 * the page's own: the show that the call was for was stopped meanwhile.
 */
export type Refusal = 'kicked' | 'expired' | 'no-show' | 'rejected' | 'elsewhere' | 'over';

/** Nobody answered, or somebody who can't say: a server that is away, a proxy before it. Ask again. */
interface Away {
  kind: 'away';
  /** Not earlier than this. */
  afterMs: number;
}

export type OfferOutcome =
  | { kind: 'created'; url: string; answer: string }
  /** The show isn't live. */
  | { kind: 'waiting'; afterMs: number }
  | { kind: 'refused'; reason: Refusal; detail: string }
  | Away;

/** `replaced`: the seat's person takes part by another session by now. */
export type RestartOutcome =
  { kind: 'restarted'; fragment: string } | { kind: 'gone' } | { kind: 'replaced' } | Away;

// A network that swallows packets lets a request wait for minutes.
const kAnswerMsMax = 4000;
const kRetryAfterMsMax = 30_000;

/** The requests of a WHIP session (RFC 9725), each with what its answer means for the caller. */
export class WhipRequests {
  private readonly authorization: Record<string, string>;

  constructor(
    /** `/whip/{showId}` */
    private readonly endpoint: string,
    token: string,
    private readonly fetch: typeof globalThis.fetch,
  ) {
    this.authorization = { Authorization: `Bearer ${token}` };
  }

  /**
   * `replaces` is the session's URL that we come back from, if any: should another page have taken the seat over since,
   * the server refuses instead of letting us take it again.
   */
  async offer(sdp: string, replaces: string | null = null): Promise<OfferOutcome> {
    const session = replaces?.split('/').pop();
    const to = session ? `${this.endpoint}?replaces=${encodeURIComponent(session)}` : this.endpoint;
    const response = await this.ask(to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...this.authorization },
      body: sdp,
    });
    if (!response) return { kind: 'away', afterMs: 0 };
    const afterMs = retryAfterMs(response);
    if (response.status !== 201) {
      const body: unknown = await response.json().catch(() => null);
      if (isNotLive(response.status, body)) return { kind: 'waiting', afterMs };
      const reason = isReplaced(response.status, body) ? 'elsewhere' : refusalOf(response.status);
      if (!reason) return { kind: 'away', afterMs };
      return { kind: 'refused', reason, detail: problemText(response.status, body) };
    }
    const base = new URL(this.endpoint, globalThis.location?.href ?? 'http://localhost');
    const url = new URL(response.headers.get('Location') ?? '', base).href;
    const answer = await response.text().catch(() => null);
    return answer === null ? { kind: 'away', afterMs } : { kind: 'created', url, answer };
  }

  /** `If-Match: *`, as §4.3.3 has it for restarts: whatever generation of ICE the server is at, replace it. */
  async restart(url: string, fragment: string): Promise<RestartOutcome> {
    const response = await this.ask(url, {
      method: 'PATCH',
      headers: {
        'Content-Type': 'application/trickle-ice-sdpfrag',
        'If-Match': '*',
        ...this.authorization,
      },
      body: fragment,
    });
    if (!response) return { kind: 'away', afterMs: 0 };
    if (response.status === 200) {
      const answer = await response.text().catch(() => null);
      return answer === null ? { kind: 'away', afterMs: 0 } : { kind: 'restarted', fragment: answer };
    }
    if (isPassing(response.status)) return { kind: 'away', afterMs: retryAfterMs(response) };
    const body: unknown = await response.json().catch(() => null);
    return { kind: isReplaced(response.status, body) ? 'replaced' : 'gone' };
  }

  async end(url: string): Promise<void> {
    // The server ends a session that has gone silent by itself: no answer is no harm.
    await this.ask(url, { method: 'DELETE', headers: this.authorization, keepalive: true });
  }

  private async ask(url: string, init: RequestInit): Promise<Response | null> {
    try {
      return await this.fetch(url, { ...init, signal: abortAfter(kAnswerMsMax) });
    } catch {
      return null;
    }
  }
}

const kPassing = [408, 425, 429, 500, 502, 503, 504];
const isPassing = (status: number) => kPassing.includes(status);

const isReplaced = (status: number, body: unknown) =>
  status === 410 && (body as { reason?: unknown } | null)?.reason === 'replaced';

/** Of the conflicts only this one passes by itself: a show that is full, or can't be read, is one as well. */
function isNotLive(status: number, body: unknown): boolean {
  const allowed = (body as { allowed?: unknown } | null)?.allowed;
  return status === 409 && Array.isArray(allowed) && allowed.includes('LIVE');
}

export function refusalOf(status: number): Refusal | null {
  if (status === 401) return 'expired';
  if (status === 403 || status === 410) return 'kicked';
  if (status === 404) return 'no-show';
  // 400, 406, 409, 415, 422: asking the same thing again would get the same answer.
  return isPassing(status) ? null : 'rejected';
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('Retry-After') ?? 0);
  return Number.isFinite(seconds) ? Math.min(kRetryAfterMsMax, Math.max(0, seconds * 1000)) : 0;
}

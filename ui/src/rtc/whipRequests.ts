import { problemText } from '../api/client';

/**
 * Why the server won't have us. Asking again would get the same answer, so none is retried; and who asks again after
 * `elsewhere`, where the same person has taken the seat over from another page, starts a fight of two pages.
 */
export type Refusal = 'kicked' | 'expired' | 'no-show' | 'rejected' | 'elsewhere';

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

export type RestartOutcome = { kind: 'restarted'; fragment: string } | { kind: 'gone' } | Away;

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

  async offer(sdp: string): Promise<OfferOutcome> {
    const response = await this.ask(this.endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...this.authorization },
      body: sdp,
    });
    if (!response) return { kind: 'away', afterMs: 0 };
    const afterMs = retryAfterMs(response);
    if (response.status === 409) return { kind: 'waiting', afterMs };
    if (response.status !== 201) {
      const reason = refusalOf(response.status);
      if (!reason) return { kind: 'away', afterMs };
      const body: unknown = await response.json().catch(() => null);
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
    return isPassing(response.status) ? { kind: 'away', afterMs: retryAfterMs(response) } : { kind: 'gone' };
  }

  async end(url: string): Promise<void> {
    // The server ends a session that has gone silent by itself: no answer is no harm.
    await this.ask(url, { method: 'DELETE', headers: this.authorization, keepalive: true });
  }

  private async ask(url: string, init: RequestInit): Promise<Response | null> {
    try {
      return await this.fetch(url, { ...init, signal: AbortSignal.timeout(kAnswerMsMax) });
    } catch {
      return null;
    }
  }
}

const kPassing = [408, 425, 429, 500, 502, 503, 504];
const isPassing = (status: number) => kPassing.includes(status);

export function refusalOf(status: number): Refusal | null {
  if (status === 401) return 'expired';
  if (status === 403 || status === 410) return 'kicked';
  if (status === 404) return 'no-show';
  // 400, 406, 415, 422: asking the same thing again would get the same answer.
  return isPassing(status) ? null : 'rejected';
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get('Retry-After') ?? 0);
  return Number.isFinite(seconds) ? Math.min(kRetryAfterMsMax, Math.max(0, seconds * 1000)) : 0;
}

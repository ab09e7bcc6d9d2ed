interface BackoffOptions {
  random?: () => number;
  isHidden?: () => boolean;
}

const kFirstMs = 250;
// Somebody who looks at a page is back within 3 s of the server being back. A hidden page may take its time.
const kVisibleMsMax = 2000;
const kHiddenMsMax = 8000;

/** Waits 0.25, 0.5, 1, 2, 2, … s, each shortened by up to a quarter so that many clients don't return at once. */
export class Backoff {
  private attempt = 0;
  private readonly random: () => number;
  private readonly isHidden: () => boolean;

  constructor(options: BackoffOptions = {}) {
    this.random = options.random ?? Math.random;
    this.isHidden = options.isHidden ?? (() => globalThis.document?.visibilityState === 'hidden');
  }

  nextMs(): number {
    const limitMs = this.isHidden() ? kHiddenMsMax : kVisibleMsMax;
    const full = Math.min(limitMs, kFirstMs * 2 ** Math.min(this.attempt, 20));
    this.attempt += 1;
    return Math.round(full * (1 - 0.25 * this.random()));
  }

  reset(): void {
    this.attempt = 0;
  }
}

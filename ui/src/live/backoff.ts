/** Waits 0.5, 1, 2, 4, 8, 8, … s, each shortened by up to a quarter so that many clients don't return at once. */
export class Backoff {
  private attempt = 0;
  constructor(
    private readonly random: () => number = Math.random,
    private readonly firstMs = 500,
    private readonly lastMs = 8000,
  ) {}

  nextMs(): number {
    const full = Math.min(this.lastMs, this.firstMs * 2 ** Math.min(this.attempt, 20));
    this.attempt += 1;
    return Math.round(full * (1 - 0.25 * this.random()));
  }

  reset(): void {
    this.attempt = 0;
  }
}

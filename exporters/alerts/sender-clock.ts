/** Points may be this old when they come before a clock is thought to be wrong: batches and retries take their time. */
const TOLERATED_DELAY_MS = 1000;
/** What was learnt is forgotten after one to two of these, so that a clock that was set is noticed. */
const PERIOD_MS = 60_000;

/**
 * Puts one sender's points on our clock. The least delay seen between a point's time and its arrival is the difference of the clocks (or
 * the age of a recording that is replayed): it is taken out where it is more than a second, or where points come from the future.
 */
export class SenderClock {
  #leastMs = Infinity;
  #leastBeforeMs = Infinity;
  #periodEndMs = Number.NEGATIVE_INFINITY;

  observe(pointMs: number, nowMs: number): void {
    if (nowMs >= this.#periodEndMs) {
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = Infinity;
      this.#periodEndMs = nowMs + PERIOD_MS;
    }
    this.#leastMs = Math.min(this.#leastMs, nowMs - pointMs);
  }

  /** The point's time by our clock, ms. */
  toOurs(pointMs: number): number {
    const leastMs = Math.min(this.#leastMs, this.#leastBeforeMs);
    return Number.isFinite(leastMs) && (leastMs > TOLERATED_DELAY_MS || leastMs < 0) ? pointMs + leastMs : pointMs;
  }
}

/** Longer gaps than this much of what the rules expect are too long. */
const TOLERANCE = 1.5;
/** One long gap is a pause; so many in a row are the sender's export interval. */
const GAPS_IN_A_ROW = 2;
/** A hundred instances of one service need not be told of one by one. */
const MAX_TOLD = 10;

/**
 * Notices senders whose export interval is longer than the windows of the rules are made for: their gauges would fall out of the window
 * between two exports, and alerts come and go (an SDK's default is 60 s).
 */
export class SlowSenders<Sender extends object> {
  readonly #expectedMs: number;
  readonly #onSlow: (sender: Sender, intervalMs: number) => void;
  readonly #seen = new WeakMap<Sender, { lastMs: number; longGaps: number }>();
  #told = 0;

  constructor(expectedMs: number, onSlow: (sender: Sender, intervalMs: number) => void) {
    this.#expectedMs = expectedMs;
    this.#onSlow = onSlow;
  }

  /** A point of this sender has come; those of one request have one time. */
  saw(sender: Sender, nowMs: number): void {
    const seen = this.#seen.get(sender);
    if (seen === undefined) {
      this.#seen.set(sender, { lastMs: nowMs, longGaps: 0 });
      return;
    }
    const gapMs = nowMs - seen.lastMs;
    if (gapMs <= 0) return;
    seen.lastMs = nowMs;
    if (gapMs <= this.#expectedMs * TOLERANCE) {
      seen.longGaps = 0;
      return;
    }
    seen.longGaps++;
    if (seen.longGaps !== GAPS_IN_A_ROW || this.#told >= MAX_TOLD) return;
    this.#told++;
    this.#onSlow(sender, gapMs);
  }
}

import { LONGEST_TIMER_MS } from "./settings.ts";

/** Waiting times between attempts: each `multiplier` times the one before, up to `maxMs`, spread by ± `randomization` (cenkalti/backoff, as configretry). */
export interface BackoffSettings {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly multiplier: number;
  /** 0..1 */
  readonly randomization: number;
}

export class Backoff {
  readonly #settings: BackoffSettings;
  readonly #random: () => number;
  #intervalMs: number;

  constructor(settings: BackoffSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
    this.#intervalMs = settings.initialMs;
  }

  nextMs(): number {
    const { maxMs, multiplier, randomization } = this.#settings;
    const interval = Math.min(this.#intervalMs, maxMs);
    this.#intervalMs = Math.min(interval * multiplier, maxMs);
    return interval * (1 + randomization * (2 * this.#random() - 1));
  }

  reset(): void {
    this.#intervalMs = this.#settings.initialMs;
  }
}

/** Time as retries need it; tests give their own. */
export interface Pace {
  /** Monotonic ms. */
  nowMs(): number;
  /** Resolves after `ms` (a target may ask for years), or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const REAL_PACE: Pace = {
  nowMs: () => performance.now(),
  sleep(ms, signal) {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS));
      signal.addEventListener("abort", done);
    });
  },
};

import type { Batch } from "../model/batch.ts";
import { Backoff, type Pace, REAL_PACE } from "./backoff.ts";
import type { RetryOnFailure } from "./settings.ts";
import type { Shutdown } from "./shutdown.ts";
import { ACCEPTED, isRefused, Refused, type Sink } from "./sink.ts";
import { startPush } from "./watch.ts";

/** Least wait of the last attempts, ms: "at once" from a target that keeps refusing must not become a busy loop. */
const LAST_WAIT_LEAST_MS = 100;
/** How long at shutdown one batch is tried on a target that does not say when to come back, ms: a flaky one takes it, a dead one does not hold up the end. */
const LAST_ATTEMPTS_MS = 2000;

/** The retries are over and nothing was delivered. Whoever owns the batch counts it under `reason`; without an owner the sender still has it. */
export class GaveUp extends Refused {
  readonly reason: "retry_exhausted" | "shutdown";
  constructor(reason: "retry_exhausted" | "shutdown", last: Refused) {
    super(last.message, { retryAfterMs: last.retryAfterMs, overload: last.overload, cause: last });
    this.reason = reason;
  }
}

export interface RetryParts {
  readonly settings: RetryOnFailure;
  readonly shutdown: Shutdown;
  readonly pace?: Pace;
  readonly random?: () => number;
  /** Told before each wait. */
  readonly refused?: (error: Refused, waitMs: number) => void;
}

/**
 * Tries again what the target refused, with exponential back-off; a waiting time that the target gave (Retry-After, RetryInfo) is the least.
 * At shutdown what waits is tried at once and then every 100 ms for two seconds; a target that says when to come back is waited for, while there is time.
 * Throws: GaveUp after `max_elapsed_time` (L-02) or at shutdown (L-03); Rejected as the target answered.
 */
export function retry(next: Sink, { settings, shutdown, pace = REAL_PACE, random = Math.random, refused }: RetryParts): Sink {
  if (!settings.enabled) return next;
  const backoffSettings = {
    initialMs: settings.initial_interval,
    maxMs: settings.max_interval,
    multiplier: settings.multiplier,
    randomization: settings.randomization_factor,
  };

  async function again(batch: Batch, first: Promise<void>, wasLast: boolean): Promise<void> {
    const startMs = pace.nowMs();
    const backoff = new Backoff(backoffSettings, random);
    let attempt = first;
    let isLast = wasLast;
    let lastFromMs: number | undefined;
    for (;;) {
      try {
        return await attempt;
      } catch (error) {
        if (!isRefused(error)) throw error;
        if (isLast) {
          lastFromMs ??= pace.nowMs();
          if (error.retryAfterMs <= 0 && pace.nowMs() - lastFromMs >= LAST_ATTEMPTS_MS) throw new GaveUp("shutdown", error);
          await pace.sleep(Math.max(error.retryAfterMs, LAST_WAIT_LEAST_MS), shutdown.outOfTime);
          if (shutdown.outOfTime.aborted) throw new GaveUp("shutdown", error);
        } else {
          const waitMs = Math.max(backoff.nextMs(), error.retryAfterMs);
          const elapsedMs = pace.nowMs() - startMs;
          if (settings.max_elapsed_time > 0 && elapsedMs + waitMs > settings.max_elapsed_time) throw new GaveUp("retry_exhausted", error);
          refused?.(error, waitMs);
          await pace.sleep(waitMs, shutdown.closing);
        }
      }
      isLast = shutdown.closing.aborted;
      attempt = startPush(next, batch);
    }
  }

  return {
    push(batch) {
      const isLast = shutdown.closing.aborted;
      const first = startPush(next, batch);
      return first === ACCEPTED ? first : again(batch, first, isLast);
    },
  };
}

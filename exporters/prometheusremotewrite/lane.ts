import { Backoff, type BackoffSettings, type Pace } from "../../collector/pipeline/backoff.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import { isPoisonProven, poisonStep, type Suspicion } from "./poison.ts";
import type { RequestQueue } from "./request-queue.ts";
import type { Settling } from "./settling.ts";
import type { WriteRequest } from "./write-request.ts";

export interface LaneParts {
  readonly queue: RequestQueue;
  readonly settling: Settling;
  readonly pace: Pace;
  readonly random: () => number;
  readonly log: Log;
  readonly backoff: BackoffSettings;
  /** 0 = for ever. */
  readonly maxAgeMs: number;
  readonly isRetrying: boolean;
  /** Closing has begun: what waits is tried at once. */
  readonly closing: AbortSignal;
  readonly outOfTime: AbortSignal;
  /** Asked after each failure with how long the receiver has been away; true = the queue has been emptied elsewhere. */
  readonly away: (awayMs: number) => boolean;
  /** Told whenever the queue has become empty. */
  readonly emptied: () => void;
  /** True: what the queue holds has to wait for something older elsewhere. `wake` when that is over. */
  readonly isHeld?: () => boolean;
}

/** At closing: how often a receiver that is away is tried, and how long in all. */
const LAST_WAIT_MS = 100;
const LAST_ATTEMPTS_MS = 2000;

/**
 * Sends the requests of a queue one after the other, the next one only when the one before is settled: per series, time only rises.
 * A request that fails is sent again, the same bytes, until it is taken, turned down, or too old.
 */
export class Lane {
  readonly #parts: LaneParts;
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  #awaySinceMs: number | undefined;
  #lastFromMs: number | undefined;
  /** The second was tried in the place of a suspect that stands alone. */
  #hasGivenUp = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.backoff, parts.random);
  }

  /** Sends what the queue holds, unless that is being done already. */
  wake(): void {
    if (this.#running !== undefined || this.#hasGivenUp || this.#isHeld || this.#parts.queue.first() === undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#parts.queue.first() === undefined) this.#parts.emptied();
      else this.wake();
    });
  }

  get #isHeld(): boolean {
    return this.#parts.isHeld?.() === true;
  }

  /** A request is being sent or waits to be sent again. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when the queue is empty, or when the lane has given up at the end. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    const { queue, outOfTime } = this.#parts;
    for (let request = queue.first(); request !== undefined; request = queue.first()) {
      if (outOfTime.aborted) {
        this.#hasGivenUp = true;
        return;
      }
      await this.#step(request);
      if (this.#hasGivenUp || this.#isHeld) return;
    }
  }

  async #step(request: WriteRequest): Promise<void> {
    const { queue, settling, pace, maxAgeMs, isRetrying, log } = this.#parts;
    if (maxAgeMs > 0 && pace.nowMs() - request.bornMs > maxAgeMs) {
      settling.dropped(request, "expired", `older than ${maxAgeMs} ms`);
      queue.shift();
      return;
    }
    const verdict = await settling.attempt(request, this.#parts.outOfTime);
    if (verdict === undefined) {
      this.#hasGivenUp = true;
      return;
    }
    if (verdict.kind !== "again") {
      this.#taken();
      const halves = verdict.kind === "lost" && settling.salvages(request, verdict) ? request.halves() : undefined;
      if (halves === undefined) queue.shift();
      else queue.replaceFirst(halves);
      return;
    }
    if (!isRetrying) {
      settling.dropped(request, "send_failed", verdict.words);
      queue.shift();
      return;
    }
    if (verdict.isFault) {
      request.faults++;
      if (await this.#isolate(request, verdict.words)) return;
    } else {
      const nowMs = pace.nowMs();
      this.#awaySinceMs ??= nowMs;
      if (this.#parts.away(nowMs - this.#awaySinceMs)) return;
    }
    settling.retried(request, verdict.words, log);
    // A receiver that asks for years must not keep what waits from being given up, nor what is behind it from being tried.
    const ageLeftMs = maxAgeMs > 0 ? Math.max(0, request.bornMs + maxAgeMs + 1 - pace.nowMs()) : Number.POSITIVE_INFINITY;
    await this.#wait(Math.min(verdict.retryAfterMs, ageLeftMs));
  }

  /** True: the queue begins with something else now. */
  async #isolate(request: WriteRequest, words: string): Promise<boolean> {
    const { queue, settling, pace, outOfTime } = this.#parts;
    const suspicion: Suspicion = { request, lastTakenMs: settling.lastTakenMs };
    const step = poisonStep(suspicion);
    if (step === "split") {
      const halves = request.halves(pace.nowMs());
      if (halves !== undefined) {
        queue.replaceFirst(halves);
        this.#backoff.reset();
        await this.#wait(0);
        return true;
      }
    }
    if (step === "none") return false;
    if (isPoisonProven(suspicion)) {
      settling.poisoned(request, words);
      queue.shift();
      this.#backoff.reset();
      return true;
    }
    request.suspectSinceMs ??= pace.nowMs();
    await this.#tryAnother(outOfTime);
    return false;
  }

  /**
   * Whether the receiver takes anything at all: the request behind a suspect goes out in its place. Nothing is overtaken for good: either the
   * receiver has been failing and takes neither, or the suspect fails once more and is given up.
   */
  async #tryAnother(outOfTime: AbortSignal): Promise<void> {
    const { queue, settling } = this.#parts;
    const other = queue.second();
    const verdict = other === undefined ? undefined : await settling.attempt(other, outOfTime);
    if (other === undefined || verdict === undefined || verdict.kind === "again") return;
    if (verdict.kind === "taken" || !settling.salvages(other, verdict)) queue.dropSecond();
  }

  #taken(): void {
    this.#backoff.reset();
    this.#awaySinceMs = undefined;
    this.#lastFromMs = undefined;
  }

  async #wait(retryAfterMs: number): Promise<void> {
    const { pace, closing, outOfTime } = this.#parts;
    if (!closing.aborted) {
      await pace.sleep(Math.max(this.#backoff.nextMs(), retryAfterMs), closing);
      return;
    }
    this.#lastFromMs ??= pace.nowMs();
    if (retryAfterMs <= 0 && pace.nowMs() - this.#lastFromMs >= LAST_ATTEMPTS_MS) {
      this.#hasGivenUp = true;
      return;
    }
    await pace.sleep(Math.max(retryAfterMs, LAST_WAIT_MS), outOfTime);
    if (outOfTime.aborted) this.#hasGivenUp = true;
  }
}

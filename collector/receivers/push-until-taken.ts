import { type Batch, ITEM_WORDS, SIGNALS, type Signal } from "../model/batch.ts";
import { REAL_PACE } from "../pipeline/backoff.ts";
import type { ComponentContext, Outlet } from "../pipeline/define.ts";
import type { Counter } from "../pipeline/meter.ts";
import { isRefused, isRejected } from "../pipeline/sink.ts";

/** Wait where whoever refused does not say, ms. */
const DEFAULT_RETRY_AFTER_MS = 1000;
/** Longest wait between two attempts when the end has been ordered, ms. */
const LAST_WAIT_MS = 100;

/** The two moments of a receiver's own end. */
export class EndClock implements Moments {
  readonly #closing = new AbortController();
  readonly #outOfTime = new AbortController();
  readonly #endMs: number;

  /** `endMs`: as long as the end may take at most. */
  constructor(endMs: number) {
    this.#endMs = endMs;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }
  get outOfTime(): AbortSignal {
    return this.#outOfTime.signal;
  }

  /** Orders the end and waits for it; `outer` may cut it short. */
  async end(finished: Promise<void>, outer: AbortSignal | undefined): Promise<void> {
    const stop = (): void => this.#outOfTime.abort();
    const timer = setTimeout(stop, this.#endMs);
    outer?.addEventListener("abort", stop);
    if (outer?.aborted === true) stop();
    this.#closing.abort();
    await finished;
    clearTimeout(timer);
    outer?.removeEventListener("abort", stop);
  }
}

export interface Moments {
  /** The end has been ordered: wait no longer than need be. */
  readonly closing: AbortSignal;
  /** Give up what is still refused. */
  readonly outOfTime: AbortSignal;
}

/** Pushes for a receiver that reads by itself: nobody else keeps its data, so it waits while the pipeline refuses. Counts what became of them. */
export class Pusher {
  readonly #out: Outlet;
  readonly #context: ComponentContext;
  readonly #moments: Moments;
  readonly #accepted: Readonly<Record<Signal, Counter>>;
  readonly #refused: Readonly<Record<Signal, Counter>>;

  constructor(out: Outlet, context: ComponentContext, transport: string, moments: Moments) {
    this.#out = out;
    this.#context = context;
    this.#moments = moments;
    const labels = { receiver: context.id, transport };
    const perSignal = (outcome: string, help: string) =>
      Object.fromEntries(
        SIGNALS.map((signal) => [signal, context.meter.counter(`otelcol_receiver_${outcome}_${ITEM_WORDS[signal]}`, help, labels)]),
      ) as Record<Signal, Counter>;
    this.#accepted = perSignal("accepted", "Items that the pipeline took.");
    this.#refused = perSignal("refused", "Items that the pipeline, or the receiver for the pipeline, did not take.");
  }

  /** Resolves when all of it was taken or is lost for good, which has been counted then. A signal without a pipeline is passed over. */
  async push(batch: Batch): Promise<void> {
    if (!this.#out.signals.has(batch.signal)) return;
    for (;;) {
      try {
        await this.#out.push(batch);
        this.#accepted[batch.signal].add(batch.count);
        return;
      } catch (error) {
        if (!isRefused(error)) return this.#lost(batch, error);
        if (this.#moments.outOfTime.aborted) return this.drop(batch, "shutdown");
        const waitMs = error.retryAfterMs || DEFAULT_RETRY_AFTER_MS;
        if (this.#moments.closing.aborted) await REAL_PACE.sleep(Math.min(waitMs, LAST_WAIT_MS), this.#moments.outOfTime);
        else await REAL_PACE.sleep(waitMs, this.#moments.closing);
      }
    }
  }

  /** Counts a batch that will not be pushed any more. */
  drop(batch: Batch, reason: string): void {
    if (!this.#out.signals.has(batch.signal)) return;
    this.#context.ledger.received(this.#context.id, batch.signal, batch.count);
    this.#context.ledger.dropped(this.#context.id, reason, batch.signal, batch.count);
    this.#refused[batch.signal].add(batch.count);
    this.#context.log.error({ signal: batch.signal, items: batch.count, reason }, "the pipeline did not take this batch, and it is lost");
  }

  /** The pipeline has counted the loss where it happened. */
  #lost(batch: Batch, error: unknown): void {
    const lost = isRejected(error) ? Math.min(error.items, batch.count) : batch.count;
    this.#refused[batch.signal].add(lost);
    this.#accepted[batch.signal].add(batch.count - lost);
    if (!isRejected(error))
      this.#context.log.error({ err: error, signal: batch.signal, items: batch.count }, "the pipeline failed while it took a batch");
  }
}

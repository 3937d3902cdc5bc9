import type { Batch } from "../model/batch.ts";
import { merge, type Sizer, sizeOf } from "./batcher.ts";
import type { SendingQueue } from "./settings.ts";
import { ACCEPTED, isRefused, isRejected, Refused, Rejected, type Running, type Sink } from "./sink.ts";
import { startPush } from "./watch.ts";

/** What a sender is told to wait when nothing is known yet about how fast the target takes things. */
const RETRY_AFTER_MS = 1000;
const RETRY_AFTER_LEAST_MS = 100;
const RETRY_AFTER_MOST_MS = 30_000;

export interface QueueParts {
  /** For messages: the exporter's id. */
  readonly id: string;
  readonly settings: SendingQueue;
  /** Where consumers push. Counts its own losses; refuses only when `wait_for_result` leaves the batch with the sender. */
  readonly delivery: Sink;
  /** Told of every push that found no room. */
  readonly overflowed?: (batch: Batch) => void;
}

interface Entry {
  readonly batch: Batch;
  readonly size: number;
  readonly atMs: number;
  readonly result: PromiseWithResolvers<void> | undefined;
}

/**
 * `sending_queue` of one exporter and signal. What `push` accepted belongs to the queue: it is delivered, or counted by `delivery`.
 * A full queue refuses, so that the sender keeps its data (L-01), or waits with `block_on_overflow`.
 * Disposing refuses what comes, delivers what waits (without waiting for a batch to fill) and resolves when all of it is settled.
 */
export class Queue implements Sink, Running {
  readonly #id: string;
  readonly #settings: SendingQueue;
  readonly #delivery: Sink;
  readonly #overflowed: (batch: Batch) => void;
  readonly #sizer: Sizer;
  #entries: Entry[] = [];
  /** In `sizer` units. */
  #size = 0;
  /** In the batch sizer's units. */
  #fill = 0;
  #running = 0;
  #blocked: (() => void)[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #idle: PromiseWithResolvers<void> | undefined;
  /** Smoothed time of a delivery with its retries, ms. */
  #deliveryMs: number | undefined;

  constructor({ id, settings, delivery, overflowed }: QueueParts) {
    this.#id = id;
    this.#settings = settings;
    this.#delivery = delivery;
    this.#overflowed = overflowed ?? (() => {});
    this.#sizer = settings.sizer;
  }

  /** Waiting, in the sizer's units; what consumers have taken is in flight, not in the queue. */
  get size(): number {
    return this.#size;
  }
  get capacity(): number {
    return this.#settings.queue_size;
  }
  /** Deliveries under way. */
  get inFlight(): number {
    return this.#running;
  }

  push(batch: Batch): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#closing());
    if (this.#hasRoomFor(batch)) return this.#enqueue(batch);
    if (this.#settings.block_on_overflow) return this.#enqueueWhenRoom(batch);
    this.#overflowed(batch);
    return Promise.reject(this.#full());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#blocked.splice(0)) wake();
    this.#pump();
    if (this.#running === 0 && this.#entries.length === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** A batch larger than the whole queue goes alone rather than never. */
  #hasRoomFor(batch: Batch): boolean {
    return this.#entries.length === 0 || this.#size + sizeOf(batch, this.#sizer) <= this.capacity;
  }

  async #enqueueWhenRoom(batch: Batch): Promise<void> {
    while (!this.#isClosed && !this.#hasRoomFor(batch)) await new Promise<void>((wake) => this.#blocked.push(wake));
    if (this.#isClosed) throw this.#closing();
    return this.#enqueue(batch);
  }

  #enqueue(batch: Batch): Promise<void> {
    const { wait_for_result, batch: batching } = this.#settings;
    const result = wait_for_result ? Promise.withResolvers<void>() : undefined;
    const size = sizeOf(batch, this.#sizer);
    this.#entries.push({ batch: batch.retain(), size, atMs: performance.now(), result });
    this.#size += size;
    if (batching !== undefined) this.#fill += sizeOf(batch, batching.sizer);
    this.#pump();
    return result?.promise ?? ACCEPTED;
  }

  #pump(): void {
    while (this.#running < this.#settings.num_consumers) {
      const entries = this.#take();
      if (entries.length === 0) break;
      this.#running++;
      void this.#consume(entries);
    }
  }

  /** The next request's entries; none when there are none, or when batching waits for more. */
  #take(): readonly Entry[] {
    const { batch: batching } = this.#settings;
    const oldest = this.#entries[0];
    if (oldest === undefined) return [];
    if (batching === undefined) return this.#remove(1);
    const waitMs = oldest.atMs + batching.flush_timeout - performance.now();
    if (this.#fill < batching.min_size && waitMs > 0 && !this.#isClosed) {
      this.#flushTimer ??= setTimeout(() => {
        this.#flushTimer = undefined;
        this.#pump();
      }, Math.ceil(waitMs));
      return [];
    }
    let count = 0;
    let fill = 0;
    for (const { batch } of this.#entries) {
      const more = fill + sizeOf(batch, batching.sizer);
      if (count > 0 && ((batching.max_size > 0 && more > batching.max_size) || fill >= batching.min_size)) break;
      fill = more;
      count++;
    }
    this.#fill -= fill;
    return this.#remove(count);
  }

  #remove(count: number): readonly Entry[] {
    const taken = this.#entries.splice(0, count);
    for (const entry of taken) this.#size -= entry.size;
    if (this.#entries.length === 0) {
      clearTimeout(this.#flushTimer);
      this.#flushTimer = undefined;
    }
    for (const wake of this.#blocked.splice(0)) wake();
    return taken;
  }

  async #consume(entries: readonly Entry[]): Promise<void> {
    const startMs = performance.now();
    try {
      await startPush(this.#delivery, merge(entries.map((entry) => entry.batch)));
      for (const entry of entries) entry.result?.resolve();
    } catch (error) {
      for (const entry of entries) entry.result?.reject(share(error, entry.batch));
    }
    const tookMs = performance.now() - startMs;
    this.#deliveryMs = this.#deliveryMs === undefined ? tookMs : this.#deliveryMs * 0.8 + tookMs * 0.2;
    this.#running--;
    this.#pump();
    if (this.#isClosed && this.#running === 0 && this.#entries.length === 0) this.#idle?.resolve();
  }

  #full(): Refused {
    const { num_consumers, queue_size, sizer } = this.#settings;
    const slotMs = this.#deliveryMs === undefined ? RETRY_AFTER_MS : this.#deliveryMs / num_consumers;
    const retryAfterMs = Math.round(Math.min(Math.max(slotMs, RETRY_AFTER_LEAST_MS), RETRY_AFTER_MOST_MS));
    return new Refused(`the sending queue of ${this.#id} is full (${queue_size} ${sizer})`, { retryAfterMs, overload: true });
  }

  #closing(): Refused {
    return new Refused(`${this.#id} is shutting down`, { retryAfterMs: RETRY_AFTER_MS, overload: false });
  }
}

/** Of a rejection that concerned several merged requests, what one of them hears: which items were hit is not known, so at most all of its own. */
function share(error: unknown, batch: Batch): unknown {
  if (isRefused(error) || (isRejected(error) && error.items <= batch.count)) return error;
  return isRejected(error) ? new Rejected(error.message, { items: batch.count, reason: error.reason, cause: error }) : error;
}

import { Backoff, REAL_PACE } from "../../pipeline/backoff.ts";
import { cut, merge } from "../../pipeline/batcher.ts";
import { ACCEPTED, type Batch, type ComponentContext, type Outlet, Refused, type Running, type Sink } from "../../pipeline/define.ts";
import { isRefused } from "../../pipeline/sink.ts";
import { startPush } from "../../pipeline/watch.ts";
import { BatchMeters, type Trigger } from "./batch-meters.ts";

export interface BatchSettings {
  /** ms; 0 = nothing waits. */
  readonly timeout: number;
  /** Items that make a batch go; 0 = only the timeout does. */
  readonly send_batch_size: number;
  /** 0 = no limit. */
  readonly send_batch_max_size: number;
}

/** Between offers to a next component that refuses. */
const BACKOFF = { initialMs: 100, maxMs: 5000, multiplier: 2, randomization: 0.2 };
/** How many full batches are held at most before senders have to wait. */
const HELD_BATCHES = 2;
/** otelcol's default `send_batch_size`, as the measure where none is set. */
const MEASURE_ITEMS = 8192;

/**
 * Holds what it accepted until there is enough of it or it is old enough, and sends one batch after the other.
 *
 * While the next component is slow, senders wait (their bytes stay borrowed); while it refuses, they are refused, so that at most about two batches are held.
 * What it rejects has been counted there. Disposing sends what is held, and counts as `shutdown` only what is left when the time is up.
 */
export class BatchStage implements Sink, Running {
  readonly #settings: BatchSettings;
  readonly #next: Outlet;
  readonly #context: ComponentContext;
  readonly #mostItems: number;
  readonly #closing = new AbortController();
  #meters: BatchMeters | undefined;
  #pending: Batch[] = [];
  #pendingItems = 0;
  #sendingItems = 0;
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #sending: Promise<void> = ACCEPTED;
  /** Set while the next component refuses. */
  #refusal: Refused | undefined;
  #waiting: (() => void)[] = [];

  constructor(settings: BatchSettings, next: Outlet, context: ComponentContext) {
    this.#settings = settings;
    this.#next = next;
    this.#context = context;
    this.#mostItems = HELD_BATCHES * (Math.max(settings.send_batch_size, settings.send_batch_max_size) || MEASURE_ITEMS);
  }

  push(batch: Batch): Promise<void> {
    return this.#hasRoomFor(batch) && !this.#closing.signal.aborted ? this.#take(batch) : this.#takeWhenRoom(batch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#isDue = true;
    this.#wake();
    this.#send("timeout");
    await this.#sending;
    clearTimeout(this.#timer);
  }

  #hasRoomFor(batch: Batch): boolean {
    const held = this.#pendingItems + this.#sendingItems;
    return held === 0 || held + batch.count <= this.#mostItems;
  }

  async #takeWhenRoom(batch: Batch): Promise<void> {
    while (!this.#hasRoomFor(batch) && this.#refusal === undefined && !this.#closing.signal.aborted) {
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    if (this.#closing.signal.aborted) throw new Refused(`${this.#context.id} is shutting down`, { retryAfterMs: 1000, overload: false });
    if (!this.#hasRoomFor(batch)) throw this.#fullBecauseOf(this.#refusal);
    return this.#take(batch);
  }

  #fullBecauseOf(cause: Refused | undefined): Refused {
    const retryAfterMs = Math.max(cause?.retryAfterMs ?? 0, BACKOFF.initialMs);
    return new Refused(`${this.#context.id} is full while what follows it refuses: ${cause?.message ?? ""}`, { retryAfterMs, overload: true, cause });
  }

  #take(batch: Batch): Promise<void> {
    this.#pending.push(batch.retain());
    this.#pendingItems += batch.count;
    const { timeout, send_batch_size } = this.#settings;
    if (timeout === 0) this.#isDue = true;
    if (timeout === 0 || (send_batch_size > 0 && this.#pendingItems >= send_batch_size)) this.#send("size");
    else this.#startTimer();
    return ACCEPTED;
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#send("timeout");
    }, this.#settings.timeout);
  }

  #send(trigger: Trigger): void {
    if (this.#isSending) return;
    this.#sending = this.#sendAll(trigger);
  }

  /** Runs synchronously as long as the next component accepts at once. */
  async #sendAll(trigger: Trigger): Promise<void> {
    this.#isSending = true;
    for (let piece = this.#nextPiece(); piece !== undefined; piece = this.#nextPiece()) {
      this.#meters ??= new BatchMeters(this.#context, piece.signal);
      this.#meters.sent(piece, trigger);
      this.#sendingItems = piece.count;
      const pushed = startPush(this.#next, piece);
      if (pushed !== ACCEPTED) await this.#settle(piece, pushed);
      this.#sendingItems = 0;
      this.#wake();
    }
    this.#isSending = false;
    if (this.#pending.length > 0) this.#startTimer();
  }

  /** What is to go now: all that is pending, or as much as one batch may hold. Undefined when it is too little and not yet due. */
  #nextPiece(): Batch | undefined {
    const { send_batch_size, send_batch_max_size } = this.#settings;
    const isEnough = send_batch_size > 0 && this.#pendingItems >= send_batch_size;
    if (this.#pending.length === 0 || !(this.#isDue || isEnough)) {
      this.#isDue &&= this.#closing.signal.aborted;
      return undefined;
    }
    const [piece, ...rest] = pieces(merge(this.#pending), send_batch_max_size);
    this.#pending = rest;
    this.#pendingItems = rest.reduce((sum, batch) => sum + batch.count, 0);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return piece;
  }

  /** Ends when the piece is taken, lost further down, or out of time here. */
  async #settle(piece: Batch, first: Promise<void>): Promise<void> {
    const backoff = new Backoff(BACKOFF);
    let pushed = first;
    for (;;) {
      try {
        await pushed;
        break;
      } catch (error) {
        if (!isRefused(error)) break;
        this.#refusal = error;
        this.#wake();
        if (!(await this.#waitToOffer(Math.max(backoff.nextMs(), error.retryAfterMs)))) {
          this.#context.ledger.dropped(this.#context.id, "shutdown", piece.signal, piece.count);
          break;
        }
        pushed = startPush(this.#next, piece);
      }
    }
    this.#refusal = undefined;
  }

  /** False when the time is up. */
  async #waitToOffer(waitMs: number): Promise<boolean> {
    const outOfTime = this.#context.outOfTime ?? new AbortController().signal;
    if (this.#closing.signal.aborted) await REAL_PACE.sleep(waitMs, outOfTime);
    else await REAL_PACE.sleep(waitMs, AbortSignal.any([this.#closing.signal, outOfTime]));
    return !outOfTime.aborted;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Cutting decodes; what cannot be decoded goes on uncut, to whoever can say what is wrong with it. */
function pieces(batch: Batch, maxItems: number): readonly Batch[] {
  try {
    return cut(batch, maxItems, "items");
  } catch {
    return [batch];
  }
}

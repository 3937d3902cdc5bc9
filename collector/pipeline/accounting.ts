import type { Batch } from "../model/batch.ts";
import type { Log } from "./define.ts";
import type { LossLedger } from "./loss-ledger.ts";
import { LossLog } from "./loss-log.ts";
import { isRefused, isRejected, Rejected, rejectedParts, type Sink } from "./sink.ts";
import { watch } from "./watch.ts";

/**
 * The wrappers that keep the loss ledger. Every one of them hears how a push ended and counts what its component is answerable for:
 * a receiver what it took in, an exporter what it delivered or lost, a stage what it lost itself.
 *
 * A `Rejected` on its way upstream passes several wrappers; the first that counts it replaces it by a marked one, and the others see the mark.
 * A `Refused` counts nowhere: the sender still has its data.
 */
export interface Books {
  readonly id: string;
  readonly ledger: LossLedger;
  readonly log: Log;
}

const COUNTED = new WeakSet<Error>();

/** What a receiver (or the far side of a connector) pushes into: counts `received`. */
export function accountIntake(next: Sink, books: Books): Sink {
  const losses = new Losses(books);
  const received = (batch: Batch): void => books.ledger.received(books.id, batch.signal, batch.count);
  return watch(next, received, (batch, error) => {
    if (isRefused(error)) return error;
    received(batch);
    return losses.count(batch, error).error;
  });
}

/** A processor: only what it loses itself is counted under its name; what was lost further down has been counted there. */
export function accountStage(stage: Sink, books: Books, taken: (batch: Batch) => void): Sink {
  const losses = new Losses(books);
  return watch(stage, taken, (batch, error) => {
    if (isRefused(error)) return error;
    taken(batch);
    return losses.count(batch, error).error;
  });
}

/** Where items leave the river (exporter, or the near side of a connector): counts `exported` and the losses. */
export function accountExit(exit: Sink, books: Books, delivered: (items: number, lost: number) => void = () => {}): Sink {
  const losses = new Losses(books);
  const { id, ledger } = books;
  return watch(
    exit,
    (batch) => {
      ledger.exported(id, batch.signal, batch.count);
      delivered(batch.count, 0);
    },
    (batch, error) => {
      if (isRefused(error)) return error;
      const { items, error: counted } = losses.count(batch, error);
      ledger.exported(id, batch.signal, batch.count - items);
      delivered(batch.count - items, items);
      return counted;
    },
  );
}

/** Where an exporter takes over items that it counts itself later (`countsItself`): only what it turns down for good is counted here. */
export function accountOwnExit(exit: Sink, books: Books, lost: (items: number) => void = () => {}): Sink {
  const losses = new Losses(books);
  return watch(
    exit,
    () => {},
    (batch, error) => {
      if (isRefused(error)) return error;
      const { items, error: counted } = losses.count(batch, error);
      lost(items);
      return counted;
    },
  );
}

class Losses {
  readonly #books: Books;
  readonly #log: LossLog;

  constructor(books: Books) {
    this.#books = books;
    this.#log = new LossLog(books.log);
  }

  /** Counts what of this failure nobody has counted yet, and gives the marked error to throw. `items`: how many were counted now. */
  count(batch: Batch, error: unknown): { readonly items: number; readonly error: Rejected } {
    if (!isRejected(error)) return this.#fault(batch, error);
    if (COUNTED.has(error)) return { items: 0, error: error.items <= batch.count ? error : marked(error, batch.count) };
    const below = isRejected(error.cause) && COUNTED.has(error.cause) ? error.cause.items : 0;
    const items = Math.max(0, Math.min(error.items - below, batch.count));
    let left = items;
    for (const part of below === 0 ? rejectedParts(error) : []) {
      const some = Math.max(0, Math.min(part.items, left));
      this.#drop(batch, part.reason, some, error.message);
      left -= some;
    }
    this.#drop(batch, error.reason, left, error.message);
    return { items, error: marked(error, batch.count) };
  }

  #drop(batch: Batch, reason: string, items: number, why: string): void {
    this.#books.ledger.dropped(this.#books.id, reason, batch.signal, items);
    this.#log.lost(reason, batch.signal, items, why);
  }

  #fault(batch: Batch, error: unknown): { readonly items: number; readonly error: Rejected } {
    const { id, ledger, log } = this.#books;
    ledger.dropped(id, "fault", batch.signal, batch.count);
    log.error({ code: "E_INTERNAL", err: error, signal: batch.signal, items: batch.count }, "a fault in this component lost a batch");
    const message = `${id} failed: ${error instanceof Error ? error.message : String(error)}`;
    return { items: batch.count, error: marked(new Rejected(message, { items: batch.count, reason: "fault", cause: error }), batch.count) };
  }
}

/** A new object, so that a component that throws one constant again and again is counted each time. */
function marked(error: Rejected, atMostItems: number): Rejected {
  const { message, reason, parts } = error;
  const copy = new Rejected(message, { items: Math.min(error.items, atMostItems), reason, ...(parts === undefined ? {} : { parts }), cause: error });
  COUNTED.add(copy);
  return copy;
}

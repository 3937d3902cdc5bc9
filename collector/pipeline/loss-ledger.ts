import { SIGNALS, type Signal } from "../model/batch.ts";

export interface LedgerRow {
  readonly signal: Signal;
  readonly component: string;
  readonly items: number;
}
export interface DroppedRow extends LedgerRow {
  readonly reason: string;
}

export interface LedgerBalance {
  readonly signal: Signal;
  /** Accepted from senders (their push resolved) or produced by a connector. */
  readonly received: number;
  /** Extra copies made where a stream fans out to several pipelines or exporters: n ways make n − 1 copies of each item. */
  readonly copied: number;
  readonly exported: number;
  readonly dropped: number;
  /** received + copied − exported − dropped: what queues, batches and retries still hold. 0 after an orderly end. */
  readonly inFlight: number;
}

/**
 * The loss ledger: received (+ copies) = exported + Σ dropped(component, reason, signal) + in flight. Every item that enters leaves by exactly one door.
 * Refused items are not in it: their sender still has them.
 */
export class LossLedger {
  readonly #received = new Map<string, { signal: Signal; component: string; items: number }>();
  readonly #exported = new Map<string, { signal: Signal; component: string; items: number }>();
  readonly #dropped = new Map<string, { signal: Signal; component: string; reason: string; items: number }>();
  readonly #copied: Record<Signal, number> = { traces: 0, metrics: 0, logs: 0 };

  /** `component` is the receiver (or producing connector): "otlp". */
  received(component: string, signal: Signal, items: number): void {
    add(this.#received, `${signal}\0${component}`, { signal, component }, items);
  }

  copied(signal: Signal, items: number): void {
    this.#copied[signal] += items;
  }

  exported(component: string, signal: Signal, items: number): void {
    add(this.#exported, `${signal}\0${component}`, { signal, component }, items);
  }

  dropped(component: string, reason: string, signal: Signal, items: number): void {
    add(this.#dropped, `${signal}\0${component}\0${reason}`, { signal, component, reason }, items);
  }

  balance(signal: Signal): LedgerBalance {
    const received = total(this.#received, signal);
    const exported = total(this.#exported, signal);
    const dropped = total(this.#dropped, signal);
    const copied = this.#copied[signal];
    return { signal, received, copied, exported, dropped, inFlight: received + copied - exported - dropped };
  }

  balances(): readonly LedgerBalance[] {
    return SIGNALS.map((signal) => this.balance(signal));
  }

  receivedRows(): readonly LedgerRow[] {
    return [...this.#received.values()];
  }
  exportedRows(): readonly LedgerRow[] {
    return [...this.#exported.values()];
  }
  droppedRows(): readonly DroppedRow[] {
    return [...this.#dropped.values()];
  }
}

function add<Row extends object>(rows: Map<string, Row & { items: number }>, key: string, row: Row, items: number): void {
  if (items === 0) return;
  const known = rows.get(key);
  if (known === undefined) rows.set(key, { ...row, items });
  else known.items += items;
}

function total(rows: ReadonlyMap<string, LedgerRow>, signal: Signal): number {
  let items = 0;
  for (const row of rows.values()) if (row.signal === signal) items += row.items;
  return items;
}

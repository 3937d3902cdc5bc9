import type { LedgerLoss } from "../../model/ledger.ts";
import type { DroppedRow, LossLedger } from "../../pipeline/loss-ledger.ts";

/** What the collector has lost since a moment: its own counters go on over all runs. */
export class LossDifference {
  readonly #ledger: Pick<LossLedger, "droppedRows">;
  readonly #before: ReadonlyMap<string, number>;

  /** Counts from now on. */
  constructor(ledger: Pick<LossLedger, "droppedRows">) {
    this.#ledger = ledger;
    this.#before = new Map(ledger.droppedRows().map((row) => [keyOf(row), row.items]));
  }

  rows(): readonly LedgerLoss[] {
    return this.#ledger.droppedRows().flatMap((row) => {
      const items = row.items - (this.#before.get(keyOf(row)) ?? 0);
      return items <= 0 ? [] : [{ component: row.component, signal: row.signal, reason: row.reason, items }];
    });
  }
}

function keyOf({ signal, component, reason }: DroppedRow): string {
  return JSON.stringify([signal, component, reason]);
}

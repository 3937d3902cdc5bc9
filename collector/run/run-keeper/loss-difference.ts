import type { LedgerLoss } from "../../model/ledger.ts";
import type { DroppedRow, LossLedger } from "../../pipeline/loss-ledger.ts";

/** What the collector has lost since a moment: its own counters go on over all runs. */
export class LossDifference {
  readonly #ledger: Pick<LossLedger, "droppedRows">;
  readonly #onTheWay: ((component: string) => boolean) | undefined;
  readonly #before: ReadonlyMap<string, number>;

  /** Counts from now on. `onTheWay`: whether what a component loses would have come into the run's ledger; undefined: nobody knows. */
  constructor(ledger: Pick<LossLedger, "droppedRows">, onTheWay?: (component: string) => boolean) {
    this.#ledger = ledger;
    this.#onTheWay = onTheWay;
    this.#before = new Map(ledger.droppedRows().map((row) => [keyOf(row), row.items]));
  }

  rows(): readonly LedgerLoss[] {
    return this.#ledger.droppedRows().flatMap((row) => {
      const items = row.items - (this.#before.get(keyOf(row)) ?? 0);
      if (items <= 0) return [];
      const loss: LedgerLoss = { component: row.component, signal: row.signal, reason: row.reason, items };
      return [this.#onTheWay?.(row.component) === false ? { ...loss, concerns: "elsewhere" } : loss];
    });
  }
}

function keyOf({ signal, component, reason }: DroppedRow): string {
  return JSON.stringify([signal, component, reason]);
}

import { ITEM_WORDS, type Signal } from "../model/batch.ts";

/** What the loss ledger says, in the shape that is printed; `LossLedger` has it. */
export interface LedgerReading {
  balances(): readonly {
    readonly signal: Signal;
    readonly received: number;
    readonly copied: number;
    readonly exported: number;
    readonly dropped: number;
    readonly inFlight: number;
  }[];
  droppedRows(): readonly { readonly signal: Signal; readonly component: string; readonly reason: string; readonly items: number }[];
}

const COLUMNS = ["received", "copied", "exported", "dropped", "in flight"] as const;
const NUMBER = new Intl.NumberFormat("en-US");

/** The loss ledger as a table for people, each loss with its reason below, and whether the counts add up. Ends with a newline. */
export function renderLedgerTable(ledger: LedgerReading): string {
  const rows = ledger.balances().filter((row) => row.received + row.copied + row.exported + row.dropped > 0);
  if (rows.length === 0) return "loss ledger: nothing was received\n";
  const cells = rows.map((row) => [row.received, row.copied, row.exported, row.dropped, row.inFlight].map((count) => NUMBER.format(count)));
  const widths = COLUMNS.map((title, index) => Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)));
  const line = (title: string, words: readonly string[]): string =>
    `${title.padEnd(12)}${words.map((word, index) => word.padStart((widths[index] ?? 0) + 2)).join("")}`;
  const losses = ledger
    .droppedRows()
    .map((row) => `  dropped ${NUMBER.format(row.items)} ${itemWord(row.signal)} in ${row.component}: ${row.reason}`);
  const held = rows.reduce((sum, row) => sum + Math.abs(row.inFlight), 0);
  const verdict = held === 0 ? "balanced: received + copied = exported + dropped" : `not balanced: ${NUMBER.format(held)} items are unaccounted for`;
  return `${[line("loss ledger", COLUMNS), ...rows.map((row, index) => line(row.signal, cells[index] ?? [])), ...losses, verdict].join("\n")}\n`;
}

/** The same for machines: `{"traces":{"received":…,"dropped":…},…}`, the losses, and whether it is balanced. */
export function ledgerFields(ledger: LedgerReading): object {
  const balances = ledger.balances();
  return {
    ledger: Object.fromEntries(balances.map(({ signal, ...counts }) => [signal, counts])),
    losses: ledger.droppedRows(),
    balanced: balances.every((row) => row.inFlight === 0),
  };
}

function itemWord(signal: Signal): string {
  return ITEM_WORDS[signal].replaceAll("_", " ");
}

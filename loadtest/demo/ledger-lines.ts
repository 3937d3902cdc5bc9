import type { Ledger } from "./ledger.ts";
import { formatCount, formatTable } from "./table.ts";

/** The collector's loss ledger; ends with a newline. */
export function renderLedger({ rows, losses, isBalanced }: Ledger): string {
  const table = formatTable(
    ["loss ledger of the collector", "received", "copied", "exported", "dropped"],
    rows.map(({ signal, received, copied, exported, dropped }) => [signal, ...[received, copied, exported, dropped].map(formatCount)]),
  );
  const balance = isBalanced ? "balanced: received + copied = exported + dropped" : "NOT BALANCED";
  return [table, ...losses.map((loss) => `  lost: ${loss}`), `  ${balance}`, ""].join("\n");
}

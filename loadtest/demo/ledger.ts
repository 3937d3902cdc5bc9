import type { LogLine } from "./child.ts";

const SIGNALS = ["traces", "metrics", "logs"] as const;

export interface LedgerRow {
  readonly signal: (typeof SIGNALS)[number];
  readonly received: number;
  readonly copied: number;
  readonly exported: number;
  readonly dropped: number;
  readonly inFlight: number;
}

export interface Ledger {
  readonly rows: readonly LedgerRow[];
  readonly losses: readonly string[];
  readonly isBalanced: boolean;
}

/** The collector's last word, `{"msg":"ledger","ledger":{"traces":{…}},"losses":[…],"balanced":true}`; undefined where it is none. The balance is computed again here. */
export function parseLedger(line: LogLine): Ledger | undefined {
  const ledger = fieldsOf(line["ledger"]);
  if (ledger === undefined) return undefined;
  const rows = SIGNALS.map((signal) => {
    const fields = fieldsOf(ledger[signal]) ?? {};
    const count = (name: string) => (typeof fields[name] === "number" ? fields[name] : Number.NaN);
    return {
      signal,
      received: count("received"),
      copied: count("copied"),
      exported: count("exported"),
      dropped: count("dropped"),
      inFlight: count("inFlight"),
    };
  });
  const losses = (Array.isArray(line["losses"]) ? line["losses"] : []).map((loss: unknown) => {
    const { items, signal, component, reason } = fieldsOf(loss) ?? {};
    return `${items} of ${signal} in ${component}: ${reason}`;
  });
  return { rows, losses, isBalanced: rows.every((row) => row.received + row.copied === row.exported + row.dropped) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

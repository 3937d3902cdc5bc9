import type { CollectorProcess } from "./collector-process.ts";

/** What Pitwall says of itself when it has ended (`--log-format json`). */
export interface KeptLedger {
  readonly ledger: Readonly<
    Record<string, { readonly received: number; readonly copied: number; readonly exported: number; readonly dropped: number }>
  >;
  readonly losses: readonly object[];
  readonly balanced: boolean;
}

/** Asks the collector to end and reads its loss ledger. Throws where it did not end well. */
export async function stopWithLedger({ process }: CollectorProcess): Promise<KeptLedger> {
  const exitCode = await process.stop();
  const line = process.stderr.split("\n").find((text) => text.includes('"msg":"ledger"'));
  if (exitCode !== 0 || line === undefined) throw new Error(`ended with ${exitCode}:\n${process.stderr.slice(-3000)}`);
  return JSON.parse(line) as KeptLedger;
}

/** The words that it logged. */
export function logged({ process }: CollectorProcess): readonly string[] {
  return process.stderr
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { readonly msg?: string }).msg ?? "");
}

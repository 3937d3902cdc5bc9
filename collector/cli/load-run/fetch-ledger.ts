import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { LoadError } from "../../model/errors.ts";
import type { RunLedger } from "../../model/ledger.ts";
import type { EndpointRule } from "../../run/endpoints/endpoint-rule.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { runFile } from "../../run/ledger/run-files.ts";
import type { RunClient } from "./run-client.ts";

export interface FetchLedgerOptions {
  readonly client: RunClient;
  readonly runId: string;
  readonly runsFolder: string;
  /** The collector is ours and keeps its ledgers in `runsFolder`. */
  readonly isOwn: boolean;
  readonly rules: readonly EndpointRule[];
}

/** The ledger of a run that is over; one that a collector elsewhere keeps is copied into our own folder first. Throws: E_LEDGER, E_TARGET_UNAVAILABLE. */
export async function fetchLedger({ client, runId, runsFolder, isOwn, rules }: FetchLedgerOptions): Promise<RunLedger> {
  const file = runFile(runsFolder, runId);
  if (!isOwn && !existsSync(file)) keep(file, runsFolder, await client.ledger(runId));
  return readLedger(file, { rules });
}

/** Whole or not at all: half a file would be taken for the run. */
function keep(file: string, folder: string, bytes: Uint8Array): void {
  const part = `${file}.part-${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(part, bytes);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new LoadError("E_LEDGER", `${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

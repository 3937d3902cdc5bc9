import type { DatabaseSync } from "node:sqlite";
import type { Run } from "../../model/run.ts";
import { damagedLedger, ledgerFault, readFault } from "./ledger-error.ts";
import { parseLedgerJson } from "./ledger-json.ts";
import { openToRead } from "./open-database.ts";
import { readWriter } from "./register-writer.ts";
import { isPresent } from "./writer-presence.ts";

/** The run that a file holds, without its rows: as `runOf`. Throws: E_LEDGER. */
export function readRun(path: string): Run {
  const database = openToRead(path);
  try {
    return runOf(database, path);
  } catch (error) {
    throw readFault(path, error);
  } finally {
    database.close();
  }
}

/**
 * As it was saved; but one that is said to be open while the process that saved it is gone, or has closed the file, is `abandoned`, and ended
 * when that was last heard of. Throws: E_LEDGER; errors of SQLite.
 */
export function runOf(database: DatabaseSync, path: string): Run {
  const body = database.prepare("SELECT body FROM run").get()?.["body"];
  if (body === undefined) throw ledgerFault(path, "it holds no run: whoever made it ended before the run began");
  const run = asRun(String(body), path);
  if (run.state !== "open") return run;
  const writer = readWriter(database, "(SELECT writer FROM run)");
  if (writer === undefined) throw damagedLedger(path, "nobody wrote its run");
  if (isPresent(writer, Date.now())) return run;
  return { ...run, state: "abandoned", endUnixMs: Math.max(run.startUnixMs, writer.closedUnixMs ?? writer.heardUnixMs) };
}

function asRun(body: string, path: string): Run {
  let run: Partial<Run> | null;
  try {
    run = parseLedgerJson(body) as Partial<Run> | null;
  } catch (error) {
    throw damagedLedger(path, "its run cannot be read", error);
  }
  if (typeof run?.id !== "string" || typeof run.startUnixMs !== "number") throw damagedLedger(path, "its run has no id, or no beginning");
  return run as Run;
}

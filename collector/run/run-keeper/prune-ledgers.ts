import { rmSync } from "node:fs";
import type { Log } from "../../pipeline/define.ts";
import type { RunStore } from "./run-store.ts";

/** SQLite's companions of a database file. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

/** Deletes the oldest ledgers beyond `keep`; runs that are open, here or elsewhere, stay. Never throws. */
export function pruneLedgers(store: RunStore, keep: number, log: Log): void {
  try {
    for (const { run, path } of store.list().slice(keep)) {
      if (run.state === "open") continue;
      for (const companion of ["", ...COMPANIONS]) rmSync(`${path}${companion}`, { force: true });
      log.info({ run: run.id, path }, `the ledger of run ${run.id} was deleted: ${keep} newer ones are kept`);
    }
  } catch (error) {
    log.warn({ err: error }, "old ledgers could not be deleted");
  }
}

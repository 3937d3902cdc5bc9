import { existsSync } from "node:fs";
import type { Run } from "../../model/run.ts";
import { openLedgerFile } from "../ledger/open-ledger-file.ts";
import { readRun } from "../ledger/read-run.ts";
import { listRunFiles, runFile } from "../ledger/run-files.ts";
import type { LedgerWriter } from "../ledger-writer.ts";
import { isRunId } from "./run-id.ts";

/** A writer that is asked once a second to say that it is there. */
export interface LiveWriter extends LedgerWriter {
  heartbeat(): void;
}

/** A run as the folder has it. */
export interface StoredRun {
  readonly run: Run;
  readonly path: string;
}

/** The folder with the ledgers (collector/run/ledger). */
export interface RunStore {
  readonly directory: string;
  /** Makes folder and file. Throws: E_LEDGER. */
  open(runId: string): LiveWriter;
  /** Where the ledger of this run is, or would be. */
  path(runId: string): string;
  /** undefined where there is none of this id, or where the word cannot be one. Throws: E_LEDGER where its file cannot be read. */
  read(word: string): StoredRun | undefined;
  /** Newest first; files that cannot be read are not among them. A folder that is not there has none. */
  list(): readonly StoredRun[];
}

export function openRunStore(directory: string): RunStore {
  const path = (runId: string): string => runFile(directory, runId);
  return {
    directory,
    path,
    open: (runId) => openLedgerFile(path(runId)),
    read(word) {
      if (!isRunId(word) || !existsSync(path(word))) return undefined;
      return { run: readRun(path(word)), path: path(word) };
    },
    list: () => listRunFiles(directory).runs,
  };
}

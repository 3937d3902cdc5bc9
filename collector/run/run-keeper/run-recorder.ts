import type { Batch } from "../../model/batch.ts";
import type { LedgerLoss } from "../../model/ledger.ts";
import type { Mark, UnixMs } from "../../model/run.ts";
import type { LedgerWriter } from "../ledger-writer.ts";
import type { HopCounts } from "../recorder/hop-strip.ts";
import type { HeardWitness } from "../recorder/witness-table.ts";

/** The part of the recorder that the keeper of runs uses (collector/run/recorder/recorder.ts). */
export interface RunRecorder {
  push(batch: Batch): void;
  /** Writes what is due; called once a second. */
  flush(): void;
  heard(): readonly HeardWitness[];
  /** In the order of the river; only those that were heard. */
  counts(): readonly HopCounts[];
  ownLosses(): readonly LedgerLoss[];
  /** Writes all that it still holds. */
  close(): void;
}

export interface RecorderParts {
  readonly writer: LedgerWriter;
  readonly runId: string;
  readonly startUnixMs: UnixMs;
  readonly nowMs: () => UnixMs;
  /** Told of the first fault; what it costs is among the losses. */
  readonly onFault: (error: unknown) => void;
  /** Told of what a witness says that happened. */
  readonly onMark: (mark: Mark) => void;
}
export type OpenRecorder = (parts: RecorderParts) => RunRecorder;

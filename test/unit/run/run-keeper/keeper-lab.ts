import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Batch } from "../../../../collector/model/batch.ts";
import type { LedgerLoss } from "../../../../collector/model/ledger.ts";
import type { Outlet } from "../../../../collector/pipeline/define.ts";
import { LossLedger } from "../../../../collector/pipeline/loss-ledger.ts";
import { outlet } from "../../../../collector/pipeline/outlet.ts";
import { RunKeeper, type RunKeeperParts } from "../../../../collector/run/run-keeper/run-keeper.ts";
import type { RunRecorder } from "../../../../collector/run/run-keeper/run-recorder.ts";
import { openRunStore, type RunStore } from "../../../../collector/run/run-keeper/run-store.ts";
import { RunTeller } from "../../../../collector/run/run-keeper/run-teller.ts";
import { basket, recordingLog } from "../../pipeline/river.ts";

/** 2026-05-12T04:51:00Z. */
export const BEGAN_MS = 1_778_561_460_000;

/** What a recorder was told, in order. */
export interface ToyRecorder extends RunRecorder {
  readonly told: string[];
  readonly batches: Batch[];
}

export interface KeeperLab extends Disposable {
  readonly directory: string;
  readonly keeper: RunKeeper;
  readonly store: RunStore;
  readonly teller: RunTeller;
  readonly lossLedger: LossLedger;
  readonly log: ReturnType<typeof recordingLog>;
  /** Of each run that was opened. */
  readonly recorders: ToyRecorder[];
  /** What the keeper told downstream. */
  readonly told: ReturnType<typeof basket>;
  nowMs: number;
  freeBytes: number;
}

export interface LabOptions {
  readonly keep?: number;
  readonly directory?: string;
  /** What follows the connector says to each push. */
  readonly answer?: Parameters<typeof basket>[0];
  readonly losses?: readonly LedgerLoss[];
  readonly recorder?: (parts: Parameters<RunKeeperParts["openRecorder"]>[0]) => RunRecorder;
  readonly suffix?: () => string;
}

/** A keeper over a real folder of ledgers, with a recorder that only remembers what it was told, and a clock that is set by hand. */
export function openKeeperLab({ keep = 100, directory: given, answer, losses = [], recorder, suffix }: LabOptions = {}): KeeperLab {
  const directory = given ?? mkdtempSync(join(tmpdir(), "pitwall-keeper-"));
  const store = openRunStore(directory);
  const told = basket(answer);
  const next: Outlet = outlet(
    new Map([
      ["metrics", told.sink],
      ["logs", told.sink],
    ]),
  );
  const log = recordingLog();
  const lossLedger = new LossLedger();
  const recorders: ToyRecorder[] = [];
  const lab = {
    nowMs: BEGAN_MS,
    freeBytes: 10e9,
    [Symbol.dispose]() {
      lab.keeper.close();
      rmSync(directory, { recursive: true, force: true });
    },
  } as { -readonly [key in keyof KeeperLab]: KeeperLab[key] };
  const clock = { nowMs: () => lab.nowMs };
  const teller = new RunTeller({ next, log, clock });
  const toy = (): RunRecorder => {
    const one = toyRecorder(losses);
    recorders.push(one);
    return one;
  };
  const keeper = new RunKeeper({
    store,
    openRecorder: recorder ?? toy,
    lossLedger,
    teller,
    log,
    clock,
    freeBytes: () => lab.freeBytes,
    keep,
    version: "1.2.3",
    ...(suffix === undefined ? {} : { suffix }),
  });
  return Object.assign(lab, { directory, keeper, store, teller, lossLedger, log, recorders, told });
}

function toyRecorder(losses: readonly LedgerLoss[]): ToyRecorder {
  const told: string[] = [];
  const batches: Batch[] = [];
  return {
    told,
    batches,
    push: (batch) => void batches.push(batch),
    flush: () => void told.push("flush"),
    heard: () => [],
    counts: () => [],
    ownLosses: () => losses,
    close: () => void told.push("close"),
  };
}

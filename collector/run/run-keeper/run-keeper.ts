import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cpus, hostname, release, totalmem, type } from "node:os";
import type { Batch } from "../../model/batch.ts";
import { LoadError } from "../../model/errors.ts";
import type { LedgerLoss } from "../../model/ledger.ts";
import { type Gate, type Mark, NO_CONDITIONS, type Run, type RunConditions, type RunPhase } from "../../model/run.ts";
import type { Clock } from "../../model/time.ts";
import type { Log } from "../../pipeline/define.ts";
import type { LossLedger } from "../../pipeline/loss-ledger.ts";
import type { EndpointRule } from "../endpoints/endpoint-rule.ts";
import { tidyLedger } from "../ledger/tidy-ledger.ts";
import { endEvent, markEvent, startEvent } from "../run-telemetry.ts";
import { MIN_FREE_BYTES } from "./free-disk.ts";
import { LossDifference } from "./loss-difference.ts";
import { type GivenConditions, givenParts, OpenRun, type RunChanges } from "./open-run.ts";
import { pruneLedgers } from "./prune-ledgers.ts";
import { RunConflict } from "./run-conflict.ts";
import { formatRunId } from "./run-id.ts";
import type { OpenRecorder, RunRecorder } from "./run-recorder.ts";
import type { RunStore } from "./run-store.ts";
import type { RunTeller } from "./run-teller.ts";

export interface NewRun {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly conditions?: GivenConditions | undefined;
  readonly gates?: readonly Gate[] | undefined;
  readonly phases?: readonly RunPhase[] | undefined;
}

export interface NewMark {
  readonly text: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Default: now. */
  readonly timeUnixMs?: number | undefined;
  readonly kind?: Mark["kind"] | undefined;
}

/** What was heard so far, hop by hop, and how the recording goes. */
export interface RunProgress {
  readonly run: Run;
  readonly phases: readonly RunPhase[];
  readonly marks: number;
  readonly hops: ReturnType<RunRecorder["counts"]>;
  readonly witnesses: ReturnType<RunRecorder["heard"]>;
  readonly losses: readonly LedgerLoss[];
  readonly sizeBytes: number;
}

export interface RunKeeperParts {
  readonly store: RunStore;
  readonly openRecorder: OpenRecorder;
  /** Of the collector: what it loses while a run lasts is said in the run's ledger. */
  readonly lossLedger: Pick<LossLedger, "droppedRows">;
  readonly teller: Pick<RunTeller, "changed" | "happened">;
  readonly log: Log;
  readonly clock: Clock;
  readonly freeBytes: () => number;
  /** Ledgers that are kept, the open one among them. */
  readonly keep: number;
  readonly version: string;
  /** Whether what a component of the collector loses would have come into the ledger; undefined: nobody knows. */
  readonly isOnTheWay?: ((component: string) => boolean) | undefined;
  /** Of the configuration: by which endpoints of every run are named. */
  readonly endpointRules?: readonly EndpointRule[] | undefined;
  /** Four hexadecimal digits. */
  readonly suffix?: () => string;
}

/** A mark a little outside of the run is a clock that is a little off; further out it is a mistake. */
const MARK_SLACK_MS = 60_000;
const ID_ATTEMPTS = 20;
const CLOSED_EARLY = {
  stopped: "collector stopped before the load had ended",
  reloaded: "collector reloaded its configuration before the load had ended: this recording ends here",
} as const;

/**
 * Keeps the run that is being recorded, one at a time: opens its ledger, hands it what comes by, says by telemetry what happens to it, closes it.
 * Methods throw RunConflict where the state does not allow what is asked, and E_LEDGER where the file cannot be written.
 */
export class RunKeeper {
  readonly #parts: RunKeeperParts;
  #open: OpenRun | undefined;
  /** Ledgers that somebody read while they were closed. */
  readonly #untidy = new Set<string>();

  constructor(parts: RunKeeperParts) {
    this.#parts = parts;
  }

  get current(): Run | undefined {
    return this.#open?.run;
  }

  create({ name, labels = {}, conditions = {}, gates = [], phases = [] }: NewRun): Run {
    const { store, clock, log } = this.#parts;
    if (this.#open !== undefined) {
      const { id, startUnixMs } = this.#open.run;
      const since = new Date(startUnixMs).toISOString();
      throw new RunConflict("run_open", `run ${id} is open since ${since}; one run is recorded at a time`, "End it first, or wait for its end.");
    }
    const startUnixMs = clock.nowMs();
    const run: Run = {
      id: this.#freeId(name, startUnixMs),
      name,
      labels,
      state: "open",
      startUnixMs,
      endUnixMs: undefined,
      loadStartUnixMs: undefined,
      loadEndUnixMs: undefined,
      conditions: this.#conditions(conditions),
      gates,
      exit: undefined,
    };
    this.#open = this.#opened(run, phases);
    log.info({ run: run.id }, `recording load run ${run.id}`);
    pruneLedgers(store, this.#parts.keep, log);
    this.#tell();
    this.#parts.teller.happened(startEvent(run));
    return run;
  }

  update(id: string, changes: RunChanges): Run {
    const open = this.#openRun(id);
    open.update(changes);
    this.#tell();
    return open.run;
  }

  mark(id: string, { text, labels = {}, timeUnixMs = this.#parts.clock.nowMs(), kind = "user" }: NewMark): Mark {
    const open = this.#openRun(id);
    const [fromMs, toMs] = [open.run.startUnixMs - MARK_SLACK_MS, this.#parts.clock.nowMs() + MARK_SLACK_MS];
    if (timeUnixMs < fromMs || timeUnixMs > toMs) {
      const window = `${new Date(fromMs).toISOString()} and ${new Date(toMs).toISOString()}`;
      throw new RunConflict(
        "time_outside_run",
        `the time of the mark does not lie between ${window}`,
        "Give milliseconds since 1970, or no time at all.",
      );
    }
    const mark: Mark = { timeUnixMs, text, labels, kind };
    open.mark(mark);
    this.#parts.teller.happened(markEvent(open.run, mark));
    return mark;
  }

  end(id: string): Run {
    return this.#close(this.#openRun(id));
  }

  progress(id: string): RunProgress {
    const open = this.#openRun(id);
    const [hops, witnesses] = [open.recorder.counts(), open.recorder.heard()];
    return { run: open.run, phases: open.phases, marks: open.marks, hops, witnesses, losses: open.losses(), sizeBytes: open.sizeBytes };
  }

  /** Never throws and never waits: what cannot be recorded is counted in the run's losses. Without an open run there is nothing to record. */
  push(batch: Batch): void {
    this.#open?.record(batch);
  }

  /** Once a second. */
  tick(): void {
    for (const path of this.#untidy) if (tidyLedger(path)) this.#untidy.delete(path);
    const open = this.#open;
    if (open === undefined) return;
    const mark = open.tick(this.#parts.clock.nowMs());
    if (mark !== undefined) this.#parts.teller.happened(markEvent(open.run, mark));
  }

  /** Brings what was heard into the ledger, for whoever reads it while the run is open. */
  flush(): void {
    this.#open?.flush();
  }

  /** The collector stops, or opens another configuration: a run that is open ends with it. */
  close(why: "stopped" | "reloaded" = "stopped"): void {
    const open = this.#open;
    if (open === undefined) return;
    if (open.run.loadEndUnixMs === undefined) {
      try {
        this.mark(open.run.id, { text: CLOSED_EARLY[why], kind: "system" });
      } catch {
        // The ledger cannot be written, or is full of marks: the end itself is tried below.
      }
    }
    this.#close(open);
  }

  /** Something that a witness noticed. Never throws: a mark too many, or one that cannot be written, must not cost the requests beside it. */
  #happened(id: string, mark: Mark): void {
    const open = this.#open;
    if (open === undefined || open.run.id !== id) return;
    try {
      open.mark(mark);
      this.#parts.teller.happened(markEvent(open.run, mark));
    } catch (error) {
      this.#parts.log.warn({ run: id, err: error }, "a mark could not be kept");
    }
  }

  /** Of a name that two runs of one second have, chance may give the same id twice; their ledgers are never mixed. */
  #freeId(name: string, startUnixMs: number): string {
    const { store, suffix = () => randomBytes(2).toString("hex") } = this.#parts;
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = formatRunId(name, startUnixMs, suffix());
      if (!existsSync(store.path(id))) return id;
    }
    throw new LoadError("E_LEDGER", `no free name for a run "${name}" in ${store.directory}`, { hint: "Try again in a second." });
  }

  #opened(run: Run, phases: readonly RunPhase[]): OpenRun {
    const { store, openRecorder, lossLedger, log, freeBytes, clock, isOnTheWay, endpointRules = [] } = this.#parts;
    const free = freeBytes();
    if (free < MIN_FREE_BYTES) {
      const words = `${Math.floor(free / 1e6)} MB are free where the ledgers are (${store.directory}); a run needs ${MIN_FREE_BYTES / 1e6} MB`;
      throw new LoadError("E_LEDGER", words, { hint: "Make room on the disk, or choose another `directory` for the runs connector." });
    }
    const writer = store.open(run.id);
    try {
      const onFault = (error: unknown) => log.error({ run: run.id, err: error }, "a part of the run could not be recorded; what is lost is counted");
      const onMark = (mark: Mark) => this.#happened(run.id, mark);
      const recorder = openRecorder({ writer, runId: run.id, startUnixMs: run.startUnixMs, nowMs: () => clock.nowMs(), onFault, onMark });
      const losses = new LossDifference(lossLedger, isOnTheWay);
      const open = new OpenRun({ run, writer, recorder, losses, log, freeBytes });
      if (endpointRules.length > 0) writer.saveEndpointRules(endpointRules);
      if (phases.length > 0) open.update({ phases });
      return open;
    } catch (error) {
      writer[Symbol.dispose]();
      throw error;
    }
  }

  #close(open: OpenRun): Run {
    const run = open.close(this.#parts.clock.nowMs());
    this.#open = undefined;
    const path = this.#parts.store.path(run.id);
    if (!tidyLedger(path)) this.#untidy.add(path);
    this.#parts.teller.changed(run, open.phases);
    this.#parts.teller.happened(endEvent(run));
    this.#parts.log.info({ run: run.id }, `load run ${run.id} has ended`);
    return run;
  }

  #openRun(id: string): OpenRun {
    const open = this.#open;
    if (open === undefined || open.run.id !== id) {
      throw new RunConflict("run_not_open", `run ${id} is not open any more`, "Only the run that is being recorded can be changed.");
    }
    return open;
  }

  #tell(): void {
    if (this.#open !== undefined) this.#parts.teller.changed(this.#open.run, this.#open.phases);
  }

  /** What nobody said is filled in as far as this process knows it. */
  #conditions(given: GivenConditions): RunConditions {
    const versions = { ...(this.#parts.version === "" ? {} : { pitwall: this.#parts.version }), node: process.versions.node, ...given.versions };
    const host = given.host !== undefined && Object.keys(given.host).length > 0 ? given.host : ownHost();
    return { ...NO_CONDITIONS, ...givenParts(given), versions, host };
  }
}

export function noOpenRun(): RunConflict {
  return new RunConflict("no_open_run", "no run is open", "Open one with POST /api/v1/runs, or `pitwall run`.");
}

function ownHost(): Readonly<Record<string, string>> {
  const processors = cpus();
  return {
    name: hostname(),
    cpus: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memory_bytes: String(totalmem()),
    os: `${type()} ${release()}`,
  };
}

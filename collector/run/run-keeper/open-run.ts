import { type Batch, SIGNALS, type Signal } from "../../model/batch.ts";
import type { LedgerLoss } from "../../model/ledger.ts";
import type { Mark, Run, RunConditions, RunPhase } from "../../model/run.ts";
import type { Log } from "../../pipeline/define.ts";
import { MIN_FREE_BYTES } from "./free-disk.ts";
import type { LossDifference } from "./loss-difference.ts";
import { RunConflict } from "./run-conflict.ts";
import type { RunRecorder } from "./run-recorder.ts";
import type { LiveWriter } from "./run-store.ts";

/** Some of the conditions; what is undefined is not given. */
export type GivenConditions = { readonly [key in keyof RunConditions]?: RunConditions[key] | undefined };

export function givenParts(conditions: GivenConditions | undefined): Partial<RunConditions> {
  return Object.fromEntries(Object.entries(conditions ?? {}).filter(([, value]) => value !== undefined));
}

/** What may be said of a run while it is open; what is absent stays. */
export interface RunChanges {
  readonly loadStartUnixMs?: number | undefined;
  readonly loadEndUnixMs?: number | undefined;
  readonly exit?: NonNullable<Run["exit"]> | undefined;
  readonly conditions?: GivenConditions | undefined;
  /** Replaces the phases of each source that is in it. */
  readonly phases?: readonly RunPhase[] | undefined;
}

/** A mark is somebody's to read; more of them than this nobody reads. */
const MAX_MARKS = 10_000;
/** Seconds between two looks at the disk, and between two copies of the losses. */
const DISK_EVERY = 5;
const LOSSES_EVERY = 10;
/** Of the losses that the keeper itself counts. */
const COMPONENT = "runs";

export interface OpenRunParts {
  readonly run: Run;
  readonly writer: LiveWriter;
  readonly recorder: RunRecorder;
  readonly losses: LossDifference;
  readonly log: Log;
  readonly freeBytes: () => number;
}

/** The run that is being recorded: what it is, and its ledger file. Methods throw E_LEDGER where the file cannot be written, unless they say otherwise. */
export class OpenRun {
  readonly #parts: OpenRunParts;
  readonly #phases = new Map<RunPhase["source"], readonly RunPhase[]>();
  readonly #unrecorded = new Map<string, Map<Signal, number>>();
  #run: Run;
  #marks = 0;
  #ticks = 0;
  #hasStopped = false;
  #hasFailed = false;

  constructor(parts: OpenRunParts) {
    this.#parts = parts;
    this.#run = parts.run;
    parts.writer.saveRun(parts.run);
  }

  get run(): Run {
    return this.#run;
  }
  get phases(): readonly RunPhase[] {
    return [...this.#phases.values()].flat();
  }
  get recorder(): RunRecorder {
    return this.#parts.recorder;
  }
  get marks(): number {
    return this.#marks;
  }
  get sizeBytes(): number {
    return this.#parts.writer.sizeBytes;
  }

  /** Throws: RunConflict where the load would end before it starts; E_LEDGER. */
  update({ phases, conditions, loadStartUnixMs, loadEndUnixMs, exit }: RunChanges): void {
    const next: Run = {
      ...this.#run,
      loadStartUnixMs: loadStartUnixMs ?? this.#run.loadStartUnixMs,
      loadEndUnixMs: loadEndUnixMs ?? this.#run.loadEndUnixMs,
      exit: exit ?? this.#run.exit,
      conditions: { ...this.#run.conditions, ...givenParts(conditions) },
    };
    if (next.loadStartUnixMs !== undefined && next.loadEndUnixMs !== undefined && next.loadEndUnixMs < next.loadStartUnixMs) {
      throw new RunConflict("load_ends_early", "the load would end before it starts", "Both times are milliseconds since 1970.");
    }
    this.#parts.writer.saveRun(next);
    this.#run = next;
    for (const [source, group] of Map.groupBy(phases ?? [], (phase) => phase.source)) {
      this.#parts.writer.savePhases(source, group);
      this.#phases.set(source, group);
    }
  }

  /** Throws: RunConflict after too many of them; E_LEDGER. */
  mark(mark: Mark): void {
    if (this.#marks >= MAX_MARKS) throw new RunConflict("too_many_marks", `run ${this.#run.id} has ${MAX_MARKS} marks`, "Mark less often.");
    this.#parts.writer.addMark(mark);
    this.#marks++;
  }

  /** Never throws: what cannot be recorded is counted. */
  record(batch: Batch): void {
    if (this.#hasStopped) {
      this.#count("disk_full", batch);
      return;
    }
    try {
      this.#parts.recorder.push(batch);
    } catch (error) {
      this.#count("recorder_fault", batch);
      this.#failed(error);
    }
  }

  /** Once a second. Returns a mark where something happened that people should know. Never throws. */
  tick(nowMs: number): Mark | undefined {
    this.#ticks++;
    this.#quietly(() => {
      if (!this.#hasStopped) this.#parts.recorder.flush();
      this.#parts.writer.heartbeat();
    });
    if (this.#ticks % LOSSES_EVERY === 0) this.#quietly(() => this.#saveLosses());
    return this.#ticks % DISK_EVERY === 0 ? this.#watchDisk(nowMs) : undefined;
  }

  /** Brings everything told so far into the file, for whoever reads it now. Never throws. */
  flush(): void {
    if (!this.#hasStopped) this.#quietly(() => this.#parts.recorder.flush());
  }

  /** Writes the rest and closes the file. Never throws: a run that cannot be written to its end is over all the same. */
  close(nowMs: number): Run {
    const { writer, recorder } = this.#parts;
    this.#quietly(() => recorder.close());
    this.#quietly(() => this.#saveLosses());
    this.#run = { ...this.#run, state: "closed", endUnixMs: Math.max(nowMs, this.#run.startUnixMs) };
    this.#quietly(() => writer.saveRun(this.#run));
    this.#quietly(() => writer[Symbol.dispose]());
    return this.#run;
  }

  losses(): readonly LedgerLoss[] {
    const own = [...this.#unrecorded].flatMap(([reason, counts]) =>
      SIGNALS.flatMap((signal) => {
        const items = counts.get(signal) ?? 0;
        return items === 0 ? [] : [{ component: COMPONENT, signal, reason, items }];
      }),
    );
    return [...this.#parts.losses.rows(), ...this.#parts.recorder.ownLosses(), ...own];
  }

  #watchDisk(nowMs: number): Mark | undefined {
    if (this.#hasStopped || this.#parts.freeBytes() >= MIN_FREE_BYTES) return undefined;
    this.#quietly(() => this.#parts.recorder.flush());
    this.#hasStopped = true;
    const text = `recording stopped: less than ${MIN_FREE_BYTES / 1e6} MB free on the disk`;
    this.#parts.log.error({ run: this.#run.id }, text);
    const mark: Mark = { timeUnixMs: nowMs, text, labels: {}, kind: "system" };
    this.#quietly(() => this.#parts.writer.addMark(mark));
    return mark;
  }

  #saveLosses(): void {
    this.#parts.writer.saveLosses(this.losses());
  }

  #count(reason: string, { signal, count }: Batch): void {
    const counts = this.#unrecorded.get(reason) ?? new Map<Signal, number>();
    this.#unrecorded.set(reason, counts.set(signal, (counts.get(signal) ?? 0) + count));
  }

  #quietly(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Told once: it would be the same with every batch. */
  #failed(error: unknown): void {
    if (!this.#hasFailed)
      this.#parts.log.error({ run: this.#run.id, err: error }, "the run cannot be recorded as it should be; what is lost is counted");
    this.#hasFailed = true;
  }
}

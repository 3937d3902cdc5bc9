import type { Batch } from "../../model/batch.ts";
import type { LedgerCell, LedgerLoss } from "../../model/ledger.ts";
import type { LoadItem } from "../../model/load-record.ts";
import type { Resource, Scope } from "../../model/resource.ts";
import type { Mark } from "../../model/run.ts";
import { unixNanoFromMs } from "../../model/time.ts";
import { type Random, seededRandom } from "../../stats/seeded-random.ts";
import { type WitnessIdentity, witnessItemsOf } from "../../wire/witness/witness-batches.ts";
import { isWitnessScope } from "../../wire/witness/witness-scope.ts";
import type { LedgerWriter } from "../ledger-writer.ts";
import { CellSources } from "./cell-sources.ts";
import { CellTable } from "./cell-table.ts";
import { EndpointIndex } from "./endpoint-index.ts";
import { GaugeTable } from "./gauge-table.ts";
import { GuardedWriter } from "./guarded-writer.ts";
import { type HopCounts, HopStrip } from "./hop-strip.ts";
import { JoinResults } from "./join-results.ts";
import { JoinTable } from "./join-table.ts";
import { LogRecorder } from "./log-recorder.ts";
import { type LossSignal, LossTally } from "./loss-tally.ts";
import { MetricGains } from "./metric-gains.ts";
import { MetricRecorder } from "./metric-recorder.ts";
import { RECORDER_LIMITS, type RecorderLimits } from "./recorder-limits.ts";
import type { RecorderParts } from "./recorder-parts.ts";
import { SenderTable } from "./senders.ts";
import { recordSpan } from "./span-recorder.ts";
import { TraceSampler } from "./trace-sampler.ts";
import { WitnessItems } from "./witness-items.ts";
import { type HeardWitness, WitnessTable } from "./witness-table.ts";

export interface RecorderOptions {
  /** The recorder writes to it and leaves it open. */
  readonly writer: LedgerWriter;
  readonly runId: string;
  readonly nowMs: () => number;
  /** When the run was opened: what is counted since before then is only what to count from. Default: now. */
  readonly startUnixMs?: number;
  /** For samples. Default: of a fixed seed, so that the same telemetry gives the same ledger. */
  readonly random?: Random;
  readonly limits?: Partial<RecorderLimits>;
  /** Told of the first thing that could not be written or read; all of them are counted. */
  readonly onFault?: (error: unknown) => void;
  /** Told of what a witness says that happened (a watched process ended). Default: it becomes a mark in the ledger. Must not throw. */
  readonly onMark?: (mark: Mark) => void;
}

/** A second is written when it has been over for so long: what comes later is written as rows of its own. */
const LATE_MS = 3000;
const SAVE_WITNESSES_MS = 5000;
const SAVE_TRACES_MS = 30_000;
const LOST_SIGNALS: { readonly [signal in Batch["signal"]]: LossSignal } = { traces: "traces", metrics: "metrics", logs: "logs" };

/**
 * Turns the telemetry of a run into rows of its ledger: requests per second by hop, endpoint, witness and fate; series of whatever is no request;
 * joined requests; whole traces of a few. What is counted by metrics, by logs and by spans stays apart: the same request three times.
 *
 * The owner calls `flush` every second and `close` at the end. Nothing throws but the constructor: what cannot be read, has no room or cannot be
 * written is counted, under the component `recorder`. Memory is bounded by `RecorderLimits`.
 */
export class Recorder implements Disposable {
  readonly #nowMs: () => number;
  readonly #losses = new LossTally();
  readonly #writer: GuardedWriter;
  readonly #strip = new HopStrip();
  readonly #witnesses = new WitnessTable();
  readonly #senders: SenderTable;
  readonly #parts: RecorderParts;
  readonly #joins: JoinTable;
  readonly #results: JoinResults;
  readonly #sampler: TraceSampler;
  readonly #metrics: MetricRecorder;
  readonly #logs: LogRecorder;
  readonly #items: WitnessItems;
  #arrivedMs: number;
  #fullSecond = -1;
  #savedWitnessesMs = -Infinity;
  #savedTracesMs: number;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    const { writer, runId, nowMs, random = seededRandom(1), onFault = () => {} } = options;
    const limits = limitsOf(options.limits);
    this.#nowMs = nowMs;
    this.#arrivedMs = nowMs();
    this.#savedTracesMs = this.#arrivedMs;
    this.#writer = new GuardedWriter(writer, this.#losses, onFault);
    const sources = new CellSources(this.#strip);
    this.#senders = new SenderTable(runId, this.#witnesses, sources);
    const arrivedMs = () => this.#arrivedMs;
    const losses = this.#losses;
    const endpoints = new EndpointIndex(this.#writer, losses, limits.endpoints);
    const makeRoom = () => this.#makeRoom();
    this.#parts = {
      writer: this.#writer,
      losses,
      endpoints,
      arrivedMs,
      aheadMs: limits.aheadMs,
      cells: new CellTable({
        limit: limits.openCells,
        keyLimit: limits.cellKeys,
        losses,
        makeRoom,
        writeAll: () => this.#writer.write({ cells: this.#parts.cells.take(Infinity) }),
        otherEndpoint: () => endpoints.other(),
      }),
      gauges: new GaugeTable({ writer: this.#writer, losses, limit: limits.series, makeRoom }),
    };
    this.#results = new JoinResults({ random, clockPairs: limits.clockPairs, endpoints });
    this.#sampler = new TraceSampler(limits, random);
    this.#joins = new JoinTable({
      limits,
      losses,
      arrivedMs,
      left: (joined) => {
        this.#results.add(joined);
        this.#sampler.offer(joined);
      },
    });
    const startUnixMs = options.startUnixMs ?? this.#arrivedMs;
    this.#metrics = new MetricRecorder(this.#parts, new MetricGains(unixNanoFromMs(startUnixMs), limits.streams, losses));
    this.#logs = new LogRecorder(this.#parts, this.#joins, limits.logs);
    const addMark = options.onMark ?? ((mark: Mark) => this.#writer.addMark(mark));
    this.#items = new WitnessItems({ parts: this.#parts, joins: this.#joins, witnesses: this.#witnesses, sources, runId, addMark });
  }

  /** Takes what belongs to this run, or says of no run that it does; all else is passed over. The batch may be borrowed: nothing of its bytes is kept. */
  push(batch: Batch): void {
    this.#guarded(LOST_SIGNALS[batch.signal], batch.count, () => {
      const told = witnessItemsOf(batch);
      for (const { witness, items } of told ?? []) for (const item of items) this.#items.record(item, witness);
      this.#pushItems(batch, told !== undefined);
    });
  }

  /** One thing that a file says of this run. */
  item(item: LoadItem, witness: WitnessIdentity): void {
    this.#guarded(item.kind === "request" ? "requests" : "samples", 1, () => this.#items.record(item, witness));
  }

  /** Who has told how much so far, and when its last arrived: for progress, and to know when all has come in. */
  heard(): readonly HeardWitness[] {
    return this.#witnesses.heard();
  }

  /** The hops in order, each by the most certain way in which it was counted. */
  counts(): readonly HopCounts[] {
    return this.#strip.counts(this.#nowMs());
  }

  /** Losses that others counted (the collector's own, a file's reader): replaces what was written of their components. */
  losses(losses: readonly LedgerLoss[]): void {
    if (losses.length > 0) this.#writer.saveLosses(losses);
  }

  /** What this recorder has lost so far, by reason. */
  ownLosses(): readonly LedgerLoss[] {
    return this.#losses.rows();
  }

  /** Writes the seconds that are over. */
  flush(): void {
    if (this.#isClosed) return;
    this.#guarded("samples", 0, () => {
      this.#joins.settle(false);
      this.#write(Math.floor((this.#arrivedMs - LATE_MS) / 1000));
      this.#save(this.#isDue(this.#savedWitnessesMs, SAVE_WITNESSES_MS), this.#isDue(this.#savedTracesMs, SAVE_TRACES_MS));
    });
  }

  /** Writes all that is still held; later calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#guarded("samples", 0, () => {
      this.#joins.settle(true);
      this.#write(Infinity);
      this.#writer.write({ clockPairs: this.#results.clockPairs });
      this.#save(true, true);
    });
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #guarded(signal: LossSignal, items: number, work: () => void): void {
    if (this.#isClosed) {
      this.#losses.add(signal, "told after the run was closed", items);
      return;
    }
    this.#arrivedMs = this.#nowMs();
    try {
      work();
    } catch (error) {
      this.#losses.add(signal, "could not be read", items);
      this.#writer.tell(error);
    }
  }

  #pushItems(batch: Batch, holdsWitness: boolean): void {
    const isOwn = ({ scope }: { readonly scope: Scope; readonly resource: Resource }) => !holdsWitness || !isWitnessScope(scope);
    switch (batch.signal) {
      case "traces":
        for (const span of batch.items) {
          const sender = isOwn(span) ? this.#senders.of(span.resource) : "foreign";
          if (sender !== "foreign") recordSpan(this.#parts, this.#joins, sender, span);
        }
        return;
      case "metrics":
        for (const metric of batch.items) {
          const sender = isOwn(metric) ? this.#senders.of(metric.resource) : "foreign";
          if (sender !== "foreign") this.#metrics.record(sender, metric);
        }
        this.#metrics.endBatch();
        return;
      case "logs":
        for (const record of batch.items) {
          const sender = isOwn(record) ? this.#senders.of(record.resource) : "foreign";
          if (sender !== "foreign") this.#logs.record(sender, record);
        }
    }
  }

  #write(beforeSecond: number): void {
    const cells = this.#parts.cells.take(beforeSecond);
    const points = this.#parts.gauges.take(beforeSecond);
    this.#writer.write({ cells, points, joins: this.#joins.takeRows(), logs: this.#logs.take() });
    this.#results.writeVotes(this.#writer);
  }

  /** Also where the clock was set back meanwhile. */
  #isDue(sinceMs: number, everyMs: number): boolean {
    return Math.abs(this.#arrivedMs - sinceMs) >= everyMs;
  }

  #save(witnesses: boolean, traces: boolean): void {
    if (witnesses) {
      this.#savedWitnessesMs = this.#arrivedMs;
      this.#writer.saveWitnesses(this.#witnesses.rows());
    }
    if (traces) {
      this.#savedTracesMs = this.#arrivedMs;
      if (this.#sampler.isChanged && this.#writer.saveTraces(this.#sampler.traces())) this.#sampler.saved();
    }
    if (this.#losses.isChanged && this.#writer.saveLosses(this.#losses.rows())) this.#losses.saved();
  }

  /** Called where there is no room for a new cell. Where no second is over, asking again within this one would be in vain. */
  #makeRoom(): void {
    const nowSecond = Math.floor(this.#arrivedMs / 1000);
    if (nowSecond === this.#fullSecond) return;
    const beforeSecond = Math.floor((this.#arrivedMs - LATE_MS) / 1000);
    const cells: readonly LedgerCell[] = this.#parts.cells.take(beforeSecond);
    const points = this.#parts.gauges.take(beforeSecond);
    if (cells.length + points.length === 0) this.#fullSecond = nowSecond;
    this.#writer.write({ cells, points });
  }
}

/** What is read from files has no now that its times could be ahead of. */
function limitsOf(given: Partial<RecorderLimits> = {}): RecorderLimits {
  const aheadMs = given.joinWaitMs === Infinity ? Infinity : RECORDER_LIMITS.aheadMs;
  return { ...RECORDER_LIMITS, aheadMs, ...given };
}

import type {
  ClockPair,
  GaugePoint,
  GaugeSeries,
  KeptLog,
  LedgerCell,
  LedgerEndpoint,
  LedgerJoin,
  LedgerLoss,
  LedgerWitness,
  SampledTrace,
} from "../model/ledger.ts";
import type { LoadAggregate, LoadNote, LoadRunFacts, LoadThreshold } from "../model/load-record.ts";
import type { Mark, Run, RunPhase } from "../model/run.ts";
import type { EndpointRule } from "./endpoints/endpoint-rule.ts";

/** A series without its points; `id` is the writer's to give, the recorder's to repeat. */
export type GaugeIdentity = Omit<GaugeSeries, "points">;

/** What a recorder hands over in one go. Indices of endpoints and series are those that `endpoint` and `series` returned. */
export interface LedgerRows {
  readonly cells?: readonly LedgerCell[];
  readonly joins?: readonly LedgerJoin[];
  readonly clockPairs?: readonly ClockPair[];
  readonly points?: readonly { readonly series: number; readonly point: GaugePoint }[];
  readonly logs?: readonly KeptLog[];
}

/**
 * Where a run is written while it lasts. Rows are appended, never changed: a crash loses at most what was not yet handed over. Throws:
 * LoadError `E_LEDGER` (disk full, file gone); the recorder counts what it could not write as lost and goes on.
 */
export interface LedgerWriter extends Disposable {
  /** The whole of it: replaces what was there. */
  saveRun(run: Run): void;
  /** Replaces all phases of this source. */
  savePhases(source: RunPhase["source"], phases: readonly RunPhase[]): void;
  addMark(mark: Mark): void;
  /** The index for an endpoint as its witness calls it; the same for equal ones. `votes`: how often requests with one trace id had this name at one witness and that of `as` at another. */
  endpoint(endpoint: Pick<LedgerEndpoint, "method" | "name" | "source">): number;
  vote(endpoint: number, as: number, count: number): void;
  series(identity: GaugeIdentity): number;
  /** One transaction. */
  write(rows: LedgerRows): void;
  /** Replace what this writer saved before: kept up to date by the recorder, small. */
  saveTraces(traces: readonly SampledTrace[]): void;
  saveWitnesses(witnesses: readonly LedgerWitness[]): void;
  /** Replaces the losses that this writer saved of these components. */
  saveLosses(losses: readonly LedgerLoss[]): void;
  /** By which rules endpoints of this run are named, unless its reader has others. */
  saveEndpointRules(rules: readonly EndpointRule[]): void;
  addFacts(facts: {
    readonly aggregates?: readonly { readonly witness: string; readonly item: LoadAggregate }[];
    readonly thresholds?: readonly LoadThreshold[];
    readonly facts?: readonly LoadRunFacts[];
    readonly notes?: readonly LoadNote[];
  }): void;
  /** Bytes on disk. */
  readonly sizeBytes: number;
}

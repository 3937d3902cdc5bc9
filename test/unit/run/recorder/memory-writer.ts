import type {
  ClockPair,
  GaugePoint,
  KeptLog,
  LedgerCell,
  LedgerEndpoint,
  LedgerJoin,
  LedgerLoss,
  LedgerWitness,
  SampledTrace,
} from "../../../../collector/model/ledger.ts";
import type { LoadAggregate, LoadNote, LoadRunFacts, LoadThreshold } from "../../../../collector/model/load-record.ts";
import type { Mark } from "../../../../collector/model/run.ts";
import type { GaugeIdentity, LedgerRows, LedgerWriter } from "../../../../collector/run/ledger-writer.ts";

type RawEndpoint = Pick<LedgerEndpoint, "method" | "name" | "source">;
type Facts = Parameters<LedgerWriter["addFacts"]>[0];

/** A ledger in memory; fails on demand. */
export class MemoryWriter implements LedgerWriter {
  readonly endpoints: RawEndpoint[] = [];
  readonly identities: GaugeIdentity[] = [];
  readonly cells: LedgerCell[] = [];
  readonly joins: LedgerJoin[] = [];
  readonly clockPairs: ClockPair[] = [];
  readonly points: { readonly series: number; readonly point: GaugePoint }[] = [];
  readonly logs: KeptLog[] = [];
  readonly votes: { readonly endpoint: number; readonly as: number; readonly count: number }[] = [];
  readonly aggregates: { readonly witness: string; readonly item: LoadAggregate }[] = [];
  readonly thresholds: LoadThreshold[] = [];
  readonly facts: LoadRunFacts[] = [];
  readonly notes: LoadNote[] = [];
  readonly marks: Mark[] = [];
  readonly losses = new Map<string, readonly LedgerLoss[]>();
  traces: readonly SampledTrace[] = [];
  witnesses: readonly LedgerWitness[] = [];
  writes = 0;
  /** What to throw, from whatever is called. */
  fault: Error | undefined;
  readonly sizeBytes = 0;

  saveRun(): void {}
  savePhases(): void {}
  addMark(mark: Mark): void {
    this.#check();
    this.marks.push(mark);
  }

  endpoint({ method, name, source }: RawEndpoint): number {
    this.#check();
    const known = this.endpoints.findIndex((one) => one.method === method && one.name === name && one.source === source);
    return known >= 0 ? known : this.endpoints.push({ method, name, source }) - 1;
  }

  vote(endpoint: number, as: number, count: number): void {
    this.#check();
    this.votes.push({ endpoint, as, count });
  }

  series(identity: GaugeIdentity): number {
    this.#check();
    return this.identities.push(identity) - 1;
  }

  write({ cells = [], joins = [], clockPairs = [], points = [], logs = [] }: LedgerRows): void {
    this.#check();
    this.writes++;
    this.cells.push(...cells);
    this.joins.push(...joins);
    this.clockPairs.push(...clockPairs);
    this.points.push(...points);
    this.logs.push(...logs);
  }

  saveTraces(traces: readonly SampledTrace[]): void {
    this.#check();
    this.traces = traces;
  }

  saveWitnesses(witnesses: readonly LedgerWitness[]): void {
    this.#check();
    this.witnesses = witnesses;
  }

  saveLosses(losses: readonly LedgerLoss[]): void {
    this.#check();
    for (const { component } of losses) this.losses.set(component, []);
    for (const loss of losses) this.losses.set(loss.component, [...(this.losses.get(loss.component) ?? []), loss]);
  }

  addFacts({ aggregates = [], thresholds = [], facts = [], notes = [] }: Facts): void {
    this.#check();
    this.aggregates.push(...aggregates);
    this.thresholds.push(...thresholds);
    this.facts.push(...facts);
    this.notes.push(...notes);
  }

  saveEndpointRules(): void {}

  [Symbol.dispose](): void {}

  #check(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}

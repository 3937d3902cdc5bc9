import type { CountedSum, CountSource, LedgerCell, SumKey } from "../../model/ledger.ts";
import type { ErrorKind, Outcome } from "../../model/load-outcome.ts";
import type { ExponentialHistogram } from "../../stats/exponential-histogram.ts";

/** Requests of one hop, source and endpoint within a scope, while they are added up. */
export class Tally {
  readonly source: CountSource;
  readonly witnesses: Set<string> = new Set();
  readonly outcomes: Map<Outcome, number> = new Map();
  readonly errorKinds: Map<ErrorKind, number> = new Map();
  readonly statuses: Map<number, number> = new Map();
  readonly scenarios: Map<string, number> = new Map();
  readonly instances: Map<string, number> = new Map();
  /** By least ms waited; `undefined` where a timeout has no duration. */
  readonly timeouts: Map<number | undefined, number> = new Map();
  readonly sums: { [key in SumKey]?: CountedSum } = {};
  readonly perSecond: Float64Array;
  readonly failedPerSecond: Float64Array;
  readonly unknownPerSecond: Float64Array;
  latencyOk: ExponentialHistogram | undefined;
  latencyFailed: ExponentialHistogram | undefined;
  count = 0;

  constructor(source: CountSource, seconds: number) {
    this.source = source;
    this.perSecond = new Float64Array(seconds);
    this.failedPerSecond = new Float64Array(seconds);
    this.unknownPerSecond = new Float64Array(seconds);
  }

  /** `latency`: the cell's own, decoded; it is not changed. `at`: second of the scope that it belongs to. */
  add(cell: LedgerCell, latency: ExponentialHistogram | undefined, at: number): void {
    const { count, outcome, errorKind, status } = cell;
    this.count += count;
    this.witnesses.add(cell.witness);
    addTo(this.outcomes, outcome, count);
    if (errorKind !== undefined) addTo(this.errorKinds, errorKind, count);
    if (status !== undefined) addTo(this.statuses, status, count);
    if (cell.scenario !== "") addTo(this.scenarios, cell.scenario, count);
    if (cell.instance !== "") addTo(this.instances, cell.instance, count);
    addAt(this.perSecond, at, count);
    if (outcome === "unknown") addAt(this.unknownPerSecond, at, count);
    else if (outcome !== "ok") addAt(this.failedPerSecond, at, count);
    for (const [key, sum] of Object.entries(cell.sums)) this.#addSum(key as SumKey, sum);
    if (outcome === "timeout") this.#addTimeouts(latency, count);
    if (latency === undefined || outcome === "unknown" || outcome === "connection_error") return;
    if (outcome === "ok") this.latencyOk = merged(this.latencyOk, latency);
    else this.latencyFailed = merged(this.latencyFailed, latency);
  }

  merge(other: Tally): void {
    this.count += other.count;
    for (const witness of other.witnesses) this.witnesses.add(witness);
    addAll(this.outcomes, other.outcomes);
    addAll(this.errorKinds, other.errorKinds);
    addAll(this.statuses, other.statuses);
    addAll(this.scenarios, other.scenarios);
    addAll(this.instances, other.instances);
    addAll(this.timeouts, other.timeouts);
    for (const [key, sum] of Object.entries(other.sums)) this.#addSum(key as SumKey, sum);
    for (const name of ["perSecond", "failedPerSecond", "unknownPerSecond"] as const) {
      for (let at = 0; at < other[name].length; at++) addAt(this[name], at, other[name][at] as number);
    }
    if (other.latencyOk !== undefined) this.latencyOk = merged(this.latencyOk, other.latencyOk);
    if (other.latencyFailed !== undefined) this.latencyFailed = merged(this.latencyFailed, other.latencyFailed);
  }

  #addSum(key: SumKey, { n, sum }: CountedSum): void {
    const known = this.sums[key];
    this.sums[key] = known === undefined ? { n, sum } : { n: known.n + n, sum: known.sum + sum };
  }

  #addTimeouts(latency: ExponentialHistogram | undefined, count: number): void {
    const leastMs = latency?.min;
    addTo(this.timeouts, leastMs === undefined ? undefined : roundedDown(leastMs), count);
  }
}

export function addTo<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function addAll<Key>(counts: Map<Key, number>, others: ReadonlyMap<Key, number>): void {
  for (const [key, count] of others) addTo(counts, key, count);
}

function addAt(counts: Float64Array, at: number, count: number): void {
  if (counts.length > 0) counts[at] = (counts[at] as number) + count;
}

function merged(into: ExponentialHistogram | undefined, part: ExponentialHistogram): ExponentialHistogram {
  if (into === undefined) return part.copy();
  into.merge(part);
  return into;
}

/** To three digits: 30 001.7 ms and 30 000.4 ms are the same timeout, and both waited at least 30 000 ms. */
function roundedDown(ms: number): number {
  if (!(ms > 0)) return 0;
  const step = 10 ** (Math.floor(Math.log10(ms)) - 2);
  return Math.floor(ms / step) * step;
}

import type { Hop } from "../../model/catalog.ts";
import { type CountedSum, type CountSource, type LedgerCell, SUM_KEYS, type SumKey } from "../../model/ledger.ts";
import type { ErrorKind, Outcome } from "../../model/load-outcome.ts";
import { ExponentialHistogram, type HistogramView } from "../../stats/exponential-histogram.ts";
import { encodeHistogram } from "../../stats/histogram-bytes.ts";

/** At most 160 buckets of 2.2 %: 32 to an octave, which is 5 octaves before the resolution halves (see encodeHistogram). */
const [MAX_BUCKETS, SCALE] = [160, 5];

export function latencyHistogram(): ExponentialHistogram {
  return new ExponentialHistogram(MAX_BUCKETS, SCALE);
}

/** Who counts, and how: cells of one stream differ in second, endpoint and what became of the requests. */
export interface CellStream {
  /** Of this process, from 0. */
  readonly id: number;
  readonly hop: Hop;
  readonly source: CountSource;
  readonly witness: string;
  readonly instance: string;
  readonly scenario: string;
}

const SUM_INDEX = new Map<SumKey, number>(SUM_KEYS.map((key, index) => [key, index]));

/** A cell that still grows. */
export class OpenCell {
  readonly second: number;
  readonly stream: CellStream;
  readonly endpoint: number;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  readonly status: number | undefined;
  count = 0;
  #latency: ExponentialHistogram | undefined;
  /** n and sum of each key, in turn. */
  #sums: Float64Array | undefined;

  constructor(
    second: number,
    stream: CellStream,
    endpoint: number,
    { outcome, errorKind, status }: Pick<LedgerCell, "outcome" | "errorKind" | "status">,
  ) {
    this.second = second;
    this.stream = stream;
    this.endpoint = endpoint;
    this.outcome = outcome;
    this.errorKind = errorKind;
    this.status = status;
  }

  /** Durations and phases of metrics may come in another export than the count of their requests. */
  get hasMeasures(): boolean {
    return this.#latency !== undefined || this.#sums !== undefined;
  }

  addDuration(ms: number): void {
    this.#latency ??= latencyHistogram();
    this.#latency.record(ms);
  }

  addLatency(latency: HistogramView): void {
    if (latency.count === 0) return;
    this.#latency ??= latencyHistogram();
    this.#latency.merge(latency);
  }

  addSum(key: SumKey, sum: number, n = 1): void {
    if (!Number.isFinite(sum) || n <= 0) return;
    this.#sums ??= new Float64Array(SUM_KEYS.length * 2);
    const at = (SUM_INDEX.get(key) as number) * 2;
    this.#sums[at] = (this.#sums[at] as number) + n;
    this.#sums[at + 1] = (this.#sums[at + 1] as number) + sum;
  }

  closed(): LedgerCell {
    const { hop, source, witness, instance, scenario } = this.stream;
    return {
      second: this.second,
      hop,
      source,
      witness,
      instance,
      endpoint: this.endpoint,
      scenario,
      outcome: this.outcome,
      errorKind: this.errorKind,
      status: this.status,
      count: this.count,
      latency: this.#latency === undefined ? undefined : encodeHistogram(this.#latency),
      sums: this.#sums === undefined ? {} : countedSums(SUM_KEYS, this.#sums),
    };
  }
}

/** `pairs` holds n and sum of each key, in turn; keys that nothing told are left out. */
export function countedSums<Key extends string>(keys: readonly Key[], pairs: Float64Array): { readonly [key in Key]?: CountedSum } {
  const sums: { [key in Key]?: CountedSum } = {};
  keys.forEach((key, index) => {
    const n = pairs[index * 2] as number;
    if (n > 0) sums[key] = { n, sum: pairs[index * 2 + 1] as number };
  });
  return sums;
}

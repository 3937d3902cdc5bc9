import type { LabelSet } from "./label-set.ts";
import { EvaluationError } from "./promql-error.ts";

/** One element of an instant vector. */
export interface VectorSample {
  readonly labels: LabelSet;
  readonly value: number;
}

export type Vector = readonly VectorSample[];

/** The samples of one series in a window, stale markers left out. */
export interface RangeSeries {
  readonly labels: LabelSet;
  readonly timestampsMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** What a range function sees of its window besides the samples. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
  readonly rangeMs: number;
  /** The time of the evaluation, whatever offset the window has. */
  readonly timeMs: number;
}

export type Value =
  | { readonly type: "scalar"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "vector"; readonly samples: Vector }
  | { readonly type: "matrix"; readonly series: readonly RangeSeries[]; readonly window: Window };

/** An instant vector has one sample per label set. Throws: `EvaluationError`. */
export function distinct(samples: Vector): Vector {
  if (samples.length < 2) return samples;
  const keys = new Set<string>();
  for (const { labels } of samples) {
    if (keys.has(labels.key)) throw new EvaluationError(`vector cannot contain metrics with the same labelset: ${labels}`);
    keys.add(labels.key);
  }
  return samples;
}

/** Kahan–Neumaier summation, as Prometheus sums (promql/functions.go kahanSumInc). */
export class Sum {
  #sum = 0;
  #compensation = 0;

  add(value: number): void {
    const next = this.#sum + value;
    if (!Number.isFinite(next)) this.#compensation = 0;
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#compensation += this.#sum - next + value;
    else this.#compensation += value - next + this.#sum;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#compensation;
  }
}

export function sumOf(values: ArrayLike<number>): number {
  const sum = new Sum();
  for (let index = 0; index < values.length; index++) sum.add(values[index] as number);
  return sum.value;
}

/** Of finite values finite, even where their sum is not. */
export function meanOf(values: ArrayLike<number>): number {
  const sum = sumOf(values);
  if (Number.isFinite(sum)) return sum / values.length;
  let ofInfinite = 0;
  let mean = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isFinite(value)) mean += value / values.length;
    else ofInfinite += value;
  }
  return ofInfinite === 0 ? mean : ofInfinite;
}

/** The smallest (sign 1) or greatest (sign -1) value; NaN only if there is nothing else. */
export function extremeOf(values: ArrayLike<number>, sign: 1 | -1): number {
  let extreme = Number.NaN;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isNaN(extreme) || value * sign < extreme * sign) extreme = value;
  }
  return extreme;
}

/** Population variance (Welford). */
export function varianceOf(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  const squares = new Sum();
  for (let index = 0; index < values.length; index++) squares.add(((values[index] as number) - mean) ** 2);
  return squares.value / values.length;
}

/** Linear interpolation between the ranks; NaN counts as the smallest value (promql/quantile.go quantile). */
export function quantileOf(q: number, values: ArrayLike<number>): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const sorted = Array.from(values).sort(ascending);
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] as number) * (1 - weight) + (sorted[upper] as number) * weight;
}

/** NaN first. */
export function ascending(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

import { NATIVE_CELL } from "../../collector/series/cells.ts";
import type { NativeBuckets, NativeHistogram } from "../../collector/wire/remote-write-batch.ts";

const NO_BUCKETS: NativeBuckets = { offset: 0, counts: [] };
/** Prometheus' own where OTLP gives none (prometheus: storage/remote/otlptranslator defaultZeroThreshold). */
const DEFAULT_ZERO_THRESHOLD = 1e-128;
/** prometheus: model/histogram. What is finer the store has merged; 2.42 to 3.5 took schema 9 and then failed in queries. */
const MAX_SCHEMA = 8;
const MIN_SCHEMA = -4;
/** prometheus: model/histogram/generic.go CustomBucketsSchema. */
export const CUSTOM_SCHEMA = -53;

export const EMPTY_HISTOGRAM: NativeHistogram = {
  schema: 0,
  count: 0,
  sum: 0,
  zeroThreshold: DEFAULT_ZERO_THRESHOLD,
  zeroCount: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
};
/** The encoder writes the very NaN. */
export const STALE_HISTOGRAM: NativeHistogram = { ...EMPTY_HISTOGRAM, sum: Number.NaN, zeroThreshold: 0 };

/**
 * A copy of the cells. Undefined where no receiver takes it: the count is not what its buckets add up to (500 in Prometheus 2.53 and 3.5,
 * again and again), or the schema is none.
 */
export function nativeHistogram(values: ArrayLike<number>, cell: number, hasSum: boolean): NativeHistogram | undefined {
  const at = (offset: number) => values[cell + offset] as number;
  const schema = at(NATIVE_CELL.scale);
  const positiveLength = at(NATIVE_CELL.positiveLength);
  const start = cell + NATIVE_CELL.buckets;
  const positive = copied(values, start, positiveLength, at(NATIVE_CELL.positiveOffset));
  const negative = copied(values, start + positiveLength, at(NATIVE_CELL.negativeLength), at(NATIVE_CELL.negativeOffset));
  const count = at(NATIVE_CELL.count);
  const zeroCount = at(NATIVE_CELL.zeroCount);
  if (schema < MIN_SCHEMA || schema > MAX_SCHEMA || sumOf(positive.counts) + sumOf(negative.counts) + zeroCount !== count) return undefined;
  return {
    schema,
    count,
    sum: hasSum ? at(NATIVE_CELL.sum) : 0,
    zeroThreshold: at(NATIVE_CELL.zeroThreshold) || DEFAULT_ZERO_THRESHOLD,
    zeroCount,
    positive,
    negative,
  };
}

/** A classic histogram as one with custom buckets. What the buckets do not account for fell above the last bound. */
export function customHistogram(bounds: ArrayLike<number>, counts: ArrayLike<number>, count: number, sum: number): NativeHistogram | undefined {
  const copy = Array.from({ length: bounds.length + 1 }, (_, index) => counts[index] ?? 0);
  const missing = count - sumOf(copy);
  if (missing < 0) return undefined;
  copy[bounds.length] = (copy[bounds.length] as number) + missing;
  return {
    schema: CUSTOM_SCHEMA,
    count,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: copy },
    negative: NO_BUCKETS,
    customBounds: Array.from(bounds),
  };
}

/** Prometheus counts buckets from one further up than OTLP. */
function copied(values: ArrayLike<number>, start: number, length: number, offset: number): NativeBuckets {
  if (length === 0) return NO_BUCKETS;
  const counts = new Float64Array(length);
  for (let index = 0; index < length; index++) counts[index] = values[start + index] as number;
  return { offset: offset + 1, counts };
}

function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < counts.length; index++) sum += counts[index] as number;
  return sum;
}

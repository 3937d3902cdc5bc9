import type { ExponentialBuckets } from "../../collector/model/metric.ts";

/** ln of 2^1024, the first bound that a double cannot hold. */
const OVERFLOW = 1024 * Math.LN2;

/**
 * The bound below bucket `index` of an exponential histogram (and above bucket `index − 1`): 2^(index / 2^scale).
 * Taken as e^(index · ln 2 / 2^scale) because otelcol prints those digits; where its platform's `exp` rounds otherwise, the last digit differs.
 */
export function bucketBound(index: number, scale: number): number {
  const exponent = index * (Math.LN2 * 2 ** -scale);
  return exponent >= OVERFLOW ? Number.POSITIVE_INFINITY : Math.exp(exponent);
}

/** Each bucket's index and count. */
export function indexed(buckets: ExponentialBuckets | undefined): readonly (readonly [index: number, count: bigint])[] {
  return buckets?.bucketCounts.map((count, at) => [buckets.offset + at, count] as const) ?? [];
}

/** Negative buckets in the order of the number line. */
export function farEndFirst(buckets: ExponentialBuckets | undefined): readonly (readonly [index: number, count: bigint])[] {
  return indexed(buckets).toReversed();
}

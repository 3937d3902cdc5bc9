import { chiSquareTail } from "./distributions.ts";

export interface Imbalance {
  /** Load of the busiest over the mean: 1 is even, n is all on one of n. NaN without load. */
  readonly maxToMean: number;
  /** Standard deviation over mean (population). */
  readonly variation: number;
  readonly chiSquare: number;
  /** That an even split would come out this uneven by chance. 1 for fewer than two. */
  readonly p: number;
}

/**
 * How evenly instances share the load: counts of requests by instance, those that got none included.
 *
 * Sticky connections make requests come in bundles, so p alone says little: rule D19 asks for maxToMean > 1.5 too.
 * Source: K. Pearson's chi-square against equal shares (1900).
 */
export function evenSplit(counts: readonly number[]): Imbalance {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = total / counts.length;
  if (!(total > 0)) return { maxToMean: Number.NaN, variation: Number.NaN, chiSquare: 0, p: 1 };
  const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0);
  const chiSquare = squares / mean;
  return {
    maxToMean: Math.max(...counts) / mean,
    variation: Math.sqrt(squares / counts.length) / mean,
    chiSquare,
    p: counts.length < 2 ? 1 : chiSquareTail(chiSquare, counts.length - 1),
  };
}

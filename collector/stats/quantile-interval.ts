import { binomialCdf } from "./distributions.ts";
import type { Estimate } from "./interval.ts";
import { checkedConfidence, DEFAULT_CONFIDENCE } from "./interval.ts";
import type { OrderStatistics } from "./order-statistics.ts";
import { rankOf } from "./order-statistics.ts";

/** The order statistics that bound a quantile. undefined: the sample is too small to have a bound on that side. */
export interface QuantileRanks {
  readonly lower: number | undefined;
  readonly upper: number | undefined;
  /** Probability that the two enclose the quantile of what was sampled from, whatever its distribution; at least the confidence asked for. */
  readonly coverage: number;
}

/** What a sample says of a quantile. */
export type QuantileEstimate =
  | (Estimate & {
      readonly isStated: true;
      readonly count: number;
      readonly coverage: number;
      /** How far off `value` may be only because of the buckets it was kept in, as a ratio ≥ 1 of the bucket's bounds; 1 for raw values. */
      readonly bucketRatio: number;
    })
  | { readonly isStated: false; readonly count: number; readonly needed: number };

/**
 * Ranks l and u with P(x(l) ≤ quantile ≤ x(u)) ≥ confidence, equal tails.
 * Source: W. J. Conover, "Practical Nonparametric Statistics" (1999), §3.2; the number of values below the quantile is binomial(n, q).
 */
export function quantileRanks(count: number, q: number, confidence: number = DEFAULT_CONFIDENCE): QuantileRanks {
  const tail = (1 - checkedConfidence(confidence)) / 2;
  // l is the largest rank with P(fewer than l below) ≤ tail, u the smallest with P(u or more below) ≤ tail.
  const lower = lastWhere(count, (rank) => binomialCdf(rank - 1, count, q) <= tail);
  const upper = lastWhere(count, (rank) => binomialCdf(rank - 1, count, q) < 1 - tail) + 1;
  const below = lower === 0 ? 0 : binomialCdf(lower - 1, count, q);
  const above = upper > count ? 0 : 1 - binomialCdf(upper - 1, count, q);
  return { lower: lower === 0 ? undefined : lower, upper: upper > count ? undefined : upper, coverage: 1 - below - above };
}

/**
 * How many values it takes before the largest of them bounds the quantile from above (for q < ½: the least from below): 59 for p95,
 * 299 for p99, 2995 for p99.9 at 95 %. With fewer the sample's quantile is little but its extreme, and is not stated.
 * Source: S. S. Wilks, "Determination of sample sizes for setting tolerance limits" (1941): 1 − q^n ≥ confidence.
 */
export function samplesNeeded(q: number, confidence: number = DEFAULT_CONFIDENCE): number {
  const extreme = Math.max(q, 1 - q);
  if (extreme >= 1) return 1;
  return Math.ceil(Math.log1p(-checkedConfidence(confidence)) / Math.log(extreme) - 1e-9);
}

/** A quantile with its distribution-free interval, which takes in what the buckets leave open. Throws: RangeError for q outside 0 … 1. */
export function quantileEstimate(sample: OrderStatistics, q: number, confidence: number = DEFAULT_CONFIDENCE): QuantileEstimate {
  const { count } = sample;
  const needed = samplesNeeded(q, confidence);
  if (count < needed) return { isStated: false, count, needed };
  const here = sample.at(rankOf(q, count));
  const ranks = quantileRanks(count, q, confidence);
  return {
    isStated: true,
    count,
    value: here.value,
    lower: ranks.lower === undefined ? -Infinity : sample.at(ranks.lower).lower,
    upper: ranks.upper === undefined ? Infinity : sample.at(ranks.upper).upper,
    coverage: ranks.coverage,
    bucketRatio: here.lower === here.upper ? 1 : here.upper / here.lower,
  };
}

/** One-sided: what the quantile is not above, with the confidence; Infinity with fewer than `samplesNeeded`. */
export function quantileUpperBound(sample: OrderStatistics, q: number, confidence: number = DEFAULT_CONFIDENCE): number {
  const level = checkedConfidence(confidence);
  const rank = lastWhere(sample.count, (at) => binomialCdf(at - 1, sample.count, q) < level) + 1;
  return rank > sample.count ? Infinity : sample.at(rank).upper;
}

/** The largest of 1 … count for which it holds, 0 when for none; it must hold up to there and nowhere after. */
function lastWhere(count: number, holds: (rank: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

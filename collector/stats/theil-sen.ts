import { blockMedians } from "./block-medians.ts";
import { normalQuantile } from "./distributions.ts";
import type { Estimate } from "./interval.ts";
import { checkedConfidence, DEFAULT_CONFIDENCE } from "./interval.ts";
import { median, tieSizes } from "./summary.ts";

/** All pairs of more points than this would take a second; more are first reduced to medians of neighbours. */
const MAX_POINTS = 2000;

/** `value`, `lower`, `upper` are the slope, in units of value per unit of time. */
export interface TrendLine extends Estimate {
  readonly intercept: number;
  /** Points that were used. */
  readonly points: number;
}

/**
 * Slope that 29 % of outliers cannot turn: the median slope of all pairs. undefined for fewer than three points or all at one time.
 *
 * The interval takes neighbours to be independent: reduce samples that are not (`blockMedians`), or use `robustTrend`, which does.
 * Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau" (1968). Complexity: O(n²), n ≤ 2000.
 */
export function theilSen(times: ArrayLike<number>, values: ArrayLike<number>, confidence: number = DEFAULT_CONFIDENCE): TrendLine | undefined {
  const z = normalQuantile(1 - (1 - checkedConfidence(confidence)) / 2);
  const blocks = blockMedians(times, values, Math.ceil(values.length / MAX_POINTS));
  const slopes = pairSlopes(blocks.times, blocks.values);
  if (blocks.values.length < 3 || slopes.length === 0) return undefined;
  const slope = median(slopes);
  const half = z * Math.sqrt(kendallVariance(blocks.values.length, [tieSizes(blocks.times), tieSizes(blocks.values)]));
  const low = Math.max(0, Math.round((slopes.length - half) / 2) - 1);
  const high = Math.min(slopes.length - 1, Math.round((slopes.length + half) / 2));
  return {
    value: slope,
    lower: slopes[low] as number,
    upper: slopes[high] as number,
    intercept: median(blocks.values) - slope * median(blocks.times),
    points: blocks.values.length,
  };
}

/** Of Kendall's S for n points without trend, less what ties take away: n(n−1)(2n+5)/18 − Σ t(t−1)(2t+5)/18. */
export function kendallVariance(n: number, ties: readonly (readonly number[])[]): number {
  const term = (size: number) => size * (size - 1) * (2 * size + 5);
  return Math.max(0, term(n) - ties.flat().reduce((sum, size) => sum + term(size), 0)) / 18;
}

/** In rising order. */
function pairSlopes(times: ArrayLike<number>, values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let filled = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const apart = (times[j] as number) - (times[i] as number);
      if (apart !== 0) slopes[filled++] = ((values[j] as number) - (values[i] as number)) / apart;
    }
  }
  return slopes.slice(0, filled).sort();
}

import { autocorrelationTime, blockMedians } from "./block-medians.ts";
import type { TrendTest } from "./mann-kendall.ts";
import { mannKendall } from "./mann-kendall.ts";
import { robustDeviation } from "./summary.ts";
import type { TrendLine } from "./theil-sen.ts";
import { theilSen } from "./theil-sen.ts";

export interface RobustTrend extends TrendLine, Pick<TrendTest, "p"> {
  /** Neighbours that were made one, because they resembled each other. */
  readonly blockSize: number;
  /** Slopes up to this one (two standard errors) would not have been noticed in this much data. */
  readonly leastDetectable: number;
}

/** Blocks as long as three autocorrelation times are nearly independent. */
const TIMES_PER_BLOCK = 3;
/** Independent samples come out at up to this by chance. */
const INDEPENDENT = 1.5;
/** Fewer blocks than this say nothing; the blocks get shorter instead. */
const LEAST_BLOCKS = 8;
/** n for which an interval can be far from 0 at all. */
const LEAST_POINTS = 5;

/**
 * The trend of a measured series: neighbours that resemble each other are first made one by their median, then slope by Theil–Sen and p by
 * Mann–Kendall after Hamed and Rao. Times evenly spaced, in any unit. undefined for fewer than five points.
 */
export function robustTrend(times: ArrayLike<number>, values: ArrayLike<number>, confidence?: number): RobustTrend | undefined {
  const rough = values.length < LEAST_POINTS ? undefined : theilSen(times, values, confidence);
  if (rough === undefined) return undefined;
  const rest = Float64Array.from(values, (value, index) => value - rough.intercept - rough.value * (times[index] as number));
  const time = autocorrelationTime(rest);
  const wanted = time < INDEPENDENT ? 1 : Math.ceil(TIMES_PER_BLOCK * time);
  const blockSize = Math.max(1, Math.min(wanted, Math.floor(values.length / LEAST_BLOCKS)));
  const blocks = blockMedians(times, values, blockSize);
  const line = theilSen(blocks.times, blocks.values, confidence) ?? rough;
  return { ...line, p: mannKendall(blocks.values).p, blockSize, leastDetectable: leastDetectableSlope(times, rest) };
}

/**
 * Two standard errors of a slope through n samples with noise σ over T: 2·σ·√12/(T·√n), n counted in independent samples. A leak below it is
 * invisible to this run, and a report that calls memory flat says so. Unit: value per unit of time.
 * Source: variance of a least-squares slope on an even grid, σ²/Σ(t−t̄)² with Σ(t−t̄)² ≈ n·T²/12.
 *
 * `rest` is what is left of the values when the trend is taken off.
 */
export function leastDetectableSlope(times: ArrayLike<number>, rest: ArrayLike<number>): number {
  const duration = (times[times.length - 1] as number) - (times[0] as number);
  const independent = rest.length / autocorrelationTime(rest);
  return (2 * robustDeviation(rest) * Math.sqrt(12)) / (duration * Math.sqrt(independent));
}

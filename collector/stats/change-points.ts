import { autocorrelationTime } from "./block-medians.ts";
import { meanCost, optimalPartition } from "./optimal-partition.ts";
import { mean, median, midranks, stepNoise } from "./summary.ts";

/** From `index` on the series has another level. */
export interface ChangePoint {
  readonly index: number;
  /** Medians of the segments before and after. */
  readonly before: number;
  readonly after: number;
}

export interface ChangePointOptions {
  /** Shortest segment, in values. */
  readonly minLength?: number;
  /** Smaller changes are no findings: absolute, and as a share of the level before (0..1). */
  readonly minChange?: number;
  readonly minRatio?: number;
}

const MIN_LENGTH = 5;
/** Share of a level that nobody would call a change. */
const MIN_RATIO = 0.1;
/** Per cut, in variances of the noise, times ln n: twice what BIC asks for, since seconds of a load run resemble each other. */
const PENALTY = 4;
/** At first only the plainest cuts, so that what is left shows how much neighbours resemble each other. */
const FIRST_PENALTY = 30;

/**
 * When a per-second series (p95, error ratio, rate) took another level: "it broke at second 203". Values in order of time, evenly spaced.
 *
 * Source: cuts by least squares with a penalty (PELT, see `optimalPartition`), noise estimated from step to step so that the changes do not
 * count as noise; then cuts between levels that differ too little are taken back, as Hunter and Otava do (minimum magnitude).
 */
export function changePoints(values: ArrayLike<number>, options: ChangePointOptions = {}): readonly ChangePoint[] {
  const { minLength = MIN_LENGTH, minChange = 0, minRatio = MIN_RATIO } = options;
  const n = values.length;
  if (n < 2 * minLength) return [];
  const measured = Float64Array.from(values);
  // Latencies and rates scatter in proportion to their level; their logarithms do not.
  const all = measured.every((value) => value > 0) ? measured.map(Math.log) : measured;
  const cut = (penalty: number) => [0, ...optimalPartition(n, meanCost(all), penalty, minLength), n];
  const noise = Math.max(stepNoise(all) ** 2, smallestNoise(all) ** 2);
  const first = cut(FIRST_PENALTY * noise * Math.log(n));
  // Noise of neighbours that resemble each other is larger than their steps show.
  const rest = residuals(all, first);
  const variance = Math.max(noise, rest.reduce((sum, value) => sum + value * value, 0) / n);
  const time = Math.min(MAX_TIME, autocorrelationTime(rest));
  let bounds = cut(PENALTY * variance * time * Math.log(n));
  for (;;) {
    const segments = bounds.slice(1).map((end, at) => segmentOf(all.subarray(bounds[at], end), variance));
    const found = segments.slice(1).map((after, at) => {
      const before = segments[at] as Segment;
      const error = Math.sqrt(time * (before.variance / before.length + after.variance / after.length));
      const [from, index, to] = bounds.slice(at, at + 3) as [number, number, number];
      const levels = { before: median(measured.subarray(from, index)), after: median(measured.subarray(index, to)) };
      return { index, ...levels, strength: Math.abs(after.centre - before.centre) / error };
    });
    const size = ({ before, after }: ChangePoint) => Math.abs(after - before);
    const isSmall = (point: (typeof found)[number]) =>
      size(point) < minChange || size(point) < minRatio * Math.abs(point.before) || point.strength < LEAST_STRENGTH;
    const least = found.filter(isSmall).sort((a, b) => a.strength - b.strength)[0];
    if (least === undefined) return found.map(({ index, before, after }) => ({ index, before, after }));
    bounds = bounds.filter((bound) => bound !== least.index);
  }
}

/** Standard errors between two levels, by the noise of the two segments themselves: a louder part of a run has no more changes for that. */
const LEAST_STRENGTH = 4.5;
/** Shorter segments do not tell their own noise. */
const TELLS_NOISE = 10;

interface Segment {
  readonly centre: number;
  readonly variance: number;
  readonly length: number;
}

function segmentOf(part: Float64Array, variance: number): Segment {
  const centre = mean(part);
  const own = part.reduce((sum, value) => sum + (value - centre) ** 2, 0) / part.length;
  return { centre, variance: part.length < TELLS_NOISE ? Math.max(own, variance) : Math.max(own, variance / 10), length: part.length };
}

/** A single slow wave is no noise: beyond this the correction would hide real changes. */
const MAX_TIME = 10;

function residuals(values: Float64Array, bounds: readonly number[]): Float64Array {
  const rest = Float64Array.from(values);
  for (let segment = 1; segment < bounds.length; segment++) {
    const part = rest.subarray(bounds[segment - 1], bounds[segment]);
    const level = part.reduce((sum, value) => sum + value, 0) / part.length;
    for (let index = 0; index < part.length; index++) part[index] = (part[index] as number) - level;
  }
  return rest;
}

/** Where most steps are 0 (an error ratio, mostly none), a thousandth of the range stands in for the noise. */
function smallestNoise(values: Float64Array): number {
  return (
    (values.reduce((high, value) => Math.max(high, value), -Infinity) - values.reduce((low, value) => Math.min(low, value), Infinity)) / 1000 || 1e-12
  );
}

/**
 * Whether there is one change at all, and after which index it is likeliest. p is approximate, for n ≥ 10 or so, and takes values to be independent.
 * Source: A. N. Pettitt, "A non-parametric approach to the change-point problem" (1979).
 */
export function pettittTest(values: ArrayLike<number>): { readonly index: number; readonly p: number } {
  const n = values.length;
  const ranks = midranks(values);
  let [sum, largest, index] = [0, 0, 0];
  for (let at = 0; at < n - 1; at++) {
    sum += 2 * (ranks[at] as number);
    const size = Math.abs(sum - (at + 1) * (n + 1));
    if (size > largest) [largest, index] = [size, at + 1];
  }
  return { index, p: Math.min(1, 2 * Math.exp((-6 * largest * largest) / (n ** 3 + n ** 2))) };
}

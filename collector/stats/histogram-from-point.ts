import type { ExponentialHistogramPoint, HistogramPoint, ExponentialBuckets as PointBuckets } from "../model/metric.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";
import { MAX_SCALE, MIN_SCALE } from "./exponential-index.ts";
import { histogramFromExplicit } from "./histogram-from-explicit.ts";

const NONE: PointBuckets = { offset: 0, bucketCounts: [] };
/** Exponents of doubles, subnormal ones included. */
const [MIN_EXPONENT, MAX_EXPONENT] = [-1075, 1024];

/**
 * A point of OTLP as a histogram in the point's own unit. A cumulative point is everything since its start: see `histogramDifference`.
 * undefined: the point contradicts itself (count ≠ buckets, values no double can have) and stands for nothing.
 */
export function histogramFromPoint(point: HistogramPoint | ExponentialHistogramPoint, maxSize?: number): ExponentialHistogram | undefined {
  return "scale" in point ? fromExponential(point, maxSize) : fromExplicit(point, maxSize);
}

function fromExplicit(point: HistogramPoint, maxSize: number | undefined): ExponentialHistogram | undefined {
  const counts = point.bucketCounts.map(Number);
  // Without buckets (metrics.proto allows it) count and sum are all that is known.
  const made = histogramFromExplicit(
    {
      bounds: point.explicitBounds,
      counts: counts.length === 0 ? [Number(point.count)] : counts,
      sum: point.sum,
      min: point.min,
      max: point.max,
    },
    maxSize,
  );
  return made?.count === Number(point.count) ? made : undefined;
}

function fromExponential(point: ExponentialHistogramPoint, maxSize: number | undefined): ExponentialHistogram | undefined {
  const { positive = NONE, negative = NONE } = point;
  if (point.scale < MIN_SCALE || !isWithinDoubles(positive, point.scale) || !isWithinDoubles(negative, point.scale)) return undefined;
  const excess = Math.max(0, point.scale - MAX_SCALE);
  const count = Number(point.count);
  const isEmpty = count === 0;
  const made = ExponentialHistogram.of({
    maxSize,
    scale: point.scale - excess,
    zeroCount: Number(point.zeroCount),
    zeroThreshold: point.zeroThreshold >= 0 ? point.zeroThreshold : 0,
    sum: isEmpty ? 0 : point.sum,
    min: isEmpty ? undefined : point.min,
    max: isEmpty ? undefined : point.max,
    positive: coarser(positive, excess),
    negative: coarser(negative, excess),
  });
  return made.count === count ? made : undefined;
}

function isWithinDoubles({ offset, bucketCounts }: PointBuckets, scale: number): boolean {
  const perOctave = 2 ** scale;
  return bucketCounts.length === 0 || (offset >= MIN_EXPONENT * perOctave - 1 && offset + bucketCounts.length - 1 <= MAX_EXPONENT * perOctave);
}

function coarser({ offset, bucketCounts }: PointBuckets, shift: number): { readonly offset: number; readonly counts: readonly number[] } {
  if (shift === 0) return { offset, counts: bucketCounts.map(Number) };
  const first = Math.floor(offset / 2 ** shift);
  const counts: number[] = [];
  bucketCounts.forEach((count, index) => {
    const slot = Math.floor((offset + index) / 2 ** shift) - first;
    counts[slot] = (counts[slot] ?? 0) + Number(count);
  });
  return { offset: first, counts };
}

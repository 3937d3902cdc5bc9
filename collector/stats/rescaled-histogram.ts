import type { BucketWindow } from "./bucket-window.ts";
import type { HistogramView } from "./exponential-histogram.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";
import { bucketIndex, bucketRatio, lowerEdge } from "./exponential-index.ts";

/**
 * The same distribution in another unit: factor 1000 turns seconds (http.server.request.duration) into milliseconds (k6).
 *
 * 1000 is no power of base 2, so buckets do not fall on buckets: each goes to the one that holds its middle, and `blur` remembers that a value
 * may lie up to half a bucket outside. Sum, min, max and edges are exact. Throws: RangeError for a factor that is not positive.
 */
export function rescaledHistogram(histogram: HistogramView, factor: number): ExponentialHistogram {
  if (!(factor > 0 && Number.isFinite(factor))) throw new RangeError(`no factor between units: ${factor}`);
  const { scale, sum, min, max, edges } = histogram;
  return ExponentialHistogram.of({
    maxSize: histogram.maxSize,
    scale,
    zeroCount: histogram.zeroCount,
    zeroThreshold: histogram.zeroThreshold * factor,
    sum: sum === undefined ? undefined : sum * factor,
    min: min === undefined ? undefined : min * factor,
    max: max === undefined ? undefined : max * factor,
    positive: moved(histogram.positive, scale, factor),
    negative: moved(histogram.negative, scale, factor),
    edges: edges?.map((edge) => edge * factor),
    blur: histogram.blur * (isPowerOfBase(factor, scale) ? 1 : Math.sqrt(bucketRatio(scale))),
  });
}

function moved(window: BucketWindow, scale: number, factor: number): { readonly offset: number; readonly counts: Float64Array } {
  if (window.isEmpty) return { offset: 0, counts: new Float64Array(0) };
  const target = (index: number) => bucketIndex(2 ** ((index + 0.5) * 2 ** -scale) * factor, scale);
  const offset = target(window.low);
  const counts = new Float64Array(target(window.high) - offset + 1);
  for (let index = window.low; index <= window.high; index++) {
    const slot = target(index) - offset;
    counts[slot] = (counts[slot] as number) + window.at(index);
  }
  return { offset, counts };
}

function isPowerOfBase(factor: number, scale: number): boolean {
  return lowerEdge(bucketIndex(factor, scale) + 1, scale) === factor;
}

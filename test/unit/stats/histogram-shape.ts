import type { BucketWindow } from "../../../collector/stats/bucket-window.ts";
import { ExponentialHistogram, type HistogramView } from "../../../collector/stats/exponential-histogram.ts";

/** The used buckets: index, count. */
export function bucketsOf(window: BucketWindow): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let index = window.low; index <= window.high; index++) if (window.at(index) > 0) found.push([index, window.at(index)]);
  return found;
}

/** All but the sum, whose last digits depend on the order of addition. */
export function shapeOf({ scale, count, zeroCount, zeroThreshold, min, max, edges, blur, positive, negative }: HistogramView) {
  return { scale, count, zeroCount, zeroThreshold, min, max, edges, blur, positive: bucketsOf(positive), negative: bucketsOf(negative) };
}

export function recorded(values: readonly number[], maxSize = 160): ExponentialHistogram {
  const made = new ExponentialHistogram(maxSize);
  for (const value of values) if (!made.record(value)) throw new Error(`not recorded: ${value}`);
  return made;
}

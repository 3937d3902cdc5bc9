import type { BucketWindow } from "./bucket-window.ts";
import type { HistogramView } from "./exponential-histogram.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";

/**
 * What a cumulative histogram gained since an earlier reading of it. undefined when any count fell: the source began anew, and `current` itself
 * is what it gained since then.
 *
 * `min` and `max` of the gain are known only where they moved. Source: OTLP data model, "Resets and gaps"; a source that halved its resolution
 * or raised its zero threshold in between is followed.
 */
export function histogramDifference(current: HistogramView, previous: HistogramView): ExponentialHistogram | undefined {
  if (current.count < previous.count || current.scale > previous.scale || current.zeroThreshold < previous.zeroThreshold) return undefined;
  if (previous.edges !== undefined && !sameEdges(previous.edges, current.edges)) return undefined;
  const before = new ExponentialHistogram(previous.maxSize, previous.scale);
  before.merge(previous);
  before.downscale(before.scale - current.scale);
  before.raiseZeroThreshold(current.zeroThreshold);
  const positive = gained(current.positive, before.positive);
  const negative = gained(current.negative, before.negative);
  const zeroCount = current.zeroCount - before.zeroCount;
  if (positive === undefined || negative === undefined || zeroCount < 0) return undefined;
  const isEmpty = current.count === previous.count;
  return ExponentialHistogram.of({
    maxSize: current.maxSize,
    scale: current.scale,
    zeroCount,
    zeroThreshold: current.zeroThreshold,
    sum: isEmpty ? 0 : current.sum === undefined || previous.sum === undefined ? undefined : current.sum - previous.sum,
    min: isEmpty ? undefined : moved(current.min, previous.min, previous.count),
    max: isEmpty ? undefined : moved(current.max, previous.max, previous.count),
    positive,
    negative,
    edges: current.edges,
    blur: current.blur,
  });
}

function gained(now: BucketWindow, then: BucketWindow): { readonly offset: number; readonly counts: Float64Array } | undefined {
  if (!then.isEmpty && (then.low < now.low || then.high > now.high)) return undefined;
  const counts = new Float64Array(Math.max(0, now.high - now.low + 1));
  for (let slot = 0; slot < counts.length; slot++) {
    const gain = now.at(now.low + slot) - then.at(now.low + slot);
    if (gain < 0) return undefined;
    counts[slot] = gain;
  }
  return { offset: now.low, counts };
}

function moved(now: number | undefined, then: number | undefined, countThen: number): number | undefined {
  return countThen === 0 || (then !== undefined && now !== then) ? now : undefined;
}

function sameEdges(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a === b || (b !== undefined && a.length === b.length && a.every((edge, index) => edge === b[index]));
}

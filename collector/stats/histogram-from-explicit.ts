import { ExponentialHistogram } from "./exponential-histogram.ts";
import { bucketIndex, bucketRatio, lowerEdge } from "./exponential-index.ts";

/** Explicit buckets are coarser than this; a finer scale would only cost room, and at this one the OTLP default bounds fit. 8 buckets to an octave. */
const SCALE = 3;
/** A bucket from 0 is spread over this many octaves below its end; what lies lower goes to the lowest. */
const OCTAVES_ABOVE_ZERO = 5;

/** Below it doubles run out of precision, and no measurement lies there. */
const LEAST_SPREAD = 1e-290;

/** `counts[i]` holds what is in (bounds[i−1], bounds[i]]; one count more than bounds. */
export interface ExplicitBuckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/**
 * Explicit buckets (OTLP Histogram, Prometheus classic, a generator's own) as a histogram that merges with all others.
 *
 * Each bucket's count is spread evenly over it, as histogram_quantile does, and the bounds stay with the histogram as `edges`: so best values
 * are a guess within the source's bucket, and `lower`/`upper` tell the whole of that bucket. The OTLP default bounds cannot tell 260 ms from
 * 490 ms, nor anything above 10 s. Values are taken to be no less than 0 unless a bound or `min` is negative.
 * undefined: bounds do not rise, or the counts do not fit them or are no whole numbers.
 */
export function histogramFromExplicit(buckets: ExplicitBuckets, maxSize?: number): ExponentialHistogram | undefined {
  const { bounds, counts, sum } = buckets;
  if (counts.length !== bounds.length + 1 || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return undefined;
  if (!bounds.every((bound, index) => Number.isFinite(bound) && (index === 0 || bound > (bounds[index - 1] as number)))) return undefined;
  const min = finiteOrNone(buckets.min);
  const max = finiteOrNone(buckets.max);
  const isSigned = (bounds[0] ?? 0) < 0 || (min ?? 0) < 0;
  const made = new ExponentialHistogram(maxSize, SCALE);
  counts.forEach((count, index) => {
    if (count === 0) return;
    const from = Math.max(bounds[index - 1] ?? (isSigned ? -Infinity : 0), min ?? -Infinity);
    const to = Math.min(bounds[index] ?? Infinity, max ?? Infinity);
    spread(made, from, Math.max(from, to), count);
  });
  made.sum = finiteOrNone(sum) ?? (made.count === 0 ? 0 : undefined);
  made.min = made.count === 0 ? undefined : min;
  made.max = made.count === 0 ? undefined : max;
  made.edges = !isSigned && (bounds[0] ?? 1) > 0 ? [0, ...bounds] : bounds;
  return made;
}

/** Into buckets that lie wholly within (from, to] if there are such: then its edges tell them apart from the neighbours. */
function spread(into: ExponentialHistogram, from: number, to: number, count: number): void {
  if (from < 0 || to < LEAST_SPREAD || !Number.isFinite(to)) {
    into.record(representative(from, to, into.scale), count);
    return;
  }
  // The scale may have been halved by earlier buckets: adding values, not indices, keeps that the histogram's own affair.
  const { scale } = into;
  const lowest = Math.max(from, to * 2 ** -OCTAVES_ABOVE_ZERO);
  const first = bucketIndex(lowest, scale) + 1;
  const end = bucketIndex(to, scale);
  const last = lowerEdge(end + 1, scale) === to ? end : end - 1;
  if (first > last) {
    into.record(representative(from, to, into.scale), count);
    return;
  }
  let given = 0;
  for (let index = first; index <= last; index++) {
    const upTo = index === last ? count : Math.round((count * (lowerEdge(index + 1, scale) - from)) / (to - from));
    if (upTo > given) into.record(Math.sqrt(lowerEdge(index, scale)) * Math.sqrt(lowerEdge(index + 1, scale)), upTo - given);
    given = Math.max(given, upTo);
  }
}

/** A value within (from, to], for buckets that cannot be spread. */
function representative(from: number, to: number, scale: number): number {
  if (Number.isFinite(from) && Number.isFinite(to)) return from + (to - from) / 2;
  if (Number.isFinite(to)) return to;
  if (!Number.isFinite(from)) return 0;
  // The next bucket above: this one has no end. Any value does where it begins at 0.
  return from > 0 ? from * bucketRatio(scale) : from === 0 ? 1 : 0;
}

function finiteOrNone(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

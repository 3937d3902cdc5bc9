import { readLength, readTag, readVarint, skipUnknown, VARINT } from "../wire/scan-cursor.ts";
import { POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { unzigzag } from "../wire/scan-points.ts";

/** Classic buckets: `counts[i]` observations are ≤ `bounds[i]` and above the bound before; what is above the last bound is not in it. */
export interface ClassicBuckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Powers of two that a histogram may span here; beyond it (a hostile or broken sender) the lowest ones are folded together. */
const MAX_BOUNDS = 160;

/**
 * An exponential histogram's point in buckets that end at powers of two. At scale s ≥ 0 each power spans 2^s buckets whose edges meet it
 * exactly; at s < 0 a bucket spans several powers and only its own edges appear.
 *
 * Bounds of `before` that lie on the same grid stay, so that the list only grows. Undefined where the scale is out of range.
 * Source: opentelemetry-specification/specification/metrics/data-model.md#exponentialhistogram
 */
export function foldExponential(columns: MetricColumns, point: number, before: readonly number[]): ClassicBuckets | undefined {
  const { words, doubles } = columns.points;
  const scale = (words[point + POINT_ROW.scale] as number) | 0;
  if (scale < -10 || scale > 20) return undefined;
  const step = scale < 0 ? 2 ** -scale : 1;
  const shift = Math.max(scale, 0);
  const byBound = new Map<number, number>();
  const add = (bound: number, count: number) => {
    if (Number.isFinite(bound)) byBound.set(bound, (byBound.get(bound) ?? 0) + count);
  };
  forEachBucket(columns, point + POINT_ROW.negativeStart, (index, count) => add(-(2 ** ((index >> shift) * step)), count));
  forEachBucket(columns, point + POINT_ROW.positiveStart, (index, count) => add(2 ** (((index >> shift) + 1) * step), count));
  const zeros = (words[point + POINT_ROW.zeroCountLow] as number) + (words[point + POINT_ROW.zeroCountHigh] as number) * 0x1_0000_0000;
  const threshold = doubles[(point + POINT_ROW.zeroThreshold) >>> 1] as number;
  if (zeros > 0 || byBound.size === 0) add(Math.max(threshold, 0), zeros);
  for (const bound of before) if (isOnGrid(bound, step)) add(bound, 0);
  fillGaps(byBound, step);
  return limited([...byBound].sort(([a], [b]) => a - b));
}

/** 0 and small thresholds always are; powers of two where the exponent is a multiple of the step. */
function isOnGrid(bound: number, step: number): boolean {
  const exponent = Math.log2(Math.abs(bound));
  return bound === 0 || (Number.isInteger(exponent) && exponent % step === 0);
}

/** All powers between the lowest and the highest one: a bucket that fills later must not appear out of nothing. */
function fillGaps(byBound: Map<number, number>, step: number): void {
  for (const sign of [1, -1]) {
    const exponents = [...byBound.keys()]
      .filter((bound) => Math.sign(bound) === sign && isOnGrid(bound, step))
      .map((bound) => Math.log2(Math.abs(bound)));
    if (exponents.length === 0) continue;
    const last = Math.max(...exponents);
    for (let exponent = Math.max(Math.min(...exponents), last - MAX_BOUNDS * step); exponent < last; exponent += step) {
      const bound = sign * 2 ** exponent;
      if (!byBound.has(bound)) byBound.set(bound, 0);
    }
  }
}

/** Too many: the lowest are left out, and what they counted is counted by the first that stays. */
function limited(buckets: [number, number][]): ClassicBuckets {
  const surplus = Math.max(0, buckets.length - MAX_BOUNDS);
  const kept = buckets.slice(surplus);
  let below = 0;
  for (const [, count] of buckets.slice(0, surplus)) below += count;
  return { bounds: kept.map(([bound]) => bound), counts: kept.map(([, count], index) => (index === 0 ? count + below : count)) };
}

/** Buckets: 1 offset sint32, 2 bucket_counts packed varint. `range` is the word where the body's range stands. */
function forEachBucket({ bytes, points }: MetricColumns, range: number, visit: (index: number, count: number) => void): void {
  const end = points.words[range + 1] as number;
  let position = points.words[range] as number;
  let offset = 0;
  let countsStart = 0;
  let countsEnd = 0;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag === 0x08) {
      position = readVarint(bytes, position, end);
      offset = unzigzag(VARINT[0] as number);
    } else if (tag === 0x12) {
      countsStart = readLength(bytes, position, end);
      countsEnd = countsStart + (VARINT[0] as number);
      position = countsEnd;
    } else position = skipUnknown(bytes, position, end, tag, "Buckets");
  }
  for (let index = offset; countsStart < countsEnd; index++) {
    countsStart = readVarint(bytes, countsStart, countsEnd);
    const count = (VARINT[0] as number) + (VARINT[1] as number) * 0x1_0000_0000;
    if (count > 0) visit(index, count);
  }
}

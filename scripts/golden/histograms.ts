import { bucketMap, covers } from "./compare.ts";
import { pointJson, requestJson } from "./otlp-json.ts";
import { NOW_MS, Pipe } from "./pipe.ts";
import { type Fields, isFields } from "./read-cases.ts";
import type { Op } from "./run-case.ts";
import { translationFor } from "./settings.ts";

/** Finest schema of a native histogram: a point of scale 8 + n is merged n times. */
const FINEST_SCALE = 8;

/** `{offset, bucketCounts, scaleDown}`. */
export const exponentialBucketsOp: Op = {
  run: ({ offset = 0, bucketCounts, scaleDown = 0 }) => {
    const counts = numbers(bucketCounts);
    const point = { scale: FINEST_SCALE + Number(scaleDown), count: total(counts), positive: { offset, bucketCounts: counts.map(String) } };
    const native = exponentialOf(point, 2);
    return { spans: native?.["positiveSpans"] ?? [], deltas: native?.["positiveDeltas"] ?? [] };
  },
  matches: sameBuckets,
};

/** `{point, temporality}`: an exponential histogram. */
export const exponentialOp: Op = {
  run: ({ point, temporality }) => exponentialOf(point, temporality === "delta" ? 1 : 2) ?? { error: true, dropped: true },
  matches: sameHistogram,
};

/** `{bucketCounts}`. */
export const customBucketsOp: Op = {
  run: ({ bucketCounts }) => {
    const counts = numbers(bucketCounts);
    const explicitBounds = counts.slice(1).map((_, index) => index + 1);
    const native = customOf({ count: total(counts), sum: 1, bucketCounts: counts.map(String), explicitBounds });
    return { spans: native?.["positiveSpans"] ?? [], deltas: native?.["positiveDeltas"] ?? [] };
  },
  matches: sameBuckets,
};

/** `{point}`: a classic histogram as one with custom buckets. */
export const customOp: Op = {
  run: ({ point }) => customOf(point) ?? { error: true, dropped: true },
  matches: sameHistogram,
};

/**
 * Prometheus' own cases have counts that their buckets do not add up to, and the store refuses such points. How buckets are converted does not
 * depend on it: the point is sent with the sum, and the answer has the count that was stated.
 */
function exponentialOf(point: unknown, temporality: number): Fields | undefined {
  const stated = isFields(point) ? point : {};
  const { positive, negative, zeroCount = 0, count } = stated;
  const observed = [positive, negative].flatMap((side) => numbers(isFields(side) ? side["bucketCounts"] : [])).concat(Number(zeroCount));
  const dataPoints = [pointJson({ ...stated, count: total(observed) })];
  const native = nativeOf({ exponentialHistogram: { aggregationTemporality: temporality, dataPoints } });
  return native && count !== undefined ? { ...native, count: Number(count) } : native;
}

function customOf(point: unknown): Fields | undefined {
  return nativeOf({ histogram: { aggregationTemporality: 2, dataPoints: [pointJson(point)] } });
}

function nativeOf(data: Fields): Fields | undefined {
  const pipe = new Pipe(translationFor(undefined), NOW_MS, { classicToNhcb: true });
  pipe.send(requestJson({}, [{ scope: null, metric: { name: "h", ...data } }]));
  return pipe.pushed().find(({ histogram, timestampMs }) => histogram !== undefined && timestampMs === NOW_MS)?.histogram;
}

function sameBuckets(got: unknown, expected: unknown): boolean {
  if (!isFields(got) || !isFields(expected)) return false;
  return covers([...bucketMap(got["spans"], got["deltas"])], [...bucketMap(expected["spans"], expected["deltas"])]);
}

/**
 * The same schema, sums and buckets. Where the expected buckets add up to less than the count, what is missing may stand above the last bound:
 * so it is with `+Inf` in a classic histogram, and receivers turn down a native one that does not add up.
 */
export function sameHistogram(got: unknown, expected: unknown): boolean {
  if (!isFields(got) || !isFields(expected)) return false;
  if (expected["error"] === true) return got["error"] === true;
  const { positiveSpans, positiveDeltas, negativeSpans, negativeDeltas, ...rest } = expected;
  const positive = bucketMap(positiveSpans, positiveDeltas);
  const negative = bucketMap(negativeSpans, negativeDeltas);
  const { customValues } = expected;
  if (Array.isArray(customValues)) {
    const missing = Number(expected["count"] ?? 0) - [...positive.values()].reduce((sum, count) => sum + count, 0);
    const last = (positive.get(customValues.length) ?? 0) + missing;
    if (missing > 0) return sameHistogram(got, { ...expected, ...spanned(new Map([...positive, [customValues.length, last]])) });
  }
  const isSame = (side: string, map: ReadonlyMap<number, number>) => covers([...bucketMap(got[`${side}Spans`], got[`${side}Deltas`])], [...map]);
  return covers(got, rest) && isSame("positive", positive) && isSame("negative", negative);
}

function spanned(buckets: ReadonlyMap<number, number>): Fields {
  const from = Math.min(...buckets.keys());
  const counts = Array.from({ length: Math.max(...buckets.keys()) - from + 1 }, (_, index) => buckets.get(from + index) ?? 0);
  return { positiveSpans: [[from, counts.length]], positiveDeltas: counts.map((count, index) => count - (counts[index - 1] ?? 0)) };
}

function numbers(list: unknown): readonly number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}

function total(counts: readonly number[]): string {
  return String(counts.reduce((sum, count) => sum + count, 0));
}

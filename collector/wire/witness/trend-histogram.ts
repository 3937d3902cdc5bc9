import type { ExponentialBuckets, ExponentialHistogramPoint } from "../../model/metric.ts";

/** As the SDKs of OpenTelemetry have it (specification, metrics SDK, base2 exponential bucket histogram). */
const MAX_BUCKETS = 160;
/** Buckets of 0.07 %: finer ones would only cost room. */
const MAX_SCALE = 10;
const MIN_SCALE = -10;
/** A point of ours holds one second of one series; what claims more was not made here, and is cut. */
const MAX_VALUES = 100_000;

export type TrendShape = Pick<
  ExponentialHistogramPoint,
  "count" | "sum" | "min" | "max" | "scale" | "zeroCount" | "zeroThreshold" | "positive" | "negative"
>;

/** Finite values, at least one, as a histogram: the finest scale at which either sign needs no more than 160 buckets. */
export function trendShape(values: readonly number[]): TrendShape {
  const logs = (wanted: readonly number[]) => wanted.map((value) => Math.log2(Math.abs(value)));
  const positive = logs(values.filter((value) => value > 0));
  const negative = logs(values.filter((value) => value < 0));
  const scale = Math.min(finestScale(positive), finestScale(negative));
  return {
    count: BigInt(values.length),
    sum: values.reduce((sum, value) => sum + value, 0),
    min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    scale,
    zeroCount: BigInt(values.length - positive.length - negative.length),
    zeroThreshold: 0,
    positive: bucketsOf(positive, scale),
    negative: bucketsOf(negative, scale),
  };
}

function finestScale(logs: readonly number[]): number {
  const least = logs.reduce((sofar, log) => Math.min(sofar, log), Number.POSITIVE_INFINITY);
  const most = logs.reduce((sofar, log) => Math.max(sofar, log), Number.NEGATIVE_INFINITY);
  let scale = MAX_SCALE;
  while (scale > MIN_SCALE && indexOf(most, scale) - indexOf(least, scale) >= MAX_BUCKETS) scale--;
  return scale;
}

/** Bucket `index` holds what is above base^index and not above base^(index + 1), with base = 2^(2^−scale). */
function indexOf(log: number, scale: number): number {
  return Math.ceil(log * 2 ** scale) - 1;
}

function bucketsOf(logs: readonly number[], scale: number): ExponentialBuckets | undefined {
  if (logs.length === 0) return undefined;
  const indices = logs.map((log) => indexOf(log, scale));
  const offset = indices.reduce((least, index) => Math.min(least, index), Number.POSITIVE_INFINITY);
  const last = indices.reduce((most, index) => Math.max(most, index), Number.NEGATIVE_INFINITY);
  const counts = new Array<number>(last - offset + 1).fill(0);
  for (const index of indices) counts[index - offset] = (counts[index - offset] ?? 0) + 1;
  return { offset, bucketCounts: counts.map(BigInt) };
}

/**
 * As many values as were counted, rising: the smallest and the largest exactly, the others in the middle of their buckets, moved
 * towards where their sum is right. Each is off by less than twice its bucket's width (0.07 % of the value to some per cent, by `scale`).
 */
export function trendValues({ scale, zeroCount, positive, negative, min, max, sum }: TrendShape): readonly number[] {
  const values: number[] = [];
  const add = (value: number, count: bigint) => {
    for (let left = Math.min(Number(count), MAX_VALUES - values.length); left > 0; left--) values.push(value);
  };
  const middle = (index: number) => 2 ** ((index + 0.5) * 2 ** -scale);
  const below = negative?.bucketCounts ?? [];
  for (let index = below.length - 1; index >= 0; index--) add(-middle((negative?.offset ?? 0) + index), below[index] ?? 0n);
  add(0, zeroCount);
  for (const [index, count] of (positive?.bucketCounts ?? []).entries()) add(middle((positive?.offset ?? 0) + index), count);
  if (min === undefined || max === undefined || values.length === 0) return values;
  const clamped = values.map((value) => Math.min(Math.max(value, min), max));
  clamped[clamped.length - 1] = max;
  clamped[0] = min;
  return sum === undefined || clamped.length < 3 ? clamped : withSum(clamped, sum);
}

/** Shares what the sum is off by among the values between the ends, by their size: none moves further than its bucket is wide. */
function withSum(values: readonly number[], sum: number): readonly number[] {
  const inner = values.slice(1, -1);
  const weight = inner.reduce((total, value) => total + Math.abs(value), 0);
  const off = sum - values.reduce((total, value) => total + value, 0);
  if (weight === 0) return values;
  const [min, max] = [values[0] as number, values.at(-1) as number];
  return [min, ...inner.map((value) => Math.min(Math.max(value + (off * Math.abs(value)) / weight, min), max)), max];
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { ExponentialHistogramPoint, HistogramPoint } from "../../../collector/model/metric.ts";
import type { ExponentialHistogram } from "../../../collector/stats/exponential-histogram.ts";
import { histogramDifference } from "../../../collector/stats/histogram-difference.ts";
import { histogramFromExplicit } from "../../../collector/stats/histogram-from-explicit.ts";
import { histogramFromPoint } from "../../../collector/stats/histogram-from-point.ts";
import { orderOfHistogram } from "../../../collector/stats/histogram-order.ts";
import { orderOfSamples } from "../../../collector/stats/order-statistics.ts";
import { rescaledHistogram } from "../../../collector/stats/rescaled-histogram.ts";
import { bucketsOf, recorded, shapeOf } from "./histogram-shape.ts";

/** The bounds that k6 and SDKs use unless told otherwise, ms. */
const DEFAULT_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const latencies = fc.array(fc.oneof(fc.double({ min: 0, max: 600, noNaN: true }), fc.double({ min: 0, max: 30_000, noNaN: true })), {
  minLength: 1,
  maxLength: 100,
});
const boundsOf = fc.oneof(
  fc.constant(DEFAULT_BOUNDS),
  fc.uniqueArray(fc.integer({ min: -3, max: 800 }), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b)),
);

function explicit(values: readonly number[], bounds: readonly number[]) {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  for (const value of values) {
    const slot = bounds.findIndex((bound) => value <= bound);
    const at = slot < 0 ? bounds.length : slot;
    counts[at] = (counts[at] as number) + 1;
  }
  return { bounds, counts };
}

function expectEnclosed(histogram: ExponentialHistogram, values: readonly number[], at: readonly number[]): void {
  const [order, exact] = [orderOfHistogram(histogram), orderOfSamples(values)];
  expect(order.count).toBe(values.length);
  for (let rank = 1; rank <= values.length; rank++) {
    const { lower, value, upper } = order.at(rank);
    const truth = exact.at(rank).value;
    expect(lower).toBeLessThanOrEqual(truth * (1 + Math.sign(truth) * 1e-12));
    expect(upper).toBeGreaterThanOrEqual(truth * (1 - Math.sign(truth) * 1e-12));
    expect(value >= lower && value <= upper).toBe(true);
  }
  for (const bound of at) {
    const { lower, upper } = order.countAtMost(bound);
    expect(lower).toBeLessThanOrEqual(exact.countAtMost(bound).value);
    expect(upper).toBeGreaterThanOrEqual(exact.countAtMost(bound).value);
  }
}

describe("explicit buckets", () => {
  test("keep every value within what is told of it, also merged with others and made coarser", () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, boundsOf, boundsOf, fc.boolean(), (a, b, c, boundsA, boundsB, isTold) => {
        const extremes = isTold ? { min: Math.min(...a), max: Math.max(...a) } : {};
        const made = histogramFromExplicit({ ...explicit(a, boundsA), ...extremes }) as ExponentialHistogram;
        expectEnclosed(made, a, [...boundsA, 33, 400]);
        made.merge(histogramFromExplicit(explicit(b, boundsB)) as ExponentialHistogram);
        expectEnclosed(made, [...a, ...b], [...boundsA, 33, 400]);
        made.merge(recorded(c, 20));
        expectEnclosed(made, [...a, ...b, ...c], [...boundsB, 33, 400]);
      }),
    );
  });

  test("tell their own bucket as the bounds, and count exactly at their own edges", () => {
    const made = histogramFromExplicit({ bounds: [100, 250, 500], counts: [10, 0, 80, 10] }) as ExponentialHistogram;
    const order = orderOfHistogram(made);
    expect(order.at(50)).toMatchObject({ lower: 250, upper: 500 });
    expect(order.at(50).value).toBeCloseTo(250 + (250 * 39.5) / 80, -1.8);
    expect(order.at(5)).toMatchObject({ lower: 0, upper: 100 });
    expect(order.at(95)).toMatchObject({ lower: 500, upper: Infinity });
    expect(order.countAtMost(250)).toEqual({ lower: 10, value: 10, upper: 10 });
    expect(order.countAtMost(500)).toEqual({ lower: 90, value: 90, upper: 90 });
    expect(order.countAtMost(300)).toMatchObject({ lower: 10, upper: 90 });
  });

  test("that contradict themselves are none", () => {
    expect(histogramFromExplicit({ bounds: [1, 1], counts: [0, 0, 0] })).toBeUndefined();
    expect(histogramFromExplicit({ bounds: [1, 2], counts: [0, 0] })).toBeUndefined();
    expect(histogramFromExplicit({ bounds: [1], counts: [0, -1] })).toBeUndefined();
    expect(histogramFromExplicit({ bounds: [1], counts: [0.5, 1] })).toBeUndefined();
    expect(histogramFromExplicit({ bounds: [Number.NaN], counts: [1, 1] })).toBeUndefined();
  });
});

const POINT = { attributes: Attributes.EMPTY, startUnixNano: 0n, timeUnixNano: 1n, flags: 0, exemplars: [] };

function exponentialPoint(histogram: ExponentialHistogram): ExponentialHistogramPoint {
  const side = (window: ExponentialHistogram["positive"]) => ({
    offset: window.low,
    bucketCounts: Array.from({ length: Math.max(0, window.high - window.low + 1) }, (_, slot) => BigInt(window.at(window.low + slot))),
  });
  const { count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative } = histogram;
  return {
    ...POINT,
    count: BigInt(count),
    sum,
    min,
    max,
    scale,
    zeroCount: BigInt(zeroCount),
    zeroThreshold,
    positive: side(positive),
    negative: side(negative),
  };
}

describe("points of OTLP", () => {
  test("exponential points are read bucket by bucket", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e3, max: 1e5, noNaN: true }), { maxLength: 60 }), (values) => {
        const made = recorded(values);
        expect(shapeOf(histogramFromPoint(exponentialPoint(made)) as ExponentialHistogram)).toEqual(shapeOf(made));
      }),
    );
  });

  test("a scale finer than ours is read at ours; what no double can have, or a wrong count, is nothing", () => {
    const fine = { ...exponentialPoint(recorded([])), count: 3n, scale: 21, positive: { offset: -3, bucketCounts: [1n, 2n] } };
    const made = histogramFromPoint(fine) as ExponentialHistogram;
    expect(made.scale).toBe(20);
    expect(bucketsOf(made.positive)).toEqual([
      [-2, 1],
      [-1, 2],
    ]);
    expect(histogramFromPoint({ ...fine, count: 4n })).toBeUndefined();
    expect(histogramFromPoint({ ...fine, scale: -11 })).toBeUndefined();
    expect(histogramFromPoint({ ...fine, scale: 0, positive: { offset: 2 ** 30, bucketCounts: [3n] } })).toBeUndefined();
    expect(histogramFromPoint({ ...fine, scale: 0, positive: { offset: -(2 ** 31), bucketCounts: [3n] } })).toBeUndefined();
  });

  test("explicit points, and one that has only count and sum", () => {
    const point: HistogramPoint = { ...POINT, count: 3n, sum: 30, min: 5, max: 15, bucketCounts: [1n, 1n, 1n], explicitBounds: [7, 12] };
    const order = orderOfHistogram(histogramFromPoint(point) as ExponentialHistogram);
    expect(order.at(2)).toMatchObject({ lower: 7, upper: 12 });
    const bare = histogramFromPoint({ ...point, bucketCounts: [], explicitBounds: [] }) as ExponentialHistogram;
    expect(bare).toMatchObject({ count: 3, sum: 30 });
    expect(orderOfHistogram(bare).at(2)).toMatchObject({ lower: 5, upper: 15 });
    expect(histogramFromPoint({ ...point, count: 9n })).toBeUndefined();
  });
});

describe("cumulative readings", () => {
  test("their difference is what was recorded in between", () => {
    fc.assert(
      fc.property(latencies, latencies, fc.integer({ min: 8, max: 160 }), (before, after, maxSize) => {
        const [then, now] = [recorded(before, maxSize), recorded([...before, ...after], maxSize)];
        const gain = histogramDifference(now, then) as ExponentialHistogram;
        const expected = recorded(after, maxSize);
        expected.downscale(expected.scale - now.scale);
        expect({ ...shapeOf(gain), min: 0, max: 0, scale: 0 }).toEqual({ ...shapeOf(expected), min: 0, max: 0, scale: 0 });
        expect(gain.sum).toBeCloseTo(expected.sum as number, 5);
        expectEnclosed(gain, after, []);
      }),
    );
  });

  test("a count that fell is a new beginning", () => {
    expect(histogramDifference(recorded([1]), recorded([1, 2]))).toBeUndefined();
    expect(histogramDifference(recorded([4, 5, 6]), recorded([1]))).toBeUndefined();
    expect(histogramDifference(recorded([1, 1]), recorded([1, 2]))).toBeUndefined();
    // More in all, between the same extremes, but one bucket holds less.
    expect(histogramDifference(recorded([1, 1, 2, 4, 4]), recorded([1, 2, 2, 4]))).toBeUndefined();
    expect(histogramDifference(recorded([1, 2]), recorded([1, 2]))).toMatchObject({ count: 0, sum: 0, min: undefined });
  });
});

describe("another unit", () => {
  test("keeps every value within its bounds, and sum and extremes exact", () => {
    fc.assert(
      fc.property(latencies, latencies, fc.constantFrom(1000, 0.001, 1e-6, 1024, 3), (measured, others, factor) => {
        const values = measured.map((value) => (value < 1e-6 ? 0 : value));
        const made = rescaledHistogram(recorded(values, 40), factor);
        const scaled = values.map((value) => value * factor);
        expectEnclosed(made, scaled, [50, 5]);
        expect(made.sum).toBeCloseTo(
          scaled.reduce((sum, value) => sum + value, 0),
          -2,
        );
        made.merge(recorded(others, 30));
        expectEnclosed(made, [...scaled, ...others], [50, 5]);
        expect(made.blur === 1).toBe(factor === 1024);
      }),
    );
    expect(() => rescaledHistogram(recorded([1]), 0)).toThrow(RangeError);
  });
});

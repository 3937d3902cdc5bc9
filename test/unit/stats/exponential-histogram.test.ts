import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExponentialHistogram } from "../../../collector/stats/exponential-histogram.ts";
import { bucketRatio } from "../../../collector/stats/exponential-index.ts";
import { orderOfHistogram } from "../../../collector/stats/histogram-order.ts";
import { orderOfSamples, rankOf } from "../../../collector/stats/order-statistics.ts";
import { bucketsOf, recorded, shapeOf } from "./histogram-shape.ts";

const latency = fc.double({ min: 1e-3, max: 1e5, noNaN: true });
const anyValue = fc.oneof(latency, fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.constantFrom(0, 1, 2, 4, -1, 1e-300, 1e300));
const size = fc.integer({ min: 4, max: 160 });

describe("recording", () => {
  test("count, sum, least and greatest are exact, and no side has more buckets than allowed", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 200 }), size, (values, maxSize) => {
        const made = recorded(values, maxSize);
        expect(made.count).toBe(values.length);
        expect(made.min).toBe(Math.min(...values));
        expect(made.max).toBe(Math.max(...values));
        expect(made.sum).toBe(values.reduce((sum, value) => sum + value, 0));
        for (const window of [made.positive, made.negative]) expect(window.high - window.low + 1).toBeLessThanOrEqual(maxSize);
        const total = [...bucketsOf(made.positive), ...bucketsOf(made.negative)].reduce((sum, [, count]) => sum + count, made.zeroCount);
        expect(total).toBe(values.length);
      }),
    );
  });

  test("a count of several is several recordings", () => {
    const one = new ExponentialHistogram();
    one.record(12.5, 3);
    one.record(0, 2);
    expect(shapeOf(one)).toEqual(shapeOf(recorded([12.5, 12.5, 12.5, 0, 0])));
    expect(one.sum).toBe(37.5);
  });

  test("what cannot be counted is refused and changes nothing", () => {
    const made = recorded([5]);
    for (const [value, count] of [
      [Number.NaN, 1],
      [Infinity, 1],
      [1, 0],
      [1, -2],
      [1, 0.5],
    ] as const) {
      expect(made.record(value, count)).toBe(false);
    }
    expect(shapeOf(made)).toEqual(shapeOf(recorded([5])));
    expect(() => new ExponentialHistogram(3)).toThrow(RangeError);
    expect(() => new ExponentialHistogram(160, 21)).toThrow(RangeError);
  });

  test("latencies from 2 ms to 1 s stay within 4.5 %", () => {
    expect(bucketRatio(recorded([2, 1000]).scale)).toBeLessThan(1.045);
  });
});

describe("quantiles", () => {
  test("lie within one bucket of the exact ones, and bounds enclose them", () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), size, fc.double({ min: 0, max: 1, noNaN: true }), (values, maxSize, q) => {
        const made = recorded(values, maxSize);
        const rank = rankOf(q, values.length);
        const exact = orderOfSamples(values).at(rank).value;
        const { lower, value, upper } = orderOfHistogram(made).at(rank);
        expect(lower).toBeLessThanOrEqual(exact);
        expect(upper).toBeGreaterThanOrEqual(exact);
        const ratio = bucketRatio(made.scale) * (1 + 1e-12);
        expect(value / exact).toBeLessThanOrEqual(ratio);
        expect(exact / value).toBeLessThanOrEqual(ratio);
      }),
    );
  });

  test("bounds enclose the exact ones of numbers of both signs, and counts up to a bound too", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 100 }), size, anyValue, (values, maxSize, bound) => {
        const exact = orderOfSamples(values);
        const order = orderOfHistogram(recorded(values, maxSize));
        for (let rank = 1; rank <= values.length; rank++) {
          const { lower, value, upper } = order.at(rank);
          expect(lower).toBeLessThanOrEqual(exact.at(rank).value);
          expect(upper).toBeGreaterThanOrEqual(exact.at(rank).value);
          expect(value >= lower && value <= upper).toBe(true);
        }
        for (const at of [bound, ...values]) {
          const { lower, value, upper } = order.countAtMost(at);
          expect(lower).toBeLessThanOrEqual(exact.countAtMost(at).value);
          expect(upper).toBeGreaterThanOrEqual(exact.countAtMost(at).value);
          expect(value >= lower && value <= upper).toBe(true);
        }
      }),
    );
  });

  test("the rule of interpolation: the middle of the k-th of c equal parts of the bucket's logarithm", () => {
    const made = ExponentialHistogram.of({
      scale: 0,
      zeroCount: 0,
      sum: undefined,
      min: undefined,
      max: undefined,
      positive: { offset: 3, counts: [4] },
    });
    const order = orderOfHistogram(made);
    [1, 2, 3, 4].forEach((rank) => {
      expect(order.at(rank).value).toBeCloseTo(8 * 2 ** ((rank - 0.5) / 4), 12);
    });
    expect(order.at(2)).toMatchObject({ lower: 8, upper: 16 });
    expect(order.countAtMost(8 * Math.SQRT2)).toEqual({ lower: 0, value: expect.closeTo(2, 12), upper: 4 });
    expect(() => order.at(5)).toThrow(RangeError);
    expect(() => order.at(0)).toThrow(RangeError);
  });
});

describe("merging", () => {
  test("is recording all at once, in any order and grouping", () => {
    const part = fc.array(anyValue, { maxLength: 60 });
    fc.assert(
      fc.property(part, part, part, size, (a, b, c, maxSize) => {
        const [left, right, all] = [recorded(a, maxSize), recorded(c, maxSize), recorded([...a, ...b, ...c], maxSize)];
        left.merge(recorded(b, maxSize));
        left.merge(recorded(c, maxSize));
        const tail = recorded(b, maxSize);
        right.merge(tail);
        right.merge(recorded(a, maxSize));
        expect(shapeOf(left)).toEqual(shapeOf(all));
        expect(shapeOf(right)).toEqual(shapeOf(all));
        expect(left.sum).toBeCloseTo(all.sum as number, -290);
        expect(shapeOf(tail)).toEqual(shapeOf(recorded(b, maxSize)));
      }),
    );
  });

  test("two scales: an offset that is no multiple of the factor loses and doubles nothing", () => {
    const parts = { zeroCount: 0, sum: undefined, min: undefined, max: undefined };
    const fine = ExponentialHistogram.of({ ...parts, scale: 1, positive: { offset: 1, counts: [4, 3, 2, 1] } });
    const coarse = ExponentialHistogram.of({ ...parts, scale: 0, positive: { offset: 0, counts: [0, 1] } });
    fine.downscale(1);
    expect(bucketsOf(fine.positive)).toEqual([
      [0, 4],
      [1, 5],
      [2, 1],
    ]);
    coarse.merge(ExponentialHistogram.of({ ...parts, scale: 1, positive: { offset: 1, counts: [4, 3, 2, 1] } }));
    expect(bucketsOf(coarse.positive)).toEqual([
      [0, 4],
      [1, 6],
      [2, 1],
    ]);
    const below = ExponentialHistogram.of({ ...parts, scale: 1, positive: { offset: -3, counts: [1, 2, 4] } });
    below.downscale(1);
    expect(bucketsOf(below.positive)).toEqual([
      [-2, 1],
      [-1, 6],
    ]);
  });

  test("a larger zero threshold takes the buckets below it, and widens to the end of one that it would cut", () => {
    const made = recorded([0.4, 3, 100, -0.4]);
    made.downscale(made.scale);
    const other = ExponentialHistogram.of({
      scale: 0,
      zeroCount: 1,
      zeroThreshold: 2.5,
      sum: 0,
      min: 0,
      max: 0,
      positive: { offset: 0, counts: [] },
    });
    made.merge(other);
    expect(shapeOf(made)).toMatchObject({ count: 5, zeroCount: 4, zeroThreshold: 4, positive: [[6, 1]], negative: [] });
    other.merge(recorded([0.4, 3, 100, -0.4]));
    expect(other).toMatchObject({ count: 5, zeroCount: 4, zeroThreshold: 4 });
  });

  test("what one part does not tell, the whole does not tell", () => {
    const blind = ExponentialHistogram.of({ scale: 3, zeroCount: 0, sum: undefined, min: undefined, max: 9, positive: { offset: 20, counts: [1] } });
    const made = recorded([5]);
    made.merge(blind);
    expect(made).toMatchObject({ count: 2, sum: undefined, min: undefined, max: 9 });
    made.record(2);
    expect(made).toMatchObject({ count: 3, sum: undefined, min: undefined, max: 9 });
    const empty = new ExponentialHistogram();
    empty.merge(recorded([5]));
    expect(empty).toMatchObject({ min: 5, max: 5, sum: 5 });
  });

  test("a copy is independent", () => {
    const made = recorded([1, 2, 3]);
    const twin = made.copy();
    twin.record(4);
    expect(shapeOf(made)).toEqual(shapeOf(recorded([1, 2, 3])));
    expect(shapeOf(twin)).toEqual(shapeOf(recorded([1, 2, 3, 4])));
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { histogramFromExplicit } from "../../../collector/stats/histogram-from-explicit.ts";
import { orderOfHistogram } from "../../../collector/stats/histogram-order.ts";
import { orderOfSamples, rankOf } from "../../../collector/stats/order-statistics.ts";
import { quantileEstimate, quantileRanks, quantileUpperBound, samplesNeeded } from "../../../collector/stats/quantile-interval.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";
import { recorded } from "./histogram-shape.ts";

const upTo = (n: number) => orderOfSamples(Array.from({ length: n }, (_, index) => index + 1));

describe("ranks", () => {
  test("of a quantile are those of the smallest value that enough lie at or below", () => {
    expect([rankOf(0, 10), rankOf(0.05, 10), rankOf(0.1, 10), rankOf(0.11, 10), rankOf(1, 10)]).toEqual([1, 1, 1, 2, 10]);
    // 0.07 · 100 is 7.000000000000001 in doubles.
    expect([rankOf(0.07, 100), rankOf(0.95, 100), rankOf(0.99, 1000)]).toEqual([7, 95, 990]);
    expect(() => rankOf(1.1, 10)).toThrow(RangeError);
  });

  // scipy 1.17.1: binom.cdf searched from both ends.
  test("of an interval are those of the binomial", () => {
    expect(quantileRanks(100, 0.5)).toEqual({ lower: 40, upper: 61, coverage: expect.closeTo(0.9647997997822952, 9) });
    expect(quantileRanks(1200, 0.95)).toEqual({ lower: 1125, upper: 1155, coverage: expect.closeTo(0.9532894684175524, 9) });
    expect(quantileRanks(1200, 0.99)).toEqual({ lower: 1181, upper: 1195, coverage: expect.closeTo(0.9593873582540607, 9) });
    expect(quantileRanks(30, 0.5)).toEqual({ lower: 10, upper: 21, coverage: expect.closeTo(0.9572260547429323, 9) });
    expect(quantileRanks(59, 0.95)).toEqual({ lower: 52, upper: undefined, coverage: expect.closeTo(0.9911362570110952, 9) });
  });

  test("are as many as are asked for, mirror each other, and never cover less", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.constantFrom(0.8, 0.95, 0.99),
        (n, q, level) => {
          const { lower, upper, coverage } = quantileRanks(n, q, level);
          expect(coverage).toBeGreaterThanOrEqual(level - 1e-9);
          expect(lower ?? 0).toBeLessThanOrEqual(rankOf(q, n));
          expect(upper ?? n + 1).toBeGreaterThanOrEqual(rankOf(q, n));
          const mirrored = quantileRanks(n, 1 - q, level);
          expect(Math.abs((mirrored.lower ?? 0) - (n + 1 - (upper ?? n + 1)))).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe("estimates", () => {
  test("need 59 values for p95, 299 for p99, 2995 for p99.9; of 12 values p99 is not stated", () => {
    expect([0.5, 0.95, 0.99, 0.999, 0.05].map((q) => samplesNeeded(q))).toEqual([5, 59, 299, 2995, 59]);
    expect(quantileEstimate(upTo(12), 0.99)).toEqual({ isStated: false, count: 12, needed: 299 });
    expect(quantileEstimate(upTo(0), 0.5)).toMatchObject({ isStated: false });
    expect(quantileEstimate(upTo(58), 0.95).isStated).toBe(false);
    expect(quantileEstimate(upTo(59), 0.95)).toMatchObject({ isStated: true, value: 57, lower: 52, upper: Infinity });
    expect(quantileUpperBound(upTo(59), 0.95)).toBe(59);
    expect(quantileUpperBound(upTo(58), 0.95)).toBe(Infinity);
    expect(quantileEstimate(upTo(1200), 0.95)).toMatchObject({ value: 1140, lower: 1125, upper: 1155, bucketRatio: 1 });
  });

  test("enclose the true quantile at least as often as they say", () => {
    const { next } = seededRandom(42);
    let [enclosed, runs] = [0, 400];
    for (let run = 0; run < runs; run++) {
      const sample = Array.from({ length: 200 }, () => -Math.log(1 - next()));
      const estimate = quantileEstimate(orderOfSamples(sample), 0.95);
      if (estimate.isStated && estimate.lower <= -Math.log(0.05) && estimate.upper >= -Math.log(0.05)) enclosed++;
    }
    expect(enclosed / runs).toBeGreaterThanOrEqual(0.93);
  });

  test("from buckets take the buckets in: default OTLP bounds cannot resolve a change of 10 %", () => {
    const values = Array.from({ length: 1000 }, (_, index) => 300 + index / 10);
    const raw = quantileEstimate(orderOfSamples(values), 0.95);
    const fine = quantileEstimate(orderOfHistogram(recorded(values)), 0.95);
    const counts = [0, 1000, 0];
    const coarse = histogramFromExplicit({ bounds: [250, 500], counts });
    expect(coarse).toBeDefined();
    if (coarse === undefined || !raw.isStated || !fine.isStated) return;
    expect(fine.lower).toBeLessThanOrEqual(raw.lower);
    expect(fine.upper).toBeGreaterThanOrEqual(raw.upper);
    expect(fine.bucketRatio).toBeLessThan(1.01);
    expect(quantileEstimate(orderOfHistogram(coarse), 0.95)).toMatchObject({ isStated: true, lower: 250, upper: 500, bucketRatio: 2 });
  });
});

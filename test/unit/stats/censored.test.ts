import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAtLeast, orderWithCensored, survivorMean } from "../../../collector/stats/censored-order.ts";
import { orderOfHistogram } from "../../../collector/stats/histogram-order.ts";
import { kaplanMeier, survivalQuantile } from "../../../collector/stats/kaplan-meier.ts";
import { orderOfSamples, rankOf } from "../../../collector/stats/order-statistics.ts";
import { quantileEstimate } from "../../../collector/stats/quantile-interval.ts";
import { recorded } from "./histogram-shape.ts";

describe("requests that did not come back", () => {
  test("make a quantile above the share of survivors read more than the timeout", () => {
    const survivors = orderOfSamples(Array.from({ length: 700 }, (_, index) => 10 + index / 100));
    const all = orderWithCensored(survivors, [{ count: 300, atLeast: 30_000 }]);
    const p95 = quantileEstimate(all, 0.95);
    const p50 = quantileEstimate(all, 0.5);
    expect(p95).toMatchObject({ isStated: true, count: 1000, value: 30_000, lower: 30_000, upper: Infinity });
    expect(p50).toMatchObject({ isStated: true, value: 14.99 });
    expect(p95.isStated && isAtLeast(p95)).toBe(true);
    expect(p50.isStated && isAtLeast(p50)).toBe(false);
    // The survivors alone would have looked healthy.
    expect(quantileEstimate(survivors, 0.95)).toMatchObject({ value: 16.64 });
  });

  test("leave the true quantile within the bounds, wherever they would have ended", () => {
    const ended = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 40 });
    const cut = fc.array(fc.record({ limit: fc.integer({ min: 0, max: 120 }), longer: fc.double({ min: 0, max: 50, noNaN: true }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(ended, cut, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (values, censored, q, isBucketed) => {
        fc.pre(values.length + censored.length > 0);
        const survivors = isBucketed ? orderOfHistogram(recorded(values, 20)) : orderOfSamples(values);
        const all = orderWithCensored(
          survivors,
          censored.map(({ limit }) => ({ count: 1, atLeast: limit })),
        );
        const truth = orderOfSamples([...values, ...censored.map(({ limit, longer }) => limit + longer)]);
        const rank = rankOf(q, truth.count);
        expect(all.count).toBe(truth.count);
        const { lower, value, upper } = all.at(rank);
        expect(lower).toBeLessThanOrEqual(truth.at(rank).value);
        expect(upper).toBeGreaterThanOrEqual(truth.at(rank).value);
        expect(value).toBeGreaterThanOrEqual(lower);
        expect(value).toBeLessThanOrEqual(upper);
        const bound = truth.at(rank).value;
        const { lower: least, upper: most } = all.countAtMost(bound);
        expect(least).toBeLessThanOrEqual(truth.countAtMost(bound).value);
        expect(most).toBeGreaterThanOrEqual(truth.countAtMost(bound).value);
      }),
      { numRuns: 300 },
    );
  });

  test("are said beside the mean of the survivors", () => {
    expect(survivorMean(444 * 1000, 444, [{ count: 556, atLeast: 10_000 }])).toEqual({ ofSurvivors: 1000, survivorShare: 0.444, atLeast: 6004 });
    expect(survivorMean(0, 0, [{ count: 3, atLeast: 5 }])).toEqual({ ofSurvivors: Number.NaN, survivorShare: 0, atLeast: 5 });
    expect(survivorMean(10, 2, [])).toEqual({ ofSurvivors: 5, survivorShare: 1, atLeast: 5 });
  });
});

// The maintained group of R's survival::aml (R. Miller, "Survival Analysis", 1981); curve and interval: scipy 1.17.1, stats.ecdf(...).sf.
const AML: readonly (readonly [number, boolean])[] = [
  [9, false],
  [13, false],
  [13, true],
  [18, false],
  [23, false],
  [28, true],
  [31, false],
  [34, false],
  [45, true],
  [48, false],
  [161, true],
];

describe("Kaplan–Meier", () => {
  const steps = kaplanMeier(AML.map(([value, isCensored]) => ({ value, isCensored })));

  test("the curve of the leukaemia data", () => {
    expect(steps.map(({ value }) => value)).toEqual([9, 13, 18, 23, 31, 34, 48]);
    const wanted = [0.9090909, 0.8181818, 0.7159091, 0.6136364, 0.4909091, 0.3681818, 0.1840909];
    steps.forEach(({ survival }, index) => {
      expect(survival).toBeCloseTo(wanted[index] as number, 6);
    });
  });

  test("its median is 31, no less than 13, and not bounded above", () => {
    expect(survivalQuantile(steps, 0.5)).toEqual({ value: 31, lower: 13, upper: Infinity });
    expect(survivalQuantile(steps, 0.95).value).toBe(Infinity);
    expect(survivalQuantile(steps, 0.25).value).toBe(18);
  });

  test("without censoring it is the sample itself", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 99 }), (values, percent) => {
        const curve = kaplanMeier(values.map((value) => ({ value, isCensored: false })));
        expect(survivalQuantile(curve, percent / 100).value).toBe(orderOfSamples(values).at(rankOf(percent / 100, values.length)).value);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evenSplit } from "../../../collector/stats/even-split.ts";
import { fisherExact } from "../../../collector/stats/fisher-exact.ts";
import { newcombeDifference } from "../../../collector/stats/newcombe-difference.ts";
import { wilsonInterval, withOverdispersion } from "../../../collector/stats/wilson-interval.ts";

const of = (hits: number, trials: number) => ({ hits, trials });
const near = (value: number) => expect.closeTo(value, 9);

describe("a share", () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I; digits from scipy 1.17.1 binomtest().proportion_ci.
  test("has Wilson's interval", () => {
    expect(wilsonInterval(of(81, 263))).toEqual({ value: 81 / 263, lower: near(0.2552885198782742), upper: near(0.36620957698280004) });
    expect(wilsonInterval(of(15, 148))).toMatchObject({ lower: near(0.06238639953073629), upper: near(0.16048724172330803) });
    expect(wilsonInterval(of(0, 20))).toEqual({ value: 0, lower: 0, upper: near(0.16112515805281935) });
    expect(wilsonInterval(of(29, 29))).toEqual({ value: 1, lower: near(0.8830302015002592), upper: 1 });
    expect(wilsonInterval(of(0, 0))).toEqual({ value: Number.NaN, lower: 0, upper: 1 });
    expect(() => wilsonInterval(of(3, 2))).toThrow(RangeError);
    expect(() => wilsonInterval(of(1, 2), 1)).toThrow(RangeError);
  });

  test("of a run whose failures come in bursts counts for fewer trials", () => {
    const steady = Array.from({ length: 60 }, (_, second) => of(second % 2, 20));
    const bursts = Array.from({ length: 60 }, (_, second) => of(second < 2 ? 15 : 0, 20));
    expect(withOverdispersion(steady)).toEqual({ hits: 30, trials: 1200, factor: 1 });
    const clustered = withOverdispersion(bursts);
    expect(clustered.factor).toBeGreaterThan(10);
    expect(clustered.hits / clustered.trials).toBeCloseTo(30 / 1200, 12);
    expect(withOverdispersion([of(0, 5), of(0, 5)])).toEqual({ hits: 0, trials: 10, factor: 1 });
  });
});

describe("two shares", () => {
  // Newcombe, "Interval estimation for the difference" (1998), table II, method 10: (a) and (c), signs turned as ours is second − first.
  test("differ by Newcombe's interval", () => {
    expect(newcombeDifference(of(48, 80), of(56, 70))).toEqual({
      value: near(0.2),
      lower: near(0.05243147240236498),
      upper: near(0.333872654036906),
    });
    expect(newcombeDifference(of(3, 10), of(9, 10))).toMatchObject({ lower: near(0.17052272393450302), upper: near(0.8090179735354881) });
    expect(newcombeDifference(of(0, 20), of(10, 10))).toEqual({ value: 1, lower: near(0.6790860371419147), upper: 1 });
    expect(newcombeDifference(of(0, 0), of(1, 2))).toMatchObject({ lower: -1, upper: 1 });
  });

  // scipy 1.17.1 fisher_exact.
  test("differ by chance with Fisher's p", () => {
    expect(fisherExact(of(8, 10), of(1, 6))).toBeCloseTo(0.034965034965034975, 12);
    expect(fisherExact(of(3, 4), of(1, 4))).toBeCloseTo(0.48571428571428565, 12);
    expect(fisherExact(of(25, 100), of(10, 100))).toBeCloseTo(0.008503571478623954, 12);
    expect(fisherExact(of(0, 50), of(7, 50))).toBeCloseTo(0.012479652740097668, 12);
    expect(() => fisherExact(of(3, 2), of(0, 1))).toThrow(RangeError);
  });

  test("come out the same whichever is first", () => {
    const proportion = fc
      .integer({ min: 0, max: 60 })
      .chain((trials) => fc.record({ hits: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }));
    fc.assert(
      fc.property(proportion, proportion, (a, b) => {
        expect(fisherExact(a, b)).toBeCloseTo(fisherExact(b, a), 9);
        expect(fisherExact(a, b)).toBeLessThanOrEqual(1);
        const [forth, back] = [newcombeDifference(a, b), newcombeDifference(b, a)];
        expect(forth.lower).toBeCloseTo(-back.upper, 9);
      }),
    );
  });
});

test("load over instances: largest share, variation, and chance of such a split", () => {
  // scipy 1.17.1 chisquare.
  expect(evenSplit([44, 56])).toMatchObject({ maxToMean: 1.12, chiSquare: near(1.44), p: near(0.23013934044341314) });
  expect(evenSplit([16, 18, 16, 14, 12, 12])).toMatchObject({
    chiSquare: near(2),
    p: near(0.8491450360846096),
    variation: near(0.15075567228888181),
  });
  expect(evenSplit([900, 50, 50])).toMatchObject({ maxToMean: near(2.7) });
  expect(evenSplit([900, 50, 50]).p).toBeLessThan(1e-3);
  expect(evenSplit([5])).toMatchObject({ maxToMean: 1, p: 1 });
  expect(evenSplit([])).toMatchObject({ p: 1 });
  expect(evenSplit([0, 0])).toMatchObject({ p: 1, maxToMean: Number.NaN });
});

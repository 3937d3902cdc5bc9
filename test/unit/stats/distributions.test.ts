import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomialCdf, chiSquareTail, normalCdf, normalQuantile, twoSidedNormal } from "../../../collector/stats/distributions.ts";
import { logChoose, logGamma, regularBeta, upperGamma } from "../../../collector/stats/gamma.ts";

/** Relative, and absolute near 0. */
function expectNear(value: number, wanted: number, within = 1e-11): void {
  expect(Math.abs(value - wanted)).toBeLessThanOrEqual(within * Math.max(Math.abs(wanted), 1e-9));
}

// Numbers: scipy 1.17.1 (scipy.special, scipy.stats).
describe("known values", () => {
  test("of gamma and beta functions", () => {
    for (const [x, wanted] of [
      [0.1, 2.252712651734206],
      [0.5, 0.5723649429247],
      [3.7, 1.428072326665388],
      [10, 12.801827480081469],
      [170.5, 704.0044277342047],
      [1e6, 12815504.569147611],
    ] as const) {
      expectNear(logGamma(x), wanted);
    }
    for (const [a, x, wanted] of [
      [0.5, 0.2, 0.5270892568655381],
      [0.5, 8, 6.334248366623988e-5],
      [3, 2.5, 0.5438131158833297],
      [50, 70, 0.0051405024585059085],
      [1000, 900, 0.9994500977342882],
    ] as const) {
      expectNear(upperGamma(a, x), wanted);
    }
    for (const [x, a, b, wanted] of [
      [0.3, 2, 5, 0.5798250000000003],
      [0.95, 500, 20, 0.09270315864937875],
      [0.01, 3, 1000, 0.9973643953455793],
      [0.5, 0.5, 30, 0.9999999998669794],
      [0.95, 95_000, 5000, 0.498263456853396],
    ] as const) {
      expectNear(regularBeta(x, a, b), wanted, 1e-9);
    }
    expectNear(Math.exp(logChoose(52, 5)), 2_598_960);
  });

  test("of normal, binomial and chi-square", () => {
    for (const [z, wanted] of [
      [-8, 6.22096057427174e-16],
      [-1.96, 0.024997895148220435],
      [0, 0.5],
      [0.5, 0.6914624612740131],
      [3, 0.9986501019683699],
    ] as const) {
      expectNear(normalCdf(z), wanted);
    }
    for (const [p, wanted] of [
      [1e-12, -7.034483825301131],
      [0.001, -3.090232306167813],
      [0.025, -1.9599639845400545],
      [0.3, -0.5244005127080409],
      [0.5, 0],
      [0.9999, 3.719016485455709],
    ] as const) {
      expectNear(normalQuantile(p), wanted, 1e-10);
    }
    for (const [k, n, p, wanted] of [
      [3, 10, 0.5, 0.171875],
      [58, 59, 0.95, 0.9515054747505769],
      [1184, 1200, 0.99, 0.15449134692847868],
      [949_999, 1_000_000, 0.95, 0.4988101957719568],
      [0, 5, 0.2, 0.32768],
      [-1, 5, 0.2, 0],
      [5, 5, 0.2, 1],
    ] as const) {
      expectNear(binomialCdf(k, n, p), wanted, 1e-8);
    }
    for (const [x, v, wanted] of [
      [3.84, 1, 0.05004352124870519],
      [11.07, 5, 0.050009618622405425],
      [60, 30, 0.0009206823961486636],
    ] as const) {
      expectNear(chiSquareTail(x, v), wanted);
    }
    expectNear(twoSidedNormal(-1.96), 2 * 0.024997895148220435);
  });
});

test("the normal's quantile is the inverse of its distribution", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-10, max: 1 - 1e-10, noNaN: true }), (p) => {
      expectNear(normalCdf(normalQuantile(p)), p, 1e-9);
    }),
  );
  expect(() => normalQuantile(0)).toThrow(RangeError);
});

test("the binomial's distribution is the sum of its parts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(80), (n, p, k) => {
      let sum = 0;
      for (let i = 0; i <= Math.min(k, n); i++) sum += Math.exp(logChoose(n, i) + i * Math.log(p) + (n - i) * Math.log1p(-p));
      expect(binomialCdf(k, n, p)).toBeCloseTo(sum, 10);
    }),
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holm } from "../../../collector/stats/holm.ts";
import { kolmogorovSmirnov } from "../../../collector/stats/kolmogorov-smirnov.ts";
import { hodgesLehmann, mannWhitney } from "../../../collector/stats/mann-whitney.ts";
import { permutationTest } from "../../../collector/stats/permutation-test.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";

const A = [3.1, 4.2, 2.9, 5.5, 4.8, 3.7];
const B = [5.1, 6.3, 4.9, 7.7, 5.8, 6.1];
const LONG_A = [
  100.012, 102.987, 97.259, 91.094, 95.453, 90.084, 100.601, 113.402, 95.078, 93.795, 104.898, 103.569, 101.054, 90.695, 99.707, 106.953, 86.558,
  95.424, 80.988, 87.105, 81.583, 97.649, 87.326, 102.713, 101.568, 98.131, 74.832, 94.613, 99.515, 101.133,
];
const LONG_B = [
  88.699, 99.222, 94.215, 95.912, 114.609, 95.925, 103.675, 112.844, 98.164, 102.883, 105.105, 104.638, 91.749, 104.761, 117.588, 88.529, 112.594,
  105.194, 97.585, 124.004, 111.623, 92.007, 104.745, 109.767, 102.112, 110.829, 103.335, 110.672,
];
const near = (value: number) => expect.closeTo(value, 9);

describe("Mann–Whitney", () => {
  // scipy 1.17.1 mannwhitneyu; with ties: all splits counted out with itertools.combinations.
  test("of known data: exact, exact with ties, and by the normal approximation", () => {
    expect(mannWhitney(A, B)).toEqual({ u: 2, p: near(0.008658008658008658), isExact: true });
    expect(mannWhitney([1, 2, 2, 3, 5, 5], [2, 4, 5, 6, 7])).toEqual({ u: 7, p: near(0.1774891774891775), isExact: true });
    expect(mannWhitney(LONG_A, LONG_B)).toEqual({ u: 220, p: near(0.0019071052421590605), isExact: false });
    expect(mannWhitney([], [1])).toMatchObject({ p: 1 });
    expect(mannWhitney(Array(30).fill(1), Array(30).fill(1))).toMatchObject({ p: 1 });
  });

  test("needs four runs a side to find anything at 5 %", () => {
    expect(mannWhitney([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(0.1, 12);
    expect(mannWhitney([1, 2, 3, 4], [5, 6, 7, 8]).p).toBeCloseTo(2 / 70, 12);
  });

  test("says the same whichever group is first, however the values are stretched", () => {
    const values = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const { u, p } = mannWhitney(a, b);
        const turned = mannWhitney(b, a);
        expect(turned.p).toBeCloseTo(p, 12);
        expect(turned.u).toBe(a.length * b.length - u);
        expect(mannWhitney(a.map(Math.exp), b.map(Math.exp)).p).toBeCloseTo(p, 12);
      }),
    );
  });
});

describe("Hodges–Lehmann", () => {
  // Median and order statistics of the 36 differences (numpy); P(U < 6) = 0.0206, P(U < 7) = 0.0325 for 6 and 6.
  test("shift and interval of known data", () => {
    expect(hodgesLehmann(A, B)).toEqual({ value: near(2), lower: near(0.6), upper: near(3.2) });
    expect(hodgesLehmann([1, 2], [3, 4])).toEqual({ value: 2, lower: -Infinity, upper: Infinity });
    expect(hodgesLehmann([], [1]).value).toBeNaN();
    const { value, lower, upper } = hodgesLehmann(LONG_A, LONG_B);
    expect(lower > 0 && lower < value && value < upper).toBe(true);
  });

  test("the interval leaves 0 out exactly when the test finds a difference", () => {
    const values = fc.uniqueArray(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 8, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.integer({ min: 4, max: 16 }), fc.double({ min: 0, max: 60, noNaN: true }), (all, cut, shift) => {
        fc.pre(cut <= all.length - 4);
        const [a, b] = [all.slice(0, cut), all.slice(cut).map((value) => value + shift)];
        fc.pre(new Set([...a, ...b]).size === all.length);
        const { lower, upper } = hodgesLehmann(a, b);
        expect(lower > 0 || upper < 0).toBe(mannWhitney(a, b).p <= 0.05);
      }),
    );
  });
});

describe("permutation of runs", () => {
  // scipy 1.17.1 permutation_test, all splits.
  test("of known data, counted out", () => {
    expect(permutationTest([102, 98, 110, 105], [121, 117, 109, 130], seededRandom(1))).toEqual({
      difference: 15.5,
      p: near(0.05714285714285714),
      isExact: true,
    });
    expect(permutationTest([], [1], seededRandom(1))).toMatchObject({ p: 1 });
  });

  test("drawn: near what counting out would give, and the same for the same seed", () => {
    const shifted = LONG_B.map((value) => value - 2);
    const drawn = permutationTest(LONG_A, shifted, seededRandom(6));
    expect(drawn).toEqual(permutationTest(LONG_A, shifted, seededRandom(6)));
    expect(drawn.isExact).toBe(false);
    expect(Math.abs(drawn.p - mannWhitney(LONG_A, shifted).p)).toBeLessThan(0.02);
  });
});

test("Holm: known values, in any order, and never below the plain p", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02].map(near));
  expect(holm([0.5, Number.NaN, 0.9])).toEqual([1, Number.NaN, 1]);
  expect(holm([])).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (p) => {
      const adjusted = holm(p);
      p.forEach((value, index) => {
        expect(adjusted[index]).toBeGreaterThanOrEqual(value);
        expect(adjusted[index]).toBeLessThanOrEqual(1);
      });
    }),
  );
});

// scipy 1.17.1 ks_2samp: distance; its exact p is 0.0045, the limiting one without Stephens' correction 0.0051.
test("Kolmogorov–Smirnov distance of known data", () => {
  const { distance, p } = kolmogorovSmirnov(LONG_A, LONG_B);
  expect(distance).toBeCloseTo(0.44285714285714284, 12);
  expect(Math.abs(p - 0.0045)).toBeLessThan(0.0015);
  expect(kolmogorovSmirnov([1, 2, 3], [1, 2, 3])).toEqual({ distance: 0, p: 1 });
  expect(kolmogorovSmirnov([], [1]).p).toBe(1);
});

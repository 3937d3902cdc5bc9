import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { autocorrelationTime, blockMedians } from "../../../collector/stats/block-medians.ts";
import { growthExponent, linearFit } from "../../../collector/stats/linear-fit.ts";
import { mannKendall } from "../../../collector/stats/mann-kendall.ts";
import { leastDetectableSlope, robustTrend } from "../../../collector/stats/robust-trend.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";
import { median, midranks, robustDeviation, stepNoise } from "../../../collector/stats/summary.ts";
import { theilSen } from "../../../collector/stats/theil-sen.ts";
import { autoregressive, normalDraws } from "./noise.ts";

const range = (n: number) => Array.from({ length: n }, (_, index) => index);
// A rise of 0.8 a step under noise of 3, with one outlier.
const WITH_OUTLIER = [4.32, -1.23, 2.21, 1.01, 3.58, 0.44, 3.06, 60, 9.1, 10.64, 4.03, 6.42, 11.54, 4.42, 9.81, 11.71, 16.57, 15.67, 13.42, 14.09];
const WITH_TIES = [1, 2, 2, 3, 3, 3, 4, 2, 5, 6];
const near = (value: number) => expect.closeTo(value, 9);

describe("Theil–Sen", () => {
  // scipy 1.17.1 stats.theilslopes(values, times, 0.95).
  test("slope, intercept and interval of known data", () => {
    expect(theilSen(range(20), WITH_OUTLIER)).toEqual({
      value: near(0.7520454545454546),
      lower: near(0.45363636363636367),
      upper: near(1.0411111111111113),
      intercept: near(0.6155681818181815),
      points: 20,
    });
    expect(theilSen(range(10), WITH_TIES)).toMatchObject({ value: 0.5, lower: near(0.25), upper: near(0.5714285714285714), intercept: near(0.75) });
  });

  test("follows a line exactly, and a fifth of outliers does not turn it", () => {
    const slope = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(slope, fc.integer({ min: 10, max: 40 }), fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 2 }), (rise, n, outliers) => {
        const values = range(n).map((at) => 3 + rise * at);
        outliers.forEach((value, index) => {
          values[2 + 5 * index] = value;
        });
        expect(theilSen(range(n), values)?.value).toBeCloseTo(rise, 9);
      }),
    );
    expect(theilSen([1, 2], [1, 2])).toBeUndefined();
    expect(theilSen([5, 5, 5], [1, 2, 3])).toBeUndefined();
  });

  test("of ten thousand points takes medians of neighbours", () => {
    expect(theilSen(range(10_000), range(10_000))).toMatchObject({ value: near(1), points: 2000 });
  });
});

describe("Mann–Kendall", () => {
  // pymannkendall 1.4.3 original_test, hamed_rao_modification_test.
  const AR = [
    0, 0.084, 1.48, 2.203, 0.921, 0.385, -0.146, 0.652, 0.525, 1.272, -0.854, 1.304, 0.956, 1.544, 1.1, 0.611, 1.18, 1.902, 1.329, 1.055, 1.748,
    0.629, -0.667, 0.485, 0.13, -1.312, -1.051, -0.528, -0.92, -1.435, -0.194, 1.431, 1.295, 0.724, 1.529, 2.365, 1.869, 2.436, 3.294, 2.58,
  ];

  test("of known data, with ties and with neighbours that resemble each other", () => {
    expect(mannKendall(WITH_OUTLIER, false)).toMatchObject({ s: 112, z: near(3.6013155491029285), p: near(0.0003166110130958662) });
    expect(mannKendall(WITH_TIES, false)).toMatchObject({ s: 31, z: near(2.7656328773835095), p: near(0.005681245397957169) });
    expect(mannKendall(AR, false)).toMatchObject({ s: 120, z: near(1.3864731127244019), p: near(0.16560248483061546) });
    expect(mannKendall(AR)).toMatchObject({ z: near(1.0582445773841331), p: near(0.28994395305923026) });
  });

  test("of a constant or nothing says nothing", () => {
    expect(mannKendall([3, 3, 3, 3, 3])).toMatchObject({ s: 0, p: 1 });
    expect(mannKendall([])).toMatchObject({ s: 0, p: 1 });
  });
});

describe("a measured series", () => {
  test("without trend is seldom said to have one, even when neighbours resemble each other; a real one is found", () => {
    const random = seededRandom(5);
    let [alarms, found, runs] = [0, 0, 100];
    for (let run = 0; run < runs; run++) {
      const noise = autoregressive(120, 0.5, random);
      const still = robustTrend(range(120), noise);
      const rising = robustTrend(
        range(120),
        noise.map((value, at) => value + 0.04 * at),
      );
      if (still !== undefined && still.lower > 0 && still.p < 0.05) alarms++;
      if (rising !== undefined && rising.lower > 0 && rising.p < 0.05) found++;
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.06);
    expect(found / runs).toBeGreaterThan(0.9);
    expect(robustTrend([1, 2, 3, 4], [1, 2, 3, 4])).toBeUndefined();
  });

  test("of 60 s each 2 s with noise of 10 MB hides what grows slower than about 12 MB a minute", () => {
    const times = range(31).map((at) => 2 * at);
    const noise = normalDraws(31, seededRandom(9)).map((value) => 10 * value);
    const slope = leastDetectableSlope(times, noise) * 60;
    expect(slope).toBeGreaterThan(8);
    expect(slope).toBeLessThan(20);
  });

  test("blocks keep their middle; a short rest goes with them", () => {
    expect(blockMedians([0, 1, 2, 3, 4, 5, 6], [5, 1, 9, 4, 4, 40, 7], 3)).toEqual({
      times: Float64Array.of(1, 4),
      values: Float64Array.of(5, 4),
    });
    expect(blockMedians([0, 1, 2, 3], [1, 2, 3, 4], 3).values).toEqual(Float64Array.of(2));
    expect(autocorrelationTime(range(40).map((at) => (at % 2 === 0 ? 1 : -1)))).toBe(1);
    expect(autocorrelationTime(autoregressive(4000, 0.8, seededRandom(3)))).toBeGreaterThan(5);
  });

  test("summaries: median, ranks with ties, deviations that outliers and trends do not move", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
    expect([...midranks([10, 20, 20, 5])]).toEqual([2, 3.5, 3.5, 1]);
    const noise = normalDraws(2000, seededRandom(1));
    expect(robustDeviation([...noise, 1e9, 1e9])).toBeCloseTo(1, 0);
    expect(stepNoise(noise.map((value, at) => value + 5 * at))).toBeCloseTo(1, 0);
  });
});

describe("straight lines", () => {
  test("least squares and what it explains", () => {
    expect(linearFit([1, 2, 3, 4], [3, 5, 7, 9])).toEqual({ slope: near(2), intercept: near(1), explained: near(1) });
    // Anscombe's first set (1973).
    const fit = linearFit([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]);
    expect(fit).toEqual({ slope: expect.closeTo(0.5001, 4), intercept: expect.closeTo(3.0001, 4), explained: expect.closeTo(0.6665, 4) });
    expect(linearFit([1, 1], [1, 2])).toBeUndefined();
    expect(linearFit([1, 2], [3, 3])).toMatchObject({ slope: 0, explained: 0 });
  });

  test("calls that grow with the group show an exponent of 1", () => {
    expect(growthExponent([10, 100, 1000], [41, 401, 4001])?.slope).toBeCloseTo(1, 1);
    expect(growthExponent([10, 100, 1000], [7, 7, 7])?.slope).toBe(0);
    expect(growthExponent([0, 5], [1, 2])).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { learnedCohorts } from "../../../collector/stats/cohorts.ts";
import { latencyMixture } from "../../../collector/stats/latency-mixture.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";
import { recorded } from "./histogram-shape.ts";
import { normalDraws } from "./noise.ts";

const logNormal = (n: number, median: number, deviation: number, seed: number) =>
  normalDraws(n, seededRandom(seed)).map((draw) => median * Math.exp(deviation * draw));

describe("two humps in one histogram", () => {
  test("slow receivers among fast ones are seen, with their share and middle", () => {
    const found = latencyMixture(recorded([...logNormal(1400, 123, 0.5, 1), ...logNormal(600, 27_565, 0.3, 2)]));
    expect(found?.isBimodal).toBe(true);
    expect(found?.parts[0].share).toBeCloseTo(0.7, 1);
    expect((found?.parts[0].median ?? 0) / 123).toBeCloseTo(1, 1);
    expect((found?.parts[1].median ?? 0) / 27_565).toBeCloseTo(1, 1);
    expect(found?.parts[1].deviation).toBeCloseTo(0.3, 1);
    expect(found?.separation).toBeGreaterThan(5);
  });

  test("one hump is one, also a wide or a narrow one; a handful of outliers is no second", () => {
    for (const [deviation, seed] of [
      [0.05, 3],
      [0.3, 4],
      [1, 5],
    ] as const) {
      expect(latencyMixture(recorded(logNormal(2000, 50, deviation, seed)))?.isBimodal).toBe(false);
    }
    expect(latencyMixture(recorded([...logNormal(2000, 50, 0.3, 6), ...logNormal(20, 9000, 0.1, 7)]))?.isBimodal).toBe(false);
  });

  test("too little to tell", () => {
    expect(latencyMixture(recorded([]))).toBeUndefined();
    expect(latencyMixture(recorded(Array(500).fill(7)))).toBeUndefined();
    expect(latencyMixture(recorded([1, 2, 3, 50, 60]))).toBeUndefined();
  });
});

describe("cohorts among members", () => {
  test("members that fall in two are split, whatever their order", () => {
    const members = [...logNormal(70, 123, 0.4, 1), ...logNormal(30, 27_565, 0.3, 2)];
    const found = learnedCohorts([...members].reverse());
    expect(found?.fast.length).toBe(70);
    expect([...(found?.slow ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(found?.silhouette).toBeGreaterThan(0.8);
    expect(found?.boundary).toBe(Math.max(...members.slice(0, 70)));
  });

  // By hand: within 1 and 1, to the others 10 on the mean: (10.5 − 1)/10.5, (9.5 − 1)/9.5, twice.
  test("the silhouette of four known members", () => {
    const found = learnedCohorts([0, 1, 10, 11].map((value) => Math.exp(value)));
    expect(found?.silhouette).toBeCloseTo((2 * (9.5 / 10.5 + 8.5 / 9.5)) / 4, 12);
  });

  test("one kind is not split, nor one straggler off from a hundred", () => {
    expect(learnedCohorts(logNormal(200, 50, 0.3, 9))).toBeUndefined();
    expect(learnedCohorts([...logNormal(100, 50, 0.1, 9), 90_000])).toBeUndefined();
    expect(learnedCohorts([5, 5, 5, 5])).toBeUndefined();
    expect(learnedCohorts([])).toBeUndefined();
  });
});

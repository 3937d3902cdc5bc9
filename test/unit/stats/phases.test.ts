import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changePoints, pettittTest } from "../../../collector/stats/change-points.ts";
import { loadPhases } from "../../../collector/stats/load-phases.ts";
import { lineCost, meanCost, optimalPartition } from "../../../collector/stats/optimal-partition.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";
import { warmUpEnd } from "../../../collector/stats/warm-up.ts";
import { autoregressive, normalDraws, poisson } from "./noise.ts";

/** Rates second by second: `from` → `to` over so many seconds each. */
function profile(...parts: readonly (readonly [seconds: number, from: number, to: number])[]): number[] {
  return parts.flatMap(([seconds, from, to]) => Array.from({ length: seconds }, (_, second) => from + ((to - from) * second) / seconds));
}

const kinds = (rates: readonly number[]) => loadPhases(rates).map(({ kind }) => kind);

describe("cutting a series", () => {
  test("finds the cheapest cuts of all", () => {
    const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 11 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3 }), (series, penalty, minLength) => {
        const cost = meanCost(series);
        const total = (cuts: readonly number[]) =>
          [...cuts, series.length].reduce((sum, to, at) => sum + cost([0, ...cuts][at] as number, to), 0) + penalty * cuts.length;
        let least = Infinity;
        for (let choice = 0; choice < 2 ** (series.length - 1); choice++) {
          const cuts = Array.from({ length: series.length - 1 }, (_, at) => at + 1).filter((at) => (choice >> (at - 1)) & 1);
          if ([...cuts, series.length].every((to, at) => to - ([0, ...cuts][at] as number) >= minLength)) least = Math.min(least, total(cuts));
        }
        expect(total(optimalPartition(series.length, cost, penalty, minLength))).toBeCloseTo(least, 6);
      }),
      { numRuns: 400 },
    );
  });

  test("costs are squares about the mean and about the line", () => {
    expect(meanCost([1, 2, 3, 10])(0, 3)).toBeCloseTo(2, 12);
    expect(lineCost([1, 2, 3, 10])(0, 3)).toBeCloseTo(0, 12);
    // Residuals of 0, 0, 1 about their line: −1/6, 1/3, −1/6 → 1/6.
    expect(lineCost([5, 0, 0, 1])(1, 4)).toBeCloseTo(1 / 6, 12);
  });
});

describe("when it changed", () => {
  test("a level that jumps is found within two seconds; a still series has no change, though neighbours resemble each other", () => {
    const random = seededRandom(21);
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      const noise = autoregressive(300, 0.4, random).map((value) => 50 + 5 * value);
      alarms += changePoints(noise).length;
      const found = changePoints(noise.map((value, at) => (at >= 203 ? value * 1.8 : value)));
      expect(found.map(({ index }) => Math.abs(index - 203) <= 2)).toEqual([true]);
      expect(Math.abs((found[0]?.after ?? 0) / (found[0]?.before ?? 1) - 1.8)).toBeLessThan(0.25);
    }
    expect(alarms).toBeLessThanOrEqual(1);
  });

  test("a small level that changes is seen beside a large one, whose noise is as large", () => {
    const noise = normalDraws(300, seededRandom(33));
    const level = (at: number) => (at < 100 ? 20 : at < 200 ? 32 : 400);
    const found = changePoints(noise.map((value, at) => level(at) * Math.exp(0.15 * value)));
    expect(found.map(({ index }) => index)).toEqual([100, 200]);
  });

  test("a fault has a beginning and an end; small changes are no findings", () => {
    const ratio = Array.from({ length: 120 }, (_, at) => (at >= 40 && at < 60 ? 0.35 : 0));
    expect(changePoints(ratio)).toEqual([
      { index: 40, before: 0, after: 0.35 },
      { index: 60, before: 0.35, after: 0 },
    ]);
    const slight = Array.from({ length: 120 }, (_, at) => (at < 60 ? 100 : 105) + (at % 2));
    expect(changePoints(slight)).toEqual([]);
    expect(changePoints(slight, { minRatio: 0.01 }).map(({ index }) => index)).toEqual([60]);
    expect(changePoints([1, 2, 3])).toEqual([]);
    expect(changePoints(Array.from({ length: 50 }, () => 7))).toEqual([]);
  });

  // Pettitt's K counted pair by pair in Python: 49 after index 7.
  test("Pettitt's test of known data", () => {
    const { index, p } = pettittTest([4.1, 3.8, 4.4, 4.0, 3.9, 4.2, 4.3, 5.9, 6.2, 5.7, 6.1, 6.4, 5.8, 6.0]);
    expect(index).toBe(7);
    expect(p).toBeCloseTo(0.014893166141848676, 12);
    expect(pettittTest([1, 1, 1, 1])).toEqual({ index: 0, p: 1 });
  });
});

describe("phases of a load", () => {
  test("ramp, hold and cool of a spike, as sent and as arrivals scatter", () => {
    const spike = profile([30, 5, 25], [60, 25, 25], [30, 25, 5]);
    expect(kinds(spike)).toEqual(["ramp", "hold", "cool"]);
    const [ramp, hold, cool] = loadPhases(spike);
    expect(Math.abs((ramp?.to ?? 0) - 30)).toBeLessThanOrEqual(3);
    expect(Math.abs((cool?.from ?? 0) - 90)).toBeLessThanOrEqual(3);
    expect(hold?.startRps).toBeCloseTo(25, 0);
    const random = seededRandom(2);
    for (let run = 0; run < 20; run++) expect(kinds(spike.map((rate) => poisson(4 * rate, random)))).toEqual(["ramp", "hold", "cool"]);
  });

  test("a flat load is one hold, also when arrivals scatter", () => {
    const random = seededRandom(4);
    for (let run = 0; run < 20; run++) expect(kinds(Array.from({ length: 180 }, () => poisson(50, random)))).toEqual(["hold"]);
    expect(kinds([20, 20, 20])).toEqual(["hold"]);
    expect(kinds([])).toEqual([]);
  });

  test("silence before and after, and stairs step by step", () => {
    expect(kinds(profile([20, 0, 0], [60, 40, 40], [15, 0, 0]))).toEqual(["idle", "hold", "idle"]);
    const stairs = loadPhases(profile([40, 10, 10], [40, 20, 20], [40, 30, 30]));
    expect(stairs.map(({ kind, from, startRps }) => [kind, from, startRps])).toEqual([
      ["hold", 0, 10],
      ["hold", 40, 20],
      ["hold", 80, 30],
    ]);
  });

  test("phases follow one another without a hole", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 80 }), (rates) => {
        const phases = loadPhases(rates);
        expect(phases[0]?.from).toBe(0);
        expect(phases.at(-1)?.to).toBe(rates.length);
        for (let at = 1; at < phases.length; at++) expect(phases[at]?.from).toBe(phases[at - 1]?.to);
      }),
    );
  });
});

test("warm-up ends where latency reaches its level and keeps it", () => {
  const noise = normalDraws(120, seededRandom(8));
  const cold = noise.map((value, at) => 20 + value * 0.5 + (at < 20 ? 30 * Math.exp(-at / 6) : 0));
  const end = warmUpEnd(cold);
  expect(end).toBeGreaterThanOrEqual(10);
  expect(end).toBeLessThanOrEqual(25);
  expect(warmUpEnd(noise.map((value) => 20 + value * 0.5))).toBe(0);
  expect(warmUpEnd(Array.from({ length: 120 }, (_, at) => 20 + 5 * at))).toBeUndefined();
  expect(warmUpEnd([1, 2, 3])).toBeUndefined();
});

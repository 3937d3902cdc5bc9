import { describe, expect, test } from "vitest";
import { classifyMemory, type MemoryClass, memoryPerConnection, type ResourceTrace } from "../../../collector/stats/memory-class.ts";
import { type Random, seededRandom } from "../../../collector/stats/seeded-random.ts";
import { normalDraws } from "./noise.ts";

const MB = 2 ** 20;
const STEP = 2;

/** 20 s idle, 60 s load, 60 s after; a sample each 2 s, noise of 6 MB; `under` and `later` in MB above a baseline of 277 MB. */
function trace(random: Random, under: (second: number) => number, later: (second: number) => number): ResourceTrace {
  const part = (from: number, seconds: number, level: (second: number) => number) => {
    const times = Array.from({ length: seconds / STEP }, (_, at) => from + at * STEP);
    const noise = normalDraws(times.length, random);
    return { times, values: times.map((time, at) => (277 + level(time - from) + 6 * (noise[at] as number)) * MB) };
  };
  return { before: part(0, 20, () => 0), hold: part(20, 60, under), after: part(80, 60, later) };
}

const SHAPES: Readonly<Record<string, readonly [expected: MemoryClass, under: (second: number) => number, later: (second: number) => number]>> = {
  "nothing rises": ["flat", () => 3, () => 2],
  "a peak that is given back": ["transient_peak", (at) => 250 * Math.min(1, at / 10), (at) => 250 * Math.exp(-at / 8)],
  "a plateau that stays": ["step_to_plateau", (at) => 200 * (1 - Math.exp(-at / 6)), () => 195],
  "a leak": ["leak_suspected", (at) => 4 * at, () => 236],
  "a queue that drains": ["backlog_drains", (at) => 4 * at, (at) => Math.max(0, 240 - 8 * at)],
  "the saw-tooth of a collector": ["transient_peak", (at) => 150 + 8 * (at % 12), (at) => 150 * Math.exp(-at / 5)],
};

describe("memory in a load run", () => {
  for (const [name, [expected, under, later]] of Object.entries(SHAPES)) {
    test(`${name}: ${expected}, in 99 of 100 simulated runs`, () => {
      const random = seededRandom(name.length);
      const found = Array.from({ length: 100 }, () => classifyMemory(trace(random, under, later)).class);
      expect(found.filter((one) => one === expected).length).toBeGreaterThanOrEqual(99);
    });
  }

  test("without samples after the load nothing is decided", () => {
    const full = trace(
      seededRandom(1),
      ...((SHAPES["a leak"] as (typeof SHAPES)[string]).slice(1) as [(s: number) => number, (s: number) => number]),
    );
    const none = { times: [], values: [] };
    expect(classifyMemory({ ...full, after: none })).toMatchObject({ class: "undecided", missing: ["after"], returned: Number.NaN });
    expect(classifyMemory({ before: none, hold: none, after: none })).toMatchObject({ class: "undecided", missing: ["before", "hold", "after"] });
  });

  test("the numbers behind the verdict: baseline, peak, share given back, late slope and what it could not have seen", () => {
    const verdict = classifyMemory(
      trace(
        seededRandom(2),
        (at) => 4 * at,
        () => 236,
      ),
    );
    expect(verdict.baseline / MB).toBeCloseTo(277, -1);
    expect(verdict.peak / MB).toBeCloseTo(277 + 230, -2);
    expect(verdict.returned).toBeLessThan(0.1);
    expect((verdict.lateTrend?.value ?? 0) / MB).toBeCloseTo(4, 0);
    expect((verdict.lateTrend?.leastDetectable ?? 0) / MB).toBeGreaterThan(0.05);
  });

  test("growth that a queue explains is no leak", () => {
    const grown = trace(
      seededRandom(3),
      (at) => 4 * at,
      () => 236,
    );
    const queue = grown.hold.times.map((time) => 100 * (time - 20));
    expect(classifyMemory({ ...grown, drivers: { queue } })).toMatchObject({
      class: "grows_with_driver",
      explained: { queue: expect.closeTo(1, 1) },
    });
    expect(classifyMemory({ ...grown, drivers: { falling: queue.map((value) => -value) } })).toMatchObject({
      class: "leak_suspected",
      explained: { falling: 0 },
    });
  });

  test("peaks in proportion to connections: 7 GB at 300, 0.9 GB at 40", () => {
    const found = memoryPerConnection([
      { connections: 300, rise: 7000 * MB },
      { connections: 40, rise: 900 * MB },
    ]);
    expect((found?.bytes ?? 0) / MB).toBeCloseTo(23, 0);
    expect(found?.spread).toBeLessThan(1.1);
    expect(found?.exponent).toBeCloseTo(1, 1);
    expect(memoryPerConnection([{ connections: 10, rise: 1 }])).toBeUndefined();
    expect(
      memoryPerConnection([
        { connections: 10, rise: 1 },
        { connections: 10, rise: 2 },
      ])?.exponent,
    ).toBeNaN();
  });
});

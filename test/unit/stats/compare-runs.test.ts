import { describe, expect, test } from "vitest";
import { bootstrapLogRatios } from "../../../collector/stats/block-bootstrap.ts";
import { blocksOfHistograms, blocksOfSamples } from "../../../collector/stats/block-series.ts";
import { compareRuns, type RunSide } from "../../../collector/stats/compare-runs.ts";
import { judgeChange, judgeShare } from "../../../collector/stats/judge-change.ts";
import { kolmogorovSmirnov } from "../../../collector/stats/kolmogorov-smirnov.ts";
import { mannWhitney } from "../../../collector/stats/mann-whitney.ts";
import { orderOfSamples, rankOf } from "../../../collector/stats/order-statistics.ts";
import { compareRunGroups, noiseFloor } from "../../../collector/stats/run-groups.ts";
import { type Random, seededRandom } from "../../../collector/stats/seeded-random.ts";
import { recorded } from "./histogram-shape.ts";
import { autoregressive, normalDraws } from "./noise.ts";

const SECONDS = 60;

/** 1200 requests over a minute, log-normal about 20 ms, whose level wanders from second to second. */
function latencies(random: Random, factor = 1, slow = 1): number[][] {
  const between = 0.02 * (normalDraws(1, random)[0] as number);
  return autoregressive(SECONDS, 0.8, random).map((level, at) =>
    normalDraws(20, random).map(
      (draw, index) => factor * (index === 0 && at % 2 === 0 ? slow : 1) * 20 * Math.exp(between + 0.06 * level + 0.3 * draw),
    ),
  );
}

/** Failures that come in bursts: 1 % on the whole. */
function failures(random: Random, share = 0.01) {
  return Array.from({ length: SECONDS }, () => ({ hits: random.next() < share * 4 ? 5 : 0, trials: 20 }));
}

function side(random: Random, factor = 1, share = 0.01): RunSide {
  return { latencies: blocksOfSamples(latencies(random, factor)), failures: failures(random, share) };
}

const p95 = (run: readonly (readonly number[])[]) => {
  const order = orderOfSamples(run.flat());
  return order.at(rankOf(0.95, order.count)).value;
};

describe("twelve identical runs", () => {
  const random = seededRandom(12);
  const runs = Array.from({ length: 12 }, () => latencies(random));
  const fails = runs.map(() => failures(random));
  const pairs = runs.flatMap((_, a) => runs.slice(a + 1).map((__, after) => [a, a + 1 + after] as const));

  test("tests on requests call most pairs different: that is why they are not used", () => {
    expect(pairs.length).toBe(66);
    const share = (isDifferent: (a: number[], b: number[]) => boolean) =>
      pairs.filter(([a, b]) => isDifferent((runs[a] as number[][]).flat(), (runs[b] as number[][]).flat())).length / pairs.length;
    expect(share((a, b) => mannWhitney(a, b).p < 0.05)).toBeGreaterThan(0.4);
    expect(share((a, b) => kolmogorovSmirnov(a, b).p < 0.05)).toBeGreaterThan(0.3);
  });

  test("no pair is called different, neither in latency nor in failures", () => {
    const called = pairs.flatMap(([a, b]) => {
      const [first, second] = [a, b].map((run) => ({
        latencies: blocksOfSamples(runs[run] as number[][]),
        failures: fails[run] as RunSide["failures"],
      }));
      const [change] = compareRuns([{ endpoint: "GET /works", first: first as RunSide, second: second as RunSide }], random, { draws: 300 });
      return [change?.failures.verdict, ...(change?.quantiles.map(({ verdict }) => verdict) ?? [])];
    });
    expect(called.length).toBe(4 * 66);
    expect(called.filter((verdict) => verdict === "worse" || verdict === "better")).toEqual([]);
    expect(called.filter((verdict) => verdict === "equivalent").length).toBeGreaterThan(20);
  });

  test("six against six: of all 924 ways to split them 4.1 % come out at p ≤ 0.05", () => {
    const values = runs.map(p95);
    let [called, splits] = [0, 0];
    for (let choice = 0; choice < 2 ** 12; choice++) {
      const [first, second] = [values.filter((_, at) => (choice >> at) & 1), values.filter((_, at) => !((choice >> at) & 1))];
      if (first.length !== 6) continue;
      splits++;
      if ((compareRunGroups(first, second)?.p ?? 1) <= 0.05) called++;
    }
    expect(splits).toBe(924);
    expect(called).toBe(38);
  });

  test("give the noise floor that changes must exceed", () => {
    const floor = noiseFloor(runs.map(p95));
    expect(floor?.pairs).toBe(66);
    expect(floor?.median).toBeGreaterThan(0.005);
    expect(floor?.usual).toBeLessThan(0.2);
    expect(noiseFloor([100, 106])).toEqual({
      pairs: 1,
      median: expect.closeTo(0.06, 12),
      usual: expect.closeTo(0.06, 12),
      largest: expect.closeTo(0.06, 12),
    });
    expect(noiseFloor([100])).toBeUndefined();
  });
});

describe("runs that differ", () => {
  test("30 % more latency is called worse, in every quantile; as much less, better; ten times the failures, worse", () => {
    const random = seededRandom(3);
    const base = side(random);
    const changes = compareRuns(
      [
        { endpoint: "slower", first: base, second: side(random, 1.35) },
        { endpoint: "faster", first: base, second: side(random, 1 / 1.35) },
        { endpoint: "failing", first: base, second: side(random, 1, 0.1) },
      ],
      random,
    );
    expect(changes.map(({ endpoint, quantiles }) => [endpoint, ...quantiles.slice(0, 2).map(({ verdict }) => verdict)])).toEqual([
      ["slower", "worse", "worse"],
      ["faster", "better", "better"],
      ["failing", expect.stringMatching(/equivalent|undecided/), expect.stringMatching(/equivalent|undecided/)],
    ]);
    expect(changes.map(({ failures: { verdict } }) => verdict)).toEqual([
      expect.not.stringMatching(/worse/),
      expect.not.stringMatching(/worse/),
      "worse",
    ]);
    expect(changes[0]?.quantiles[1]?.value).toBeCloseTo(Math.log(1.35), 0);
  });

  test("a slow tail shows in p99 and not in p50", () => {
    const random = seededRandom(19);
    const [first, second] = [blocksOfSamples(latencies(random)), blocksOfSamples(latencies(random, 1, 6))];
    const [change] = compareRuns([{ endpoint: "x", first: { latencies: first, failures: [] }, second: { latencies: second, failures: [] } }], random);
    expect(change?.quantiles.map(({ q, verdict }) => [q, verdict === "worse"])).toEqual([
      [0.5, false],
      [0.95, false],
      [0.99, true],
    ]);
    expect(change?.failures.verdict).toBe("undecided");
  });

  test("too few requests for a quantile leave it undecided, and it does not count among the questions", () => {
    const few = { latencies: blocksOfSamples([[10, 11, 12, 10, 9, 10]]), failures: [{ hits: 0, trials: 6 }] };
    const many = { latencies: blocksOfSamples([[1000, 1100, 1200, 1000, 900, 1000]]), failures: [{ hits: 0, trials: 6 }] };
    const [change] = compareRuns([{ endpoint: "x", first: few, second: many }], seededRandom(1));
    expect(change?.quantiles.map(({ q, verdict, adjustedP }) => [q, verdict, Number.isNaN(adjustedP)])).toEqual([
      [0.5, "worse", false],
      [0.95, "undecided", true],
      [0.99, "undecided", true],
    ]);
    expect(compareRuns([], seededRandom(1))).toEqual([]);
  });

  test("four runs a side that do not overlap differ; three never do", () => {
    const change = compareRunGroups([100, 104, 98, 101], [131, 128, 135, 130]);
    expect(change).toMatchObject({ first: 100.5, second: 130.5, p: expect.closeTo(2 / 70, 12) });
    expect(judgeChange(change as NonNullable<typeof change>, "run_groups", change?.p ?? 1)).toBe("worse");
    expect(compareRunGroups([1, 2, 3], [4, 5, 6])).toBeUndefined();
    expect(compareRunGroups([1, 2, 3, 0], [4, 5, 6, 7])).toBeUndefined();
  });
});

describe("histograms second by second", () => {
  test("give the changes that raw values give, within a bucket", () => {
    const random = seededRandom(30);
    const [a, b] = [latencies(random), latencies(random, 1.3)];
    const raw = bootstrapLogRatios(blocksOfSamples(a), blocksOfSamples(b), [0.95, 0.5], seededRandom(4), { draws: 300 });
    const [ha, hb] = [a, b].map((run) => blocksOfHistograms(run.map((second) => recorded(second, 160))));
    const bucketed = bootstrapLogRatios(ha as typeof ha & object, hb as typeof hb & object, [0.95, 0.5], seededRandom(4), { draws: 300 });
    raw.forEach((ratio, at) => {
      const other = bucketed[at] as (typeof raw)[number];
      expect(other.q).toBe(ratio.q);
      for (const field of ["value", "lower", "upper"] as const) expect(Math.abs(other[field] - ratio[field])).toBeLessThan(0.03);
      expect(Math.abs(other.first / ratio.first - 1)).toBeLessThan(0.03);
    });
    expect(raw.map(({ q }) => q)).toEqual([0.95, 0.5]);
  });

  test("without values give no number; zeros are values too", () => {
    const empty = blocksOfHistograms([recorded([]), recorded([])]);
    expect(empty.quantiles([1, 1], [0.5])).toEqual([Number.NaN]);
    expect(blocksOfSamples([[], []]).quantiles([1, 1], [0.5])).toEqual([Number.NaN]);
    expect(bootstrapLogRatios(empty, empty, [0.5], seededRandom(1), { draws: 5 })[0]).toMatchObject({ value: Number.NaN, p: Number.NaN });
    expect(blocksOfHistograms([recorded([0, 0, 0, 8])]).quantiles([1], [0.5, 1])).toEqual([0, expect.closeTo(8, 0)]);
  });
});

test("verdicts: beyond the floor, within it, and neither", () => {
  const change = (first: number, second: number, half: number) => {
    const value = Math.log(second / first);
    return { first, second, lower: value - half, upper: value + half };
  };
  expect(judgeChange(change(100, 130, 0.05), "one_run_each", 0.001)).toBe("worse");
  expect(judgeChange(change(130, 100, 0.05), "one_run_each", 0.001)).toBe("better");
  // It excludes 0 but reaches into what identical runs differ by.
  expect(judgeChange(change(100, 115, 0.1), "one_run_each", 0.001)).toBe("undecided");
  expect(judgeChange(change(100, 115, 0.1), "run_groups", 0.001)).toBe("worse");
  expect(judgeChange(change(100, 130, 0.05), "one_run_each", 0.2)).toBe("undecided");
  expect(judgeChange(change(100, 103, 0.02), "one_run_each", 0.001)).toBe("equivalent");
  // Half as much again, but 1 ms.
  expect(judgeChange(change(2, 3, 0.01), "one_run_each", 0.001)).toBe("equivalent");
  expect(judgeChange(change(Number.NaN, 1, 0), "one_run_each", Number.NaN)).toBe("undecided");
  expect(judgeShare({ lower: 0.01, upper: 0.03 })).toBe("worse");
  expect(judgeShare({ lower: -0.03, upper: -0.01 })).toBe("better");
  expect(judgeShare({ lower: 0.001, upper: 0.003 })).toBe("equivalent");
  expect(judgeShare({ lower: 0.001, upper: 0.05 })).toBe("undecided");
  expect(judgeShare({ lower: Number.NaN, upper: Number.NaN })).toBe("undecided");
});

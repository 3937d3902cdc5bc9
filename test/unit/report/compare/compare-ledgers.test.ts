import { describe, expect, test } from "vitest";
import { compareLedgers } from "../../../../collector/report/compare/compare-ledgers.ts";
import type { Change } from "../../../../collector/report/compare/comparison.ts";
import { measureNoise } from "../../../../collector/report/compare/measure-noise.ts";
import { renderComparison, renderComparisonMarkdown, renderNoiseFloors } from "../../../../collector/report/compare/render-comparison.ts";
import { simulatedRun } from "./simulated-run.ts";

const verdictOf = (changes: readonly Change[], metric: Change["metric"]) => changes.find((change) => change.metric === metric)?.verdict;
const group = (from: number, count: number, options: Partial<Parameters<typeof simulatedRun>[0]> = {}) =>
  Array.from({ length: count }, (_, index) => simulatedRun({ seed: from + index, ...options }));

describe("twelve runs that are alike", () => {
  const runs = group(100, 12);
  const noise = measureNoise(runs);

  test("no pair of them is called different", () => {
    expect(noise.pairs).toBe(66);
    expect(noise.pairsCalledDifferent).toBe(0);
  });

  test("six against six neither", () => {
    const { changes, by } = compareLedgers(runs.slice(0, 6), runs.slice(6));
    expect(by).toBe("runs");
    expect(changes.filter(({ verdict }) => verdict === "worse" || verdict === "better")).toEqual([]);
  });

  test("their noise floor says how far such runs lie apart", () => {
    const p95 = noise.floors.find(({ metric }) => metric === "p95");
    expect(p95?.usual).toBeGreaterThan(0);
    expect(p95?.usual).toBeLessThan(0.25);
    expect(renderNoiseFloors(noise)).toContain("0 of 66 pairs are called different");
  });
});

describe("one run against one", () => {
  test("half as slow again is worse, and the sentence says by how much", () => {
    const comparison = compareLedgers([simulatedRun({ seed: 1 })], [simulatedRun({ seed: 2, medianMs: 30 })]);
    expect(verdictOf(comparison.changes, "p50")).toBe("worse");
    expect(comparison.sentence).toMatch(/^WORSE: p50 of GET \/a .* → .* \(\+\d+ %\)/);
    expect(comparison.notes[0]).toContain("one run each");
  });

  test("the other way round it is better", () => {
    const { changes } = compareLedgers([simulatedRun({ seed: 1, medianMs: 30 })], [simulatedRun({ seed: 2 })]);
    expect(verdictOf(changes, "p50")).toBe("better");
  });

  test("five of a hundred requests that fail are worse, though those that succeed are as fast", () => {
    const comparison = compareLedgers([simulatedRun({ seed: 1 })], [simulatedRun({ seed: 2, failing: 0.05 })]);
    expect(verdictOf(comparison.changes, "failed")).toBe("worse");
    expect(verdictOf(comparison.changes, "p50")).not.toBe("worse");
    expect(comparison.after.failed).toBeGreaterThan(20);
  });

  test("too few requests for a quantile: that is said, and nothing is called", () => {
    const small = { seconds: 5, perSecond: 10 };
    const { changes } = compareLedgers([simulatedRun({ seed: 1, ...small })], [simulatedRun({ seed: 2, medianMs: 60, ...small })]);
    const p99 = changes.find(({ metric }) => metric === "p99");
    expect(p99).toMatchObject({ verdict: "undecided", change: undefined });
    expect(p99?.before.note).toBe("50 samples, p99 needs 299");
  });

  test("a stall that only one of two like runs had is not called a change of its p99", () => {
    const [calm, stalled] = [simulatedRun({ seed: 1 }), simulatedRun({ seed: 2, stall: { atSecond: 20, seconds: 6, factor: 20 } })];
    const { changes } = compareLedgers([calm], [stalled]);
    expect(changes.find(({ metric }) => metric === "p99")?.change?.value).toBeGreaterThan(1);
    expect(verdictOf(changes, "p99")).toBe("undecided");
  });

  test("a quantile with a dozen requests beyond it is not called by one run each, however far it moved", () => {
    const [before, after] = [simulatedRun({ seed: 1 }), simulatedRun({ seed: 2, medianMs: 60 })];
    expect(verdictOf(compareLedgers([before], [after]).changes, "p99")).toBe("undecided");
    const many = { perSecond: 100 };
    const larger = [simulatedRun({ seed: 1, ...many }), simulatedRun({ seed: 2, medianMs: 60, ...many })] as const;
    expect(verdictOf(compareLedgers([larger[0]], [larger[1]]).changes, "p99")).toBe("worse");
  });

  test("runs of a few seconds say too little, whatever they show", () => {
    const short = { seconds: 8, perSecond: 100 };
    const { changes } = compareLedgers([simulatedRun({ seed: 1, ...short })], [simulatedRun({ seed: 2, medianMs: 60, ...short })]);
    expect(verdictOf(changes, "p50")).toBe("undecided");
  });

  test("where more fail than a quantile leaves room for, there is no such quantile", () => {
    const { changes } = compareLedgers([simulatedRun({ seed: 1 })], [simulatedRun({ seed: 2, failing: 0.2 })]);
    expect(changes.find(({ metric }) => metric === "p95")).toMatchObject({ verdict: "undecided", after: { value: undefined } });
    expect(changes.find(({ metric }) => metric === "p95")?.after.note).toMatch(/^(1|2)\d(\.\d)? % failed$/);
    expect(verdictOf(changes, "failed")).toBe("worse");
  });

  test("a measured noise floor is not undercut", () => {
    const [before, after] = [simulatedRun({ seed: 1 }), simulatedRun({ seed: 2, medianMs: 30 })];
    const floors = (["p50", "p95", "p99"] as const).map((metric) => ({ endpoint: "GET /a", metric, usual: 0.9, largest: 1 }));
    const noise = { suite: "spike", runs: [], pairs: 66, pairsCalledDifferent: 0, floors };
    const { changes } = compareLedgers([before], [after], { noise });
    expect(changes.filter(({ verdict }) => verdict === "worse")).toEqual([]);
  });
});

describe("groups of runs", () => {
  test("a quarter slower in six runs against six is worse", () => {
    const { changes, by } = compareLedgers(group(1, 6), group(50, 6, { medianMs: 25 }));
    expect(by).toBe("runs");
    expect(verdictOf(changes, "p50")).toBe("worse");
  });

  test("three a side are too few for a test over runs, and it says so", () => {
    const { by, notes } = compareLedgers(group(1, 3), group(50, 3));
    expect(by).toBe("requests");
    expect(notes[0]).toContain("fewer than 4 runs a side");
  });
});

describe("conditions", () => {
  test("other data under test: nothing is compared", () => {
    const other = simulatedRun({ seed: 2, conditions: { dataset: "works-10000" } });
    const comparison = compareLedgers([simulatedRun({ seed: 1 })], [other]);
    expect(comparison).toMatchObject({ state: "refused", changes: [] });
    expect(comparison.sentence).toBe("NOT COMPARABLE: dataset differs (works-81 / works-10000)");
    expect(compareLedgers([simulatedRun({ seed: 1 })], [other], { isForced: true }).state).toBe("compared");
  });

  test.each([
    ["another script", { conditions: { scriptHash: "b".repeat(64) } }],
    ["a load of another length", { seconds: 120 }],
  ])("%s: nothing is compared", (_, options) => {
    expect(compareLedgers([simulatedRun({ seed: 1 })], [simulatedRun({ seed: 2, ...options })]).state).toBe("refused");
  });

  test("another version or machine is warned of", () => {
    const other = simulatedRun({ seed: 2, conditions: { versions: { server: "1.1" }, host: { cpus: "8" } } });
    const base = simulatedRun({ seed: 1, conditions: { versions: { server: "1.0" }, host: { cpus: "2" } } });
    const { state, differences } = compareLedgers([base], [other]);
    expect(state).toBe("compared");
    expect(differences.map(({ what, weight }) => [what, weight])).toEqual([
      ["version of server", "warns"],
      ["host: cpus", "warns"],
    ]);
  });

  test("an endpoint that only one side has is named", () => {
    const { unmatched, changes } = compareLedgers(
      [simulatedRun({ seed: 1, endpoints: ["GET /a", "GET /b"] })],
      [simulatedRun({ seed: 2, endpoints: ["GET /a", "GET /c"] })],
    );
    expect(unmatched).toEqual(["GET /b", "GET /c"]);
    expect(new Set(changes.map(({ endpoint }) => endpoint))).toEqual(new Set(["GET /a"]));
  });
});

test("documents carry the sentence first and hostile names made harmless", () => {
  const hostile = "GET /a|b`<script>\u001b[31m\u202e";
  const comparison = compareLedgers(
    [simulatedRun({ seed: 1, endpoints: [hostile] })],
    [simulatedRun({ seed: 2, endpoints: [hostile], medianMs: 40 })],
  );
  const text = renderComparison(comparison);
  expect(text.split("\n", 1)[0]).toBe(comparison.sentence);
  expect(text).not.toContain("\u001b");
  expect(text).not.toContain("\u202e");
  expect(renderComparisonMarkdown(comparison)).toContain("\\|b\\`\\<script\\>");
});

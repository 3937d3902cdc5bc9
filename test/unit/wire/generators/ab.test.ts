import { expect, test } from "vitest";
import { abReport } from "../../../../collector/wire/generators/ab-report.ts";
import { abGnuplot, abPercentiles } from "../../../../collector/wire/generators/ab-tables.ts";
import { quantileOf, readFixture, sumOf } from "./read-fixture.ts";

test("ab's report: counts, path, target and latencies", () => {
  const { items, aggregates, notes } = readFixture(abReport, "ab/ok.txt");
  expect(items[0]).toMatchObject({ kind: "run", generator: "ab", version: "2.3", concurrency: 4, durationSeconds: 0.015, target: "127.0.0.1:18381" });
  expect(aggregates[0]).toMatchObject({ count: 60, outcomes: { ok: 60 }, endpoint: { name: "/ok", source: "path" }, responseBytes: 5160 });
  expect(aggregates[0]?.latencies.find(({ of }) => of === "duration")).toMatchObject({
    minMs: 0,
    meanMs: 1,
    maxMs: 5,
    correction: "raw",
    survivorsOnly: true,
  });
  expect(quantileOf(aggregates[0], 0.95)).toBe(4);
  expect(notes).toEqual([]);
});

test("answers without 2xx are failures of HTTP although ab counts none as failed", () => {
  expect(readFixture(abReport, "ab/err.txt").aggregates[0]).toMatchObject({ count: 20, outcomes: { http_error: 20 } });
});

test("trap: ab's Length failures are neither good nor bad", () => {
  const { aggregates, notes } = readFixture(abReport, "ab/mixed.txt");
  expect(aggregates[0]?.outcomes).toEqual({ http_error: 2, unknown: 4, ok: 14 });
  expect(sumOf(aggregates[0]?.outcomes ?? {})).toBe(aggregates[0]?.count);
  expect(notes).toEqual(["ab_length_failures"]);
});

test.each([
  ["ab/refused.txt", "dial_refused"],
  ["ab/timeout.txt", "timeout_unknown"],
])("%s: ab gave up, and no counts are made up for it", (path, kind) => {
  const { aggregates, notes, account } = readFixture(abReport, path);
  expect(aggregates).toMatchObject([{ count: undefined, errorKinds: { [kind]: 1 }, latencies: [] }]);
  expect(notes).toEqual(["ab_gave_up"]);
  expect(account.rejected).toBe(0);
});

test("ab -g: a request for each row, of unknown ending, stamped at its start", () => {
  const { requests, account } = readFixture(abGnuplot, "ab/ok.tsv");
  expect(requests).toHaveLength(60);
  expect(account).toMatchObject({ lines: 61, accepted: 60, skipped: 1, rejected: 0 });
  expect(requests.at(-1)).toMatchObject({
    outcome: "unknown",
    status: undefined,
    stamped: "start",
    stampStepMs: 1000,
    startUnixNano: expect.any(BigInt),
  });
  // Each column is rounded by itself.
  for (const { durationMs = 0, phases } of requests) {
    expect(Math.abs((phases.blocked ?? 0) + (phases.wait ?? 0) + (phases.recv ?? 0) - durationMs)).toBeLessThanOrEqual(1);
  }
});

test("ab -e: quantiles and nothing else", () => {
  const { aggregates } = readFixture(abPercentiles, "ab/ok.csv");
  expect(aggregates).toHaveLength(1);
  expect(aggregates[0]).toMatchObject({ count: undefined, outcomes: {} });
  expect(aggregates[0]?.latencies[0]?.quantiles).toHaveLength(99);
  expect(aggregates[0]?.latencies[0]?.maxMs).toBeGreaterThan(quantileOf(aggregates[0], 0.5) ?? Number.POSITIVE_INFINITY);
});

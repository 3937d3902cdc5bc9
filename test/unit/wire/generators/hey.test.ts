import { expect, test } from "vitest";
import { heyCsv } from "../../../../collector/wire/generators/hey-csv.ts";
import { heyReport } from "../../../../collector/wire/generators/hey-report.ts";
import { quantileOf, readFixture, sumOf } from "./read-fixture.ts";

test.each([
  ["hey/refused.txt", "dial_refused"],
  ["hey/timeout.txt", "timeout_wait"],
])("trap: %s: hey's NaN and zeros are no latencies", (path, kind) => {
  const { aggregates, notes } = readFixture(heyReport, path);
  expect(aggregates[0]).toMatchObject({ count: 4, errorKinds: { [kind]: 4 }, latencies: [] });
  expect(notes).toEqual(["hey_survivors"]);
});

test("trap: with half of the requests timed out hey's latencies are of the other half", () => {
  const { aggregates, notes } = readFixture(heyReport, "hey/half.txt");
  expect(aggregates[0]).toMatchObject({ count: 8, outcomes: { ok: 4, timeout: 4 }, statuses: new Map([[200, 4]]) });
  expect(aggregates[0]?.latencies[0]).toMatchObject({ count: 4, survivorsOnly: true, maxMs: 0.9 });
  expect(notes).toEqual(["hey_survivors"]);
});

test("trap: percentiles that hey prints as 0% are left out", () => {
  const { aggregates } = readFixture(heyReport, "hey/half.txt");
  expect(aggregates[0]?.latencies[0]?.quantiles).toEqual([
    { q: 0.1, ms: 0.6 },
    { q: 0.25, ms: 0.7 },
    { q: 0.5, ms: 0.9 },
  ]);
});

test("hey's statuses, phases and total", () => {
  const { aggregates, notes } = readFixture(heyReport, "hey/mixed.txt");
  expect(aggregates[0]).toMatchObject({
    count: 20,
    outcomes: { ok: 18, http_error: 2 },
    errorKinds: { http_5xx: 2 },
    durationSeconds: 0.0018,
    responseBytes: 200,
  });
  expect(sumOf(aggregates[0]?.outcomes ?? {})).toBe(20);
  expect(aggregates[0]?.latencies.map(({ of }) => of)).toEqual(["duration", "connect", "send", "wait", "recv"]);
  expect(quantileOf(aggregates[0], 0.95)).toBe(1.5);
  expect(notes).toEqual([]);
});

test("hey -o csv: a request for each answer, none for the rest", () => {
  expect(readFixture(heyCsv, "hey/mixed.csv").requests).toHaveLength(20);
  const { requests } = readFixture(heyCsv, "hey/half.csv");
  expect(requests).toHaveLength(4);
  expect(requests[2]).toMatchObject({
    durationMs: 1.4,
    status: 200,
    startUnixNano: undefined,
    stamped: "none",
    phases: { connect: 0.3, send: 0.1, wait: 0.8, recv: 0.3 },
  });
});

test("hey -o csv knows times once it is told when the run began", () => {
  const { requests } = readFixture(heyCsv, "hey/half.csv", { beganUnixNano: 1_795_000_000_000_000_000n });
  expect(requests[2]).toMatchObject({ stamped: "start", startUnixNano: 1_795_000_001_001_400_000n, endUnixNano: 1_795_000_001_002_800_000n });
});

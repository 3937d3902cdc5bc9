import { expect, test } from "vitest";
import { autocannonReport } from "../../../../collector/wire/generators/autocannon-report.ts";
import { quantileOf, readFixture, sumOf } from "./read-fixture.ts";

test("trap: quantiles of autocannon -R without -C are left out", () => {
  const { aggregates, notes } = readFixture(autocannonReport, "autocannon/rate.json");
  expect(aggregates[0]?.latencies).toMatchObject([{ correction: "broken", count: 20, quantiles: [], meanMs: undefined }]);
  expect(notes).toContain("autocannon_broken_correction");
});

test("with -C they are there, raw", () => {
  const { aggregates, notes } = readFixture(autocannonReport, "autocannon/rate-uncorrected.json");
  expect(aggregates[0]?.latencies[0]).toMatchObject({ correction: "raw", count: 21 });
  expect([quantileOf(aggregates[0], 0.5), quantileOf(aggregates[0], 0.975), quantileOf(aggregates[0], 0.99999)]).toEqual([59, 107, 107]);
  expect(notes).not.toContain("autocannon_broken_correction");
});

test("trap: a hanging server gives no latencies of 0, timeouts are no second kind of errors", () => {
  const { aggregates, notes } = readFixture(autocannonReport, "autocannon/hang.json");
  expect(aggregates[0]).toMatchObject({ count: 12, outcomes: { timeout: 7, cut: 5 }, errorKinds: { timeout_unknown: 7 }, latencies: [] });
  expect(notes).toEqual(["autocannon_no_answers"]);
});

test("requests on connections that the server closed are missed, not forgotten", () => {
  const { aggregates, notes } = readFixture(autocannonReport, "autocannon/mixed.json");
  expect(aggregates[0]).toMatchObject({ count: 60, outcomes: { ok: 48, http_error: 6, cut: 2, unknown: 4 } });
  expect(sumOf(aggregates[0]?.outcomes ?? {})).toBe(60);
  expect(notes).toEqual(["autocannon_lost"]);
});

test("refused connections are errors of unknown reason", () => {
  const { aggregates, items } = readFixture(autocannonReport, "autocannon/refused.json");
  expect(aggregates[0]).toMatchObject({ count: 2932, outcomes: { other_error: 2930, cut: 2 } });
  expect(items[0]).toMatchObject({ kind: "run", concurrency: 2, target: "http://127.0.0.1:18382/" });
});

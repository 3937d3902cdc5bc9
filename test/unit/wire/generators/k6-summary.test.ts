import { expect, test } from "vitest";
import { k6SummaryExport } from "../../../../collector/wire/generators/k6-summary-export.ts";
import { k6SummaryMachine } from "../../../../collector/wire/generators/k6-summary-machine.ts";
import { quantileOf, readFixture, readText } from "./read-fixture.ts";

test("trap: the old summary writes false for a threshold that held", () => {
  const { thresholds } = readFixture(k6SummaryExport, "k6/mixed-summary-export.json");
  const verdicts = Object.fromEntries(thresholds.map(({ metric, expression, passed }) => [`${metric} ${expression}`, passed]));
  // As k6's own console showed them in mixed-stdout.txt.
  expect(verdicts).toEqual({
    "dropped_iterations count==0": true,
    "http_req_duration{name:ok} p(95)<800": true,
    "http_req_duration{name:ok} p(99)<1500": true,
    "http_req_failed rate<0.01": false,
    "http_req_failed{name:refused} rate<0.01": false,
  });
});

test("trap: what passes in http_req_failed are failed requests", () => {
  const { aggregates } = readFixture(k6SummaryExport, "k6/mixed-summary-export.json");
  const total = aggregates.find(({ isTotal, latencies }) => isTotal && latencies.some(({ of }) => of === "duration"));
  expect(total).toMatchObject({ count: 277, outcomes: { ok: 121, unknown: 156 } });
  expect(quantileOf(total, 0.99)).toBe(900.63478904);
  expect(quantileOf(total, 0.5, "wait")).toBe(1.000893);
});

test("sub-metrics of thresholds are endpoints", () => {
  const { aggregates } = readFixture(k6SummaryExport, "k6/mixed-summary-export.json");
  const ok = aggregates.find(({ endpoint }) => endpoint.name === "ok");
  expect(ok).toMatchObject({ isTotal: false, count: 121, endpoint: { source: "name" } });
  expect(quantileOf(ok, 0.95)).toBe(5.80864);
  expect(aggregates.find(({ endpoint }) => endpoint.name === "refused")).toMatchObject({ count: 121, outcomes: { unknown: 121 } });
});

test("the summary warns of zeros in its quantiles", () => {
  expect(readFixture(k6SummaryExport, "k6/mixed-summary-export.json").notes).toEqual(["k6_zeros_in_quantiles"]);
});

test("checks, iterations and dropped iterations are samples", () => {
  const { samples } = readFixture(k6SummaryExport, "k6/mixed-summary-export.json");
  const values = Object.fromEntries(samples.map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({
    iterations: 119,
    dropped_iterations: 0,
    "checks.passes": 121,
    "checks.total": 121,
    "check.passes": 121,
    "check.fails": 0,
    "vus_max.max": 10,
  });
});

test("trap: the script's source in the machine-readable summary is left out, in every field", () => {
  const { items, notes } = readFixture(k6SummaryMachine, "k6/mixed-summary-machine.json");
  const everything = JSON.stringify(items, (_, value) => (typeof value === "bigint" ? String(value) : value));
  expect(everything).not.toContain("import http");
  expect(everything).not.toContain("traceparent");
  expect(notes).toContain("k6_script_removed");
});

test("the machine-readable summary has run, counts and its two quantiles", () => {
  const { items, aggregates } = readFixture(k6SummaryMachine, "k6/mixed-summary-machine.json");
  expect(items[0]).toMatchObject({ kind: "run", version: "2.2.0", durationSeconds: 7.001336427, endUnixNano: 1795245987145624708n });
  const total = aggregates.find(({ isTotal, latencies }) => isTotal && latencies.some(({ of }) => of === "duration"));
  expect(total).toMatchObject({ count: 277, outcomes: { ok: 121, unknown: 156 } });
  expect([quantileOf(total, 0.95), quantileOf(total, 0.99)]).toEqual([700.946837, undefined]);
});

test("both spellings of the machine-readable summary are read", () => {
  const text = JSON.stringify({
    metadata: { generatedAt: "2026-11-21T07:26:27Z", k6Version: "2.9.9" },
    config: { duration: 5 },
    results: { metrics: [{ name: "http_req_duration", values: { "p(95)": 12, avg: 3 } }] },
  });
  const { items, aggregates } = readText(k6SummaryMachine, text);
  expect(items[0]).toMatchObject({ version: "2.9.9", startUnixNano: 1795245982000000000n });
  expect(quantileOf(aggregates[0], 0.95)).toBe(12);
});

test("thresholds of handleSummary's object are not turned round", () => {
  const text = JSON.stringify({
    root_group: { checks: [{ name: "is 200", passes: 3, fails: 1 }], groups: [], path: "" },
    metrics: { http_req_duration: { type: "trend", values: { med: 2, count: 4 }, thresholds: { "p(95)<5": { ok: true }, "max<3": { ok: false } } } },
    state: { testRunDurationMs: 4000 },
  });
  const { thresholds, samples, items, aggregates } = readText(k6SummaryExport, text);
  expect(thresholds.map(({ passed }) => passed)).toEqual([true, false]);
  expect(items[0]).toMatchObject({ durationSeconds: 4 });
  expect(aggregates[0]).toMatchObject({ count: 4 });
  expect(samples.map(({ name, value }) => [name, value])).toEqual([
    ["check.passes", 3],
    ["check.fails", 1],
  ]);
});

test("a summary that is cut is rejected with all its lines, and gives nothing", () => {
  const { items, account } = readText(k6SummaryMachine, '{\n"results": {\n"metrics": [');
  expect(items).toEqual([]);
  expect([...account.reasons]).toEqual([["bad_json", { count: 3, firstLine: 1 }]]);
});

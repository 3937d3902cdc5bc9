import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { buildReport } from "../../../collector/report/build-report.ts";
import { renderReportSchema, reportSchema } from "../../../collector/report/report-schema.ts";
import { sampleDiagnosis } from "./sample-diagnosis.ts";
import { FAILING, HEALTHY, PUZZLES, type SampleShape, sampleLedger } from "./sample-ledger.ts";

function reportOf(shape: SampleShape) {
  const ledger = sampleLedger(shape);
  return buildReport(ledger, sampleDiagnosis(ledger));
}

test.each([
  ["a healthy run", HEALTHY],
  ["a failing run", FAILING],
  ["a run of one second", { ...HEALTHY, rest: 0, ramp: 0, hold: 1, cool: 0, peakPerSecond: 6 }],
  ["a run without any request", { ...HEALTHY, peakPerSecond: 0 }],
])("the report of %s is plain JSON that fits both schemas", (_, shape) => {
  const report = reportOf(shape);
  const json = JSON.parse(JSON.stringify(report));
  expect(json).toEqual(report);
  expect(reportSchema.parse(json)).toEqual(json);
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(renderReportSchema()));
  expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
});

test("the strip marks where neighbours count different things, and by how many", () => {
  const [client, network, proxy] = reportOf(FAILING).hops;
  expect(client?.link).toMatchObject({ to: "proxy", state: "broken", requestsDifference: 0, failedDifference: client?.stream?.failed });
  expect(client?.stream?.failed).toBeGreaterThan(1000);
  expect(network).toMatchObject({ stream: null, isBlamed: true });
  expect(proxy?.link).toMatchObject({ to: "application", state: "holds", failedDifference: 0 });
  expect(reportOf(HEALTHY).hops.map(({ link }) => link?.state)).toEqual(["holds", undefined, "holds", "unknown", undefined]);
});

test("spans, which may be sampled, are not held against counts", () => {
  const ledger = sampleLedger(HEALTHY);
  const cells = ledger.cells.map((cell) => (cell.hop === "application" ? { ...cell, source: "spans" as const, count: 1 } : cell));
  const sampled = { ...ledger, cells };
  const report = buildReport(sampled, sampleDiagnosis(sampled));
  expect(report.hops[2]?.link).toMatchObject({ to: "application", state: "unknown" });
});

test("a run with few requests states only the quantiles that so few can tell", () => {
  const [client] = reportOf({ ...HEALTHY, rest: 0, ramp: 0, hold: 2, cool: 0, peakPerSecond: 3 }).hops;
  expect(client?.stream?.requests).toBe(12);
  expect(client?.stream?.latency?.p50.ms).toBeGreaterThan(0);
  expect(client?.stream?.latency?.p99).toEqual({ ms: null, lowerMs: null, upperMs: null, needed: 299 });
});

test("failures are told by kind, endpoint and hop, with the text of a sampled request", () => {
  const { failures } = reportOf(FAILING);
  expect(failures[0]).toMatchObject({ hop: "client", endpoint: PUZZLES, kind: "timeout_recv", samples: ["request timeout while receiving"] });
  expect(failures.reduce((sum, { requests }) => sum + requests, 0)).toBe(reportOf(FAILING).hops[0]?.stream?.failed);
});

test("the sentences for agents are two kilobytes at most and begin with the verdict", () => {
  const ledger = sampleLedger(FAILING);
  const diagnosis = sampleDiagnosis(ledger);
  const [gap] = diagnosis.gaps;
  const { summary } = buildReport(ledger, { ...diagnosis, gaps: Array.from({ length: 40 }, () => gap as NonNullable<typeof gap>) });
  expect(summary[0]).toMatch(/^FAILED \(confidence high\): 16\.9 %/);
  expect(Buffer.byteLength(summary.join("\n"))).toBeLessThanOrEqual(2048);
});

test("a sentence that begins with the result does not say it twice", () => {
  const ledger = sampleLedger(FAILING);
  const diagnosis = sampleDiagnosis(ledger);
  const verdict = { ...diagnosis.verdict, sentence: "FAILED \u2014 too many requests failed" };
  expect(buildReport(ledger, { ...diagnosis, verdict }).verdict.sentence).toBe("too many requests failed");
});

test("secrets of environment, command, spans and logs are not in the report", () => {
  const ledger = sampleLedger(FAILING);
  const command = ["k6", "run", "--token", "seen-1", "-e", "API_KEY=seen-2", "http://me:seen-3@host/", "x.js"];
  const spans = ledger.traces.map((trace) => ({
    ...trace,
    spans: trace.spans.map((span) => ({ ...span, attributes: { "http.request.header.authorization": "Bearer seen-4", note: "cookie: seen-5" } })),
  }));
  const secret = { ...ledger, traces: spans, run: { ...ledger.run, conditions: { ...ledger.run.conditions, command } } };
  const text = JSON.stringify(buildReport(secret, sampleDiagnosis(ledger)));
  expect(text).not.toMatch(/seen-\d|tok-should-not-be-seen|abcdef\d/);
  expect(text).toContain("--token");
});

test("charts of failures show which hop did not see them", () => {
  const { charts } = reportOf(FAILING);
  const lines = charts.find(({ id }) => id === "failures-by-hop")?.series ?? [];
  const most = Object.fromEntries(lines.map(({ name, values }) => [name, Math.max(...values.map((value) => value ?? 0))]));
  expect(most).toMatchObject({ proxy: 0, application: 0, store: 0 });
  expect(most["client"]).toBeGreaterThan(20);
  expect(charts.find(({ id }) => id === "permits")?.series.map(({ style }) => style)).toEqual(["solid", "limit"]);
});

test("charts have 600 columns at most and keep a spike of one second", () => {
  const shape = { ...HEALTHY, hold: 3600, peakPerSecond: 2 };
  const ledger = sampleLedger(shape);
  const { charts } = buildReport(ledger, sampleDiagnosis(ledger));
  for (const { series, stepSeconds } of charts) {
    expect(Number.isInteger(stepSeconds)).toBe(true);
    for (const { values } of series) expect(values.length).toBeLessThanOrEqual(600);
  }
  const hits = charts.find(({ id }) => id === "cache-hits")?.series[0]?.values ?? [];
  expect(Math.min(...hits.map((value) => value ?? 100))).toBe(0);
});

import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { buildReport } from "../../../collector/report/build-report.ts";
import { renderReportSchema, reportSchema } from "../../../collector/report/report-schema.ts";
import { sampleDiagnosis } from "./sample-diagnosis.ts";
import { FAILING, HEALTHY, PUZZLES, type SampleShape, sampleLedger, WORLDS } from "./sample-ledger.ts";

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

test("the sentences for agents say nothing twice: the claim of the verdict, its confidence, the gates", () => {
  const ledger = sampleLedger(FAILING);
  const diagnosis = sampleDiagnosis(ledger);
  const [finding] = diagnosis.findings;
  const sentence = `FAILED: 16.9 % of requests failed on their way back (confidence high): ${finding?.claim}`;
  const { summary, verdict } = buildReport(ledger, { ...diagnosis, verdict: { ...diagnosis.verdict, sentence } });
  expect(verdict.sentence).toBe(`16.9 % of requests failed on their way back: ${finding?.claim}`);
  const text = summary.join("\n");
  expect(text.split(finding?.claim ?? "?")).toHaveLength(2);
  expect(text.match(/confidence high/g)).toHaveLength(1);
  expect(text).toMatch(/^D4 \(proven\) is what the verdict says\. Next: /m);
  expect(text).toMatch(/^Gates that hold: 2 of 3$/m);
});

test("time that nobody told apart from what lies further in is an upper bound", () => {
  const ledger = sampleLedger(FAILING);
  const diagnosis = sampleDiagnosis(ledger);
  const clientOnly = diagnosis.decompositions.map((one) => ({ ...one, parts: one.parts.filter(({ hop }) => hop === "client" || hop === "network") }));
  const bounds = (hops: ReturnType<typeof reportOf>["hops"]) => hops.map(({ timeIsBound }) => timeIsBound);
  expect(bounds(buildReport(ledger, { ...diagnosis, decompositions: clientOnly }).hops)).toEqual([false, true, false, false, false]);
  expect(bounds(buildReport(ledger, diagnosis).hops)).not.toContain(true);
});

test("a law that is broken marks its neighbours even where their counts are alike", () => {
  const ledger = sampleLedger(HEALTHY);
  const diagnosis = sampleDiagnosis(ledger);
  const laws = diagnosis.laws.map((law) => (law.law === "L4" ? { ...law, state: "broken" as const, left: 90, right: 0 } : law));
  const [client] = buildReport(ledger, { ...diagnosis, laws }).hops;
  expect(client?.link).toMatchObject({
    state: "broken",
    text: "client timeouts = requests that the proxy did not finish does not hold: 90 against 0",
  });
});

test("logs that say the same are one, from the first to the last, and each request keeps its own", () => {
  const ledger = sampleLedger(FAILING);
  const [log] = ledger.logs;
  const logs = Array.from({ length: 500 }, (_, index) => ({
    ...(log as NonNullable<typeof log>),
    timeUnixMs: (log?.timeUnixMs ?? 0) + index * 1000,
  }));
  const report = buildReport({ ...ledger, logs }, sampleDiagnosis(ledger));
  expect(report.logs).toMatchObject([{ count: 500, second: 70, lastSecond: 569 }]);
  expect(report.logsLeftOut).toBe(0);
  const own = report.traces.find(({ traceId }) => traceId === log?.traceId);
  expect(own?.logs.length).toBe(4);
});

test("a line of an access log is no reason why a request failed", () => {
  const ledger = sampleLedger(FAILING);
  const logs = ledger.logs.map((log) => ({ ...log, body: "request completed" }));
  const traces = ledger.traces.map((trace) => ({ ...trace, spans: trace.spans.map((span) => ({ ...span, attributes: {} })) }));
  const { failures } = buildReport({ ...ledger, logs, traces }, sampleDiagnosis(ledger));
  expect(failures.flatMap(({ samples }) => samples)).toEqual([]);
});

test("requests that failed alike are shown twice at most, and what timed out is not among the slow ones", () => {
  const ledger = sampleLedger(FAILING);
  const traces = ledger.traces.map((trace) => ({ ...trace, why: trace.outcome === "ok" ? trace.why : ("slow" as const) }));
  expect(reportOf(FAILING).traces.filter(({ why }) => why === "failed")).toHaveLength(2);
  expect(buildReport({ ...ledger, traces }, sampleDiagnosis(ledger)).traces.every(({ outcome }) => outcome === "ok")).toBe(true);
});

test("spans stand from the outside inwards although the clocks of the hops differ", () => {
  const ledger = sampleLedger(HEALTHY);
  const early = ledger.traces.map((trace) => ({
    ...trace,
    spans: trace.spans.toReversed().map((span) => (span.hop === "client" ? span : { ...span, startUnixMs: span.startUnixMs - 40 })),
  }));
  const [trace] = buildReport({ ...ledger, traces: early }, { ...sampleDiagnosis(ledger), skew: [] }).traces;
  expect(trace?.spans.map(({ hop }) => hop)).toEqual(["client", "proxy", "application", "store", "application"]);
  expect(trace?.spans.every(({ startMs }) => startMs >= 0)).toBe(true);
});

test("slow requests of one endpoint do not crowd out the others, and are a few at most", () => {
  const ledger = sampleLedger(HEALTHY);
  const [one] = ledger.traces as readonly [(typeof ledger.traces)[number]];
  const traces = Array.from({ length: 30 }, (_, index) => ({ ...one, endpoint: index === 29 ? 1 : 0, durationMs: 100 + index }));
  expect(
    buildReport({ ...ledger, traces }, sampleDiagnosis(ledger))
      .traces.map(({ endpoint }) => endpoint)
      .toSorted(),
  ).toEqual([WORLDS, PUZZLES, PUZZLES, PUZZLES, PUZZLES]);
});

test("calls that a service counts by metrics and tells by spans once more are listed once", () => {
  const ledger = sampleLedger(HEALTHY);
  const index = ledger.endpoints.length;
  const spans = ledger.cells
    .filter(({ hop, endpoint }) => hop === "store" && endpoint === 2)
    .map((cell) => ({ ...cell, endpoint: index, source: "spans" as const }));
  const endpoints = [
    ...ledger.endpoints,
    { ...(ledger.endpoints[2] as (typeof ledger.endpoints)[number]), canonical: "list_puzzle_gallery works", name: "x" },
  ];
  const twice = { ...ledger, endpoints, cells: [...ledger.cells, ...spans] };
  expect(
    buildReport(twice, sampleDiagnosis(twice))
      .operations.map(({ endpoint }) => endpoint)
      .toSorted(),
  ).toEqual(["list_custom_worlds", "list_puzzle_gallery"]);
});

test("what was due is drawn as the generator counted it", () => {
  const ledger = sampleLedger(HEALTHY);
  const seconds = Array.from({ length: 180 }, (_, at) => Math.floor(ledger.run.startUnixMs / 1000) + 20 + at);
  const points = seconds.map((second) => ({ second, min: 0, max: 0, last: 0, sum: 150, n: 1 }));
  const name = "loadtest.client.requests.planned";
  const planned = { name, unit: "{request}", kind: "counter", hop: "client", witness: "driver", instance: "", attributes: {}, points } as const;
  const told = { ...ledger, gauges: [...ledger.gauges, planned] };
  const rate = buildReport(told, sampleDiagnosis(told)).charts.find(({ id }) => id === "rate");
  expect(rate?.series[0]).toMatchObject({ name: "offered", style: "dashed" });
  expect(rate?.series[0]?.values[90]).toBe(150);
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

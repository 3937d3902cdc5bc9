import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { diagnose } from "../../../collector/diagnose/diagnose.ts";
import type { RunLedger } from "../../../collector/model/ledger.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LoadAggregate } from "../../../collector/model/load-record.ts";
import { buildReport } from "../../../collector/report/build-report.ts";
import { renderConsole } from "../../../collector/report/render-console.ts";
import { renderHtml } from "../../../collector/report/render-html.ts";
import { renderMarkdown } from "../../../collector/report/render-markdown.ts";
import { readReportAssets } from "../../../collector/run/report-assets.ts";
import { HEALTHY, sampleLedger } from "./sample-ledger.ts";

/** What wrk printed of a run (test/fixtures/generators/wrk/mixed.txt), as its reader gives it. */
const WRK: LoadAggregate = {
  ...BLANK_AGGREGATE,
  isTotal: false,
  endpoint: { method: "", name: "http://127.0.0.1:18381/mixed", url: "", source: "url" },
  durationSeconds: 1.1,
  count: 25_644,
  outcomes: { ok: 20_514, http_error: 2565, transfer_error: 2565 },
  errorKinds: { reset: 2565 },
  latencies: [
    {
      ...BLANK_LATENCY,
      means: "start_to_last_byte",
      count: 23_079,
      meanMs: 0.527,
      maxMs: 12.81,
      quantiles: [
        { q: 0.5, ms: 0.102 },
        { q: 0.75, ms: 0.218 },
        { q: 0.9, ms: 1.26 },
        { q: 0.99, ms: 7.96 },
      ],
      correction: "corrected",
      survivorsOnly: true,
    },
  ],
};

function sumsOnly(items: readonly LoadAggregate[]): RunLedger {
  const base = sampleLedger({ ...HEALTHY, peakPerSecond: 0 });
  const witness = { ...base.witnesses[0], name: "wrk", hop: "client", sources: ["metrics"], format: "wrk-report" } as RunLedger["witnesses"][number];
  const none = { cells: [], endpoints: [], gauges: [], traces: [], logs: [], notes: [], phases: [], marks: [] };
  return { ...base, ...none, witnesses: [witness], aggregates: items.map((item) => ({ witness: "wrk", item })) };
}

function reportOf(items: readonly LoadAggregate[]) {
  const ledger = sumsOnly(items);
  return buildReport(ledger, diagnose(ledger));
}

test("the fixture says what the test says it does", () => {
  const text = readFileSync("test/fixtures/generators/wrk/mixed.txt", "utf8");
  for (const figure of ["102.00us", "1.26ms", "7.96ms", "12.81ms"]) expect(text).toContain(figure);
});

test("quantiles of a generator that gives only sums stand in every document as it printed them, and in no hop's figures", () => {
  const report = reportOf([WRK]);
  expect(report.printed).toEqual([
    expect.objectContaining({ witness: "wrk", endpoint: "/mixed", requests: 23_079, maxMs: 12.81, survivorsOnly: true, correction: "corrected" }),
  ]);
  expect(report.hops[0]?.stream).toMatchObject({ requests: 25_644, latency: null });
  const page = renderHtml(report, readReportAssets());
  expect(page).toContain("As wrk prints it");
  expect(page).toMatch(/p99<\/th>.*8 ms/s);
  for (const text of [renderConsole(report, { style: (_, word) => word, columns: 110 }), renderMarkdown(report), report.summary.join("\n")]) {
    expect(text).toMatch(/p50 0\.1 ms.*p99 8 ms/s);
    expect(text).toContain("answered requests only");
  }
});

test("there is no picture where the generator did not say when", () => {
  const report = reportOf([WRK]);
  expect(report.charts).toEqual([]);
  expect(renderHtml(report, readReportAssets())).not.toContain("<h2>Over time");
});

test("windows of a run, corrections that are known to be wrong, and what has no quantile are left out", () => {
  const broken = { ...WRK, latencies: WRK.latencies.map((view) => ({ ...view, correction: "broken" as const })) };
  const silent = { ...WRK, latencies: [{ ...BLANK_LATENCY, meanMs: 3 }] };
  expect(reportOf([{ ...WRK, scope: "period" }, broken, silent]).printed).toEqual([]);
});

test("of what is told of one endpoint twice the larger is shown, the total first", () => {
  const total: LoadAggregate = { ...WRK, isTotal: true, endpoint: BLANK_AGGREGATE.endpoint, count: 60_000 };
  const smaller: LoadAggregate = { ...WRK, count: 10, latencies: WRK.latencies.map((view) => ({ ...view, count: 10 })) };
  expect(reportOf([smaller, WRK, total]).printed.map(({ endpoint, requests }) => [endpoint, requests])).toEqual([
    ["", 23_079],
    ["/mixed", 23_079],
  ]);
});

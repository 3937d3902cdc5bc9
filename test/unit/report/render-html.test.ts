import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { buildReport } from "../../../collector/report/build-report.ts";
import { renderHtml } from "../../../collector/report/render-html.ts";
import { readReportAssets } from "../../../collector/run/report-assets.ts";
import { hostileReport } from "./hostile-report.ts";
import { sampleDiagnosis } from "./sample-diagnosis.ts";
import { FAILING, HEALTHY, type SampleShape, sampleLedger } from "./sample-ledger.ts";

const assets = readReportAssets();

function pageOf(shape: SampleShape): string {
  const ledger = sampleLedger(shape);
  return renderHtml(buildReport(ledger, sampleDiagnosis(ledger)), assets);
}

test("ten minutes with two endpoints, five hops and forty series more fit into 300 KB", () => {
  const page = pageOf({ ...FAILING, hold: 520, moreGauges: 40 });
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(300_000);
  expect(page.match(/<figure /g)?.length).toBeGreaterThanOrEqual(45);
});

test("the page names no other file and no other host", () => {
  const page = pageOf(FAILING);
  const attributes = [...page.matchAll(/\s(?:src|href|action|data|poster|srcset)="([^"]*)"/g)].map((match) => match[1] as string);
  expect(attributes.filter((value) => !value.startsWith("#"))).toEqual([]);
  expect(page).not.toMatch(/@import|url\(|<link|<iframe|<base/);
});

test("the policy allows exactly the scripts that are in the page", () => {
  const page = pageOf(FAILING);
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) =>
    createHash("sha256")
      .update(match[1] as string)
      .digest("base64"),
  );
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
  expect(scripts).toHaveLength(2);
  expect([...policy.matchAll(/'sha256-([^']+)'/g)].map((match) => match[1])).toEqual(scripts);
  expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; script-src/);
});

test("verdict, strip, gates and numbers are there without a script", () => {
  const page = pageOf(FAILING)
    .replace(/<script[\s\S]*?<\/script>/g, "")
    .replaceAll("\u00a0", " ");
  for (const text of [
    "16.9 % of requests failed",
    "3 047 failed",
    "\u2717 here",
    "http_req_failed &lt; 1%",
    "<svg viewBox",
    "p95 of successful requests by hop",
  ])
    expect(page).toContain(text);
});

test("text of telemetry stays text", () => {
  const page = renderHtml(hostileReport(), assets);
  expect(page).not.toContain("<img");
  expect(page.match(/<script/g)).toHaveLength(3);
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e\u2028]/);
  expect(page).toContain("&lt;U+202E&gt;evil");
});

test("a run without requests still has a page, and no chart is no script", () => {
  const ledger = { ...sampleLedger({ ...HEALTHY, peakPerSecond: 0 }), gauges: [], traces: [], marks: [] };
  const page = renderHtml(buildReport(ledger, sampleDiagnosis(ledger)), assets);
  expect(page).toContain("no witness");
  expect(page).toContain("script-src 'none'");
});

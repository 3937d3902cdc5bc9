import { expect, test } from "vitest";
import { buildReport } from "../../../collector/report/build-report.ts";
import { renderConsole } from "../../../collector/report/render-console.ts";
import { renderJunit } from "../../../collector/report/render-junit.ts";
import { escapeMarkdown, renderGithubSummary, renderMarkdown } from "../../../collector/report/render-markdown.ts";
import type { RunReport } from "../../../collector/report/report-schema.ts";
import { textWidth } from "../../../collector/report/wrap-text.ts";
import { hostileReport } from "./hostile-report.ts";
import { sampleDiagnosis } from "./sample-diagnosis.ts";
import { FAILING, HEALTHY, sampleLedger } from "./sample-ledger.ts";

const plain = (_: string, text: string): string => text;
const REPORTS: Readonly<Record<string, RunReport>> = Object.fromEntries(
  [FAILING, HEALTHY].map((shape) => {
    const ledger = sampleLedger(shape);
    return [shape === FAILING ? "failing" : "healthy", buildReport(ledger, sampleDiagnosis(ledger))];
  }),
);
const report = (name: string): RunReport => REPORTS[name] as RunReport;
const golden = (file: string): string => `../../golden/report/${file}`;

test.each(["failing", "healthy"])("the console, Markdown and JUnit documents of a %s run are as they should be", async (name) => {
  await expect(renderConsole(report(name), { style: plain })).toMatchFileSnapshot(golden(`${name}.console.txt`));
  await expect(renderMarkdown(report(name))).toMatchFileSnapshot(golden(`${name}.md`));
  await expect(renderGithubSummary(report(name))).toMatchFileSnapshot(golden(`${name}.summary.md`));
  await expect(renderJunit(report(name))).toMatchFileSnapshot(golden(`${name}.junit.xml`));
});

test.each([60, 80, 110])("the console document keeps to 60 lines of %i columns, however much there is to say", (columns) => {
  const crowded = crowd(report("failing"));
  const lines = renderConsole(crowded, { style: plain, columns }).trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(60);
  expect(lines.filter((line) => textWidth(line) > columns)).toEqual([]);
  const text = lines.join("\n");
  for (const part of ["FAILED", "Gates", "Findings", "Lost telemetry", "Not measured", "more"]) expect(text).toContain(part);
});

test("why a gate does not hold is written out whole, at the width of the terminal", () => {
  const note = "38 of 1 824 requests; with 95 % confidence from 1.5 % to 2.8 %; genarrative.http.server.request_permits.available.min, 21 points";
  const gates = report("failing").gates.map((gate) => (gate.state === "failed" ? { ...gate, note } : gate));
  const text = renderConsole({ ...report("failing"), gates }, { style: plain, columns: 80 });
  expect(text.replace(/\s+/g, "")).toContain(`was16.9%;${note}`.replace(/\s+/g, ""));
  expect(text).not.toContain("\u2026");
});

test("the name of the hop to blame is not cut", () => {
  const hops = report("failing").hops.map((hop) => ({ ...hop, isBlamed: hop.hop === "application" }));
  expect(renderConsole({ ...report("failing"), hops }, { style: plain, columns: 80 })).toContain("\u2717 application ");
});

test.each(["console", "Markdown", "summary"])("the %s document says that a recording broke off", (name) => {
  const broken: RunReport = { ...report("healthy"), run: { ...report("healthy").run, state: "abandoned" } };
  const documents = { console: renderConsole(broken, { style: plain }), Markdown: renderMarkdown(broken), summary: renderGithubSummary(broken) };
  expect(documents[name as keyof typeof documents]).toMatch(/the recording broke off/i);
});

test("what was lost elsewhere is not told as a loss of this run", () => {
  const lost = { component: "otlp", signal: "metrics", reason: "shutdown", items: 100, concerns: "elsewhere" } as const;
  const text = renderConsole({ ...report("healthy"), losses: [lost] }, { style: plain });
  expect(text).not.toContain("Lost telemetry");
  expect(renderConsole({ ...report("healthy"), losses: [{ ...lost, concerns: "detail" }] }, { style: plain })).toMatch(/^Lost telemetry$/m);
});

test("the console document means the same without colour", () => {
  const coloured = renderConsole(report("failing"), { style: (style, text) => `<${style}>${text}</>` });
  expect(coloured.replace(/<\/?[a-z]*>/g, "").replace(/ +$/gm, "")).toBe(renderConsole(report("failing"), { style: plain }));
  expect(coloured).toContain("\u2717 failed");
});

test("text of telemetry cannot drive a terminal, call people or make elements and links", () => {
  const hostile = hostileReport();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(renderConsole(hostile, { style: plain })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
  const markdown = renderMarkdown(hostile);
  expect(markdown.replaceAll(/<(\/?)(details|summary|sub)>/g, "")).not.toMatch(/<|@|https?:\/\//);
  const junit = renderJunit(hostile);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no such characters
  expect(junit).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(junit).not.toContain("<img");
});

test("Markdown keeps its hands off what looks like markup", () => {
  expect(escapeMarkdown("a|b *c* `d` [e](f) <g> @me #1")).toBe("a\\|b \\*c\\* \\`d\\` \\[e\\]\\(f\\) &lt;g&gt; &#64;me \\#1");
});

function crowd(one: RunReport): RunReport {
  const many = <T>(items: readonly T[], count: number): T[] => Array.from({ length: count }, (_, index) => items[index % items.length] as T);
  return { ...one, gates: many(one.gates, 30), findings: many(one.findings, 20), gaps: many(one.gaps, 12), losses: many(one.losses, 9) };
}

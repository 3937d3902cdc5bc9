import { expect, test } from "vitest";
import { buildReport } from "../../../../collector/report/build-report.ts";
import { endpointSection } from "../../../../collector/report/html/endpoint-section.ts";
import { failureSection } from "../../../../collector/report/html/failure-section.ts";
import { lawSection } from "../../../../collector/report/html/law-section.ts";
import { timeSection } from "../../../../collector/report/html/time-section.ts";
import { renderHtml } from "../../../../collector/report/render-html.ts";
import type { RunReport } from "../../../../collector/report/report-schema.ts";
import { readReportAssets } from "../../../../collector/run/report-assets.ts";
import { sampleDiagnosis } from "../sample-diagnosis.ts";
import { FAILING, HEALTHY, sampleLedger } from "../sample-ledger.ts";

const ledger = sampleLedger(FAILING);
const report = buildReport(ledger, sampleDiagnosis(ledger));

/** What is left when everything that is folded away is taken out. */
function unfolded(html: string): string {
  return html.replace(/<details class="more">.*?<\/details>/gs, "");
}

type Law = RunReport["laws"][number];
const law = (rest: Partial<Law>): Law => ({
  law: "L3",
  scope: "load",
  endpoint: "",
  state: "holds",
  statement: "sent = arrived",
  left: 10,
  right: 10,
  difference: 0,
  tolerance: 1,
  note: "",
  evidence: [],
  ...rest,
});

test("laws that hold are folded away; what is broken, and why a check could not be made, is told at once", () => {
  const many = ["", "GET /a", "GET /b"].flatMap((endpoint) => ["load", "ramp"].map((scope) => law({ endpoint, scope })));
  const { html } = lawSection({
    ...report,
    laws: [...many, law({ law: "L4", state: "broken", right: 3, difference: 7 }), law({ law: "L6", state: "unknown", left: null, note: "no log" })],
  });
  expect(unfolded(html)).toContain("Of 8 checks, by endpoint and phase, 6 hold, 1 is broken, 1 could not be made");
  expect(unfolded(html)).toMatch(/≠ broken.*What the client gave up.*>7</s);
  expect(unfolded(html)).toMatch(/Answers by status add up: no log/);
  expect(unfolded(html)).not.toContain("= holds");
  // The same law for all endpoints and phases is one row.
  expect(html.match(/= holds/g)).toHaveLength(1);
  expect(html).toContain("all endpoints, 2 single endpoints, 1 phase");
});

test("where all counts add up one line says so", () => {
  expect(unfolded(lawSection({ ...report, laws: [law({}), law({ law: "L5" })] }).html)).toContain("Yes: all 2 checks");
});

test("a failure stands once, with what each hop counts of it", () => {
  const { html } = failureSection(report);
  const row = /<tr><th scope="row">timed out receiving the answer.*?<\/tr>/s.exec(html)?.[0] ?? "";
  expect(row.replace(/<[^>]*>/g, "|")).toMatch(/2 941.*\|0\|.*\|0\|/);
  expect(html.match(/timed out receiving/g)).toHaveLength(1);
});

test("the time has a bar for all endpoints and one for each; phases are folded away", () => {
  const [whole] = report.decompositions;
  const phases = ["ramp", "hold"].map((scope) => ({ ...(whole as NonNullable<typeof whole>), scope }));
  const { html } = timeSection({ ...report, decompositions: [...report.decompositions, ...phases] });
  expect(html.match(/class="stack"/g)).toHaveLength(2);
  expect(unfolded(html)).not.toContain("ramp");
  expect(html).toContain("Phase by phase");
});

test("one endpoint alone has no second bar, and of many only those that most time goes to", () => {
  const [whole] = report.decompositions as readonly [RunReport["decompositions"][number]];
  expect(timeSection({ ...report, decompositions: [whole, { ...whole, endpoint: "GET /a" }] }).html.match(/class="stack"/g)).toHaveLength(1);
  const many = Array.from({ length: 20 }, (_, index) => ({ ...whole, endpoint: `GET /${index}`, n: index + 1 }));
  const { html } = timeSection({ ...report, decompositions: [whole, ...many] });
  expect(html.match(/class="stack"/g)).toHaveLength(7);
  expect(unfolded(html)).toContain("GET /19<");
  expect(unfolded(html)).not.toContain("GET /0<");
  expect(html).toContain("GET /0<");
});

test("names that say nothing new are not listed, others are, with what made them one", () => {
  const { html } = endpointSection({ ...report, printed: [] });
  expect(html).not.toContain("also ");
  const [first] = report.endpoints as readonly [RunReport["endpoints"][number]];
  const joined = { ...first, names: [...first.names, "works-list"], by: "joined" };
  expect(endpointSection({ ...report, endpoints: [joined] }).html).toContain("also works-list: one by requests with one trace id");
});

test("a recording that broke off says so at the top, one that ended in order does not", () => {
  const assets = readReportAssets();
  expect(renderHtml({ ...report, run: { ...report.run, state: "abandoned" } }, assets)).toContain("the recording broke off");
  expect(renderHtml(report, assets)).not.toContain("the recording broke off");
});

test("sections without content are not there", () => {
  const quiet = { ...sampleLedger({ ...HEALTHY, peakPerSecond: 0 }), gauges: [], traces: [], logs: [], marks: [], notes: [] };
  const made = buildReport(quiet, { ...sampleDiagnosis(quiet), decompositions: [], memory: [], skew: [], laws: [], gates: [] });
  const page = renderHtml({ ...made, operations: [] }, readReportAssets());
  for (const id of ["gates", "findings", "failures", "endpoints", "time", "charts", "memory", "requests", "logs", "laws", "clocks"])
    expect(page, id).not.toContain(`id="${id}"`);
});

import type { RunReport } from "./report-schema.ts";
import { visibleText } from "./visible-text.ts";

/**
 * The verdict and each gate as a test case of JUnit's XML, for CI systems that draw it. A failed gate is a failure, an undecided one is skipped;
 * a run that is invalid is an error. Ends with a newline.
 */
export function renderJunit(report: RunReport): string {
  const { run, verdict, gates } = report;
  const cases = [verdictCase(report), ...gates.map((gate) => gateCase(gate, run.name))];
  const counted = (element: string) => cases.filter((text) => text.includes(`<${element}`)).length;
  const suite = {
    name: `pitwall ${run.name}`,
    tests: String(cases.length),
    failures: String(counted("failure ")),
    errors: String(counted("error ")),
    skipped: String(counted("skipped ")),
    time: String(run.loadSeconds),
    timestamp: new Date(run.startUnixMs).toISOString().slice(0, 19),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="pitwall">`,
    `  <testsuite${attributes(suite)}>`,
    `    <properties><property${attributes({ name: "run.id", value: run.id })}/><property${attributes({ name: "confidence", value: verdict.confidence })}/></properties>`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function verdictCase({ run, verdict, summary }: RunReport): string {
  const told = summary.join("\n");
  const head = attributes({ classname: `pitwall.${run.name}`, name: "verdict" });
  const message = attributes({ message: verdict.sentence });
  switch (verdict.result) {
    case "passed":
      return `    <testcase${head}><system-out>${escapeXml(told)}</system-out></testcase>`;
    case "failed":
      return `    <testcase${head}><failure${message}>${escapeXml(told)}</failure></testcase>`;
    case "invalid":
      return `    <testcase${head}><error${message}>${escapeXml(told)}</error></testcase>`;
    case "inconclusive":
      return `    <testcase${head}><skipped${message}/></testcase>`;
  }
}

function gateCase({ expression, scope, source, state, actual, note }: RunReport["gates"][number], run: string): string {
  const head = attributes({ classname: `pitwall.${run}.gates`, name: scope === "load" ? expression : `${expression} [${scope}]`, file: source });
  const told = [actual === "" ? "" : `was ${actual}`, note].filter((word) => word !== "").join("; ");
  if (state === "passed") return `    <testcase${head}/>`;
  if (state === "undecided") return `    <testcase${head}><skipped${attributes({ message: told || "undecided" })}/></testcase>`;
  return `    <testcase${head}><failure${attributes({ message: told || "the gate does not hold" })}>${escapeXml(`${expression} (${source})`)}</failure></testcase>`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`)
    .join("");
}

/** XML 1.0 has no control characters at all, not even escaped: they are spelled out. U+FFFE and U+FFFF neither. */
function escapeXml(text: string): string {
  return visibleText(text)
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
}

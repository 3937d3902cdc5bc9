import { ERROR_WORDS } from "./error-words.ts";
import { formatCount, formatMs, formatRatio, formatSeconds, formatTime } from "./format-number.ts";
import type { ReportEvidence, ReportHop, ReportStream, RunReport } from "./report-schema.ts";
import { visibleLine } from "./visible-text.ts";

const DASH = "\u2013";
/** Signs that are told apart by shape; the word stands beside each. */
const RESULT_SIGNS = { passed: "\u2705", failed: "\u274c", inconclusive: "\u2754", invalid: "\u26a0\ufe0f" } as const;
const GATE_SIGNS = { passed: "\u2705", failed: "\u274c", undecided: "\u2754" } as const;
const MOST_ROWS = 20;

/** The report as a comment on a pull request (GitHub's Markdown). Everything that came with telemetry is escaped. Ends with a newline. */
export function renderMarkdown(report: RunReport): string {
  const parts = [
    ...headParts(report),
    findingPart(report),
    endpointPart(report),
    failurePart(report),
    exclusionPart(report),
    gapPart(report),
    lossPart(report),
  ];
  return `${[...parts, footPart(report)].filter((part) => part !== "").join("\n\n")}\n`;
}

/** A shorter cut for `$GITHUB_STEP_SUMMARY`: verdict, hop strip, gates, the first findings. Ends with a newline. */
export function renderGithubSummary(report: RunReport): string {
  const short = { ...report, findings: report.findings.slice(0, 2).map((finding) => ({ ...finding, evidence: [], counterEvidence: [] })) };
  return `${[...headParts(report), findingPart(short), gapPart(report), lossPart(report)].filter((part) => part !== "").join("\n\n")}\n`;
}

/** Text that Markdown and HTML leave as it is; on one line, so that it may stand in a table. */
export function escapeMarkdown(text: string): string {
  return (
    visibleLine(text)
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/[\\`*_{}[\]()#+!|~$-]/g, "\\$&")
      // Neither people nor issues are to be called by a log line, and no address becomes a link.
      .replace(/@/g, "&#64;")
      .replace(/\b(https?|ftp):\/\//gi, "$1&#58;//")
      .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}&#46;`)
  );
}

const md = escapeMarkdown;

function headParts({ verdict, hops, gates }: RunReport): readonly string[] {
  return [
    `### ${RESULT_SIGNS[verdict.result]} ${verdict.result.toUpperCase()}: ${md(verdict.sentence)}`,
    [...verdict.reasons.map(md), `Confidence: ${verdict.confidence}.`].join(" "),
    stripTable(hops),
    hops.flatMap(({ hop, link }) => (link?.state === "broken" ? [`- **${hop} \u2260 ${link.to}**: ${md(link.text)}`] : [])).join("\n"),
    gates.length === 0 ? "" : table(["gate", "scope", "result", "measured", "note"], gates.map(gateRow)),
  ];
}

function stripTable(hops: readonly ReportHop[]): string {
  const row = (label: string, cell: (hop: ReportHop) => string) => [label, ...hops.map(cell)];
  const of = (pick: (stream: ReportStream) => string) => (hop: ReportHop) => (hop.stream === null ? DASH : pick(hop.stream));
  return table(
    ["", ...hops.map(({ hop, isBlamed }) => (isBlamed ? `${hop} \u274c` : hop))],
    [
      row(
        "requests",
        of(({ requests }) => formatCount(requests)),
      ),
      row(
        "failed",
        of(({ failed, failedRatio }) => (failed === 0 ? "0" : `**${formatCount(failed)}** (${formatRatio(failedRatio)})`)),
      ),
      row(
        "p50",
        of(({ latency }) => quantile(latency?.p50.ms)),
      ),
      row(
        "p95",
        of(({ latency }) => quantile(latency?.p95.ms)),
      ),
      row(
        "max",
        of(({ latency }) => formatMs(latency?.maxMs)),
      ),
      row("time in", ({ timeMs, timeShare }) => (timeMs === null ? DASH : `${formatMs(timeMs)} (${formatRatio(timeShare)})`)),
      row(
        "seen by",
        of(({ witnesses, source }) => `${md(witnesses.join(", "))} (${source})`),
      ),
    ],
    true,
  );
}

function quantile(ms: number | null | undefined): string {
  return ms === null ? "too few" : formatMs(ms);
}

function gateRow({ expression, scope, state, actual, note }: RunReport["gates"][number]): readonly string[] {
  return [md(expression), md(scope), `${GATE_SIGNS[state]} ${state}`, md(actual), md(note)];
}

function findingPart({ findings }: RunReport): string {
  if (findings.length === 0) return "";
  const items = findings.slice(0, 8).map((finding) => {
    const where = [finding.hop ?? "", finding.state, `confidence ${finding.confidence}`].filter((word) => word !== "").join(", ");
    return [
      `- **${md(finding.rule)}** ${md(finding.claim)} _(${where})_`,
      ...finding.evidence.map((one) => `  - ${evidenceLine(one)}`),
      ...finding.counterEvidence.map((one) => `  - against it: ${evidenceLine(one)}`),
      ...(finding.nextStep === "" ? [] : [`  - **Next:** ${md(finding.nextStep)}`]),
    ].join("\n");
  });
  return ["#### Findings", "", ...items].join("\n");
}

function evidenceLine({ what, field, window, value, n, how }: ReportEvidence): string {
  const details = [field, window, n === null ? "" : `n = ${formatCount(n)}`, how].filter((word) => word !== "");
  return `${md(what)}: **${md(value)}** (${details.map(md).join("; ")})`;
}

function endpointPart({ endpoints, operations }: RunReport): string {
  const rows = [...endpoints, ...operations].flatMap((endpoint) =>
    endpoint.streams.map(({ hop, requests, failed, latency }) => [
      md(endpoint.endpoint || "all"),
      hop,
      formatCount(requests),
      formatCount(failed),
      quantile(latency?.p50.ms),
      quantile(latency?.p95.ms),
      quantile(latency?.p99.ms),
      formatMs(latency?.maxMs),
    ]),
  );
  if (rows.length === 0) return "";
  return details("Endpoints", [
    table(["endpoint", "hop", "requests", "failed", "p50", "p95", "p99", "max"], rows.slice(0, MOST_ROWS * 2), true),
    more(rows, MOST_ROWS * 2),
  ]);
}

function failurePart({ failures }: RunReport): string {
  if (failures.length === 0) return "";
  const rows = failures.map(({ hop, endpoint, kind, requests, samples }) => [
    formatCount(requests),
    ERROR_WORDS[kind] ?? kind,
    hop,
    md(endpoint || "all"),
    md(samples[0] ?? ""),
  ]);
  return details("Failures", [table(["requests", "kind", "hop", "endpoint", "as written"], rows.slice(0, MOST_ROWS)), more(rows, MOST_ROWS)]);
}

function exclusionPart({ exclusions }: RunReport): string {
  return exclusions.length === 0 ? "" : ["#### Not it", "", ...exclusions.map(({ hop, claim }) => `- **${hop}**: ${md(claim)}`)].join("\n");
}

function gapPart({ gaps }: RunReport): string {
  return gaps.length === 0
    ? ""
    : ["#### Not measured", "", ...gaps.map(({ what, effect, remedy }) => `- ${md(what)}: ${md(effect)}. ${md(remedy)}`)].join("\n");
}

function lossPart({ losses }: RunReport): string {
  if (losses.length === 0) return "";
  const rows = losses.map(({ items, signal, component, reason }) => [formatCount(items), md(signal), md(component), md(reason)]);
  return ["#### Lost telemetry", "", table(["items", "signal", "in", "reason"], rows)].join("\n");
}

function footPart({ run, conditions }: RunReport): string {
  const words = [run.name, run.id, formatTime(run.startUnixMs), formatSeconds(run.loadSeconds), conditions.generator, conditions.target];
  return `<sub>${words
    .filter((word) => word !== "")
    .map(md)
    .join(" \u00b7 ")}</sub>`;
}

function details(title: string, parts: readonly string[]): string {
  return [`<details><summary>${title}</summary>`, ...parts.filter((part) => part !== ""), "</details>"].join("\n\n");
}

function more(rows: readonly unknown[], most: number): string {
  return rows.length > most ? `${rows.length - most} more in the report.` : "";
}

/** Cells must be escaped already. */
function table(head: readonly string[], rows: readonly (readonly string[])[], isNumeric = false): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (isNumeric && index > 0 ? "---:" : "---"))), ...rows.map(line)].join("\n");
}

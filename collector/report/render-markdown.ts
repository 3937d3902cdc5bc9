import { ERROR_WORDS } from "./error-words.ts";
import { formatCount, formatMs, formatRatio, formatSeconds, formatTime } from "./format-number.ts";
import { printedText } from "./printed-text.ts";
import type { ReportEvidence, ReportHop, ReportStream, RunReport } from "./report-schema.ts";
import { confidenceWords, isToldBy, STATE_WORDS } from "./verdict-words.ts";
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
  return `${[...headParts(report), findingPart(short), gapPart(report), lossPart(report), footPart(report)].filter((part) => part !== "").join("\n\n")}\n`;
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

function headParts({ verdict, run, hops, gates, printed }: RunReport): readonly string[] {
  const state = STATE_WORDS[run.state];
  return [
    `### ${RESULT_SIGNS[verdict.result]} ${verdict.result.toUpperCase()}: ${md(verdict.sentence)}`,
    [...verdict.reasons.map(md), ...(state === "" ? [] : [`**${md(sentenceOf(state))}**`]), `Confidence: ${verdict.confidence}.`].join(" "),
    stripTable(hops),
    hops.flatMap(({ hop, link }) => (link?.state === "broken" ? [`- **${hop} \u2260 ${link.to}**: ${md(link.text)}`] : [])).join("\n"),
    printed
      .slice(0, 1)
      .map((one) => `As ${md(printedText(one))}.`)
      .join(""),
    gates.length === 0 ? "" : gateTable(gates),
  ];
}

function sentenceOf(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function gateTable(gates: RunReport["gates"]): string {
  const isScoped = gates.some(({ scope }) => scope !== "load");
  const rows = gates.map(({ expression, scope, state, actual, note }) => [
    md(expression),
    ...(isScoped ? [scope === "load" ? "all of it" : md(scope)] : []),
    `${GATE_SIGNS[state]} ${state}`,
    md(actual) || DASH,
    md(note),
  ]);
  return table(["gate", ...(isScoped ? ["of"] : []), "result", "measured", "note"], rows);
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
      row("mean time in", ({ timeMs, timeShare, timeIsBound }) =>
        timeMs === null ? DASH : `${timeIsBound ? "\u2264 " : ""}${formatMs(timeMs)} (${formatRatio(timeShare)})`,
      ),
      row("seen by", ({ stream, note }) => (stream === null ? md(note) : md(stream.witnesses.join(", ")))),
    ],
    1,
  );
}

function quantile(ms: number | null | undefined): string {
  return ms === null ? "too few" : formatMs(ms);
}

function findingPart({ findings, verdict }: RunReport): string {
  if (findings.length === 0) return "";
  const items = findings.slice(0, 8).map((finding) => {
    const where = [finding.hop ?? "", finding.state, confidenceWords(finding.confidence)].filter((word) => word !== "").join(", ");
    return [
      `- **${md(finding.rule)}** ${isToldBy(verdict.sentence, finding.claim) ? "is what the verdict says" : md(finding.claim)} _(${where})_`,
      ...finding.evidence.map((one) => `  - ${evidenceLine(one)}`),
      ...finding.counterEvidence.map((one) => `  - against it: ${evidenceLine(one)}`),
      ...(finding.nextStep === "" ? [] : [`  - **Next:** ${md(finding.nextStep)}`]),
    ].join("\n");
  });
  return ["#### Findings", "", ...items].join("\n");
}

function evidenceLine({ what, field, window, value, n, how }: ReportEvidence): string {
  const details = [n === null ? "" : `of ${formatCount(n)}`, field, window === "load" ? "" : window, how].filter((word) => word !== "");
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
    table(["endpoint", "hop", "requests", "failed", "p50", "p95", "p99", "max"], rows.slice(0, MOST_ROWS * 2), 2),
    more(rows, MOST_ROWS * 2),
  ]);
}

/** The hops side by side, as in the page. */
function failurePart({ failures, hops }: RunReport): string {
  if (failures.length === 0) return "";
  const seen = hops.filter(({ hop }) => failures.some((one) => one.hop === hop) || (hop !== "store" && hop !== "network")).filter(isSeen);
  const rows = [...Map.groupBy(failures, ({ kind, endpoint }) => `${kind}\n${endpoint}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const counts = seen.map(({ hop }) => formatCount(group.find((one) => one.hop === hop)?.requests ?? 0));
    return [[ERROR_WORDS[first.kind] ?? first.kind, md(first.endpoint || "all"), ...counts, md(group.flatMap(({ samples }) => samples)[0] ?? "")]];
  });
  const head = ["kind", "endpoint", ...seen.map(({ hop }) => hop), "as written"];
  return details("Failures", [table(head, rows.slice(0, MOST_ROWS)), more(rows, MOST_ROWS)]);
}

function isSeen({ stream }: ReportHop): boolean {
  return stream !== null;
}

function exclusionPart({ exclusions }: RunReport): string {
  return exclusions.length === 0 ? "" : ["#### What it was not", "", ...exclusions.map(({ hop, claim }) => `- **${hop}**: ${md(claim)}`)].join("\n");
}

function gapPart({ gaps }: RunReport): string {
  return gaps.length === 0
    ? ""
    : [
        "#### Not measured",
        "",
        ...gaps.map(
          ({ what, effect, remedy }) => `- ${md(what)}: ${md(effect)}.${remedy === "" ? "" : ` ${md(sentenceOf(remedy.replace(/\.$/, "")))}`}`,
        ),
      ].join("\n");
}

function lossPart({ losses }: RunReport): string {
  if (losses.length === 0) return "";
  const rows = losses
    .filter(({ concerns }) => concerns !== "elsewhere")
    .map(({ items, signal, component, reason, concerns }) => [
      formatCount(items),
      md(signal),
      md(component),
      `${md(reason)}${concerns === "detail" ? " (a detail)" : ""}`,
    ]);
  if (rows.length === 0) return "";
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
function table(head: readonly string[], rows: readonly (readonly string[])[], firstNumeric = Number.POSITIVE_INFINITY): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index >= firstNumeric ? "---:" : "---"))), ...rows.map(line)].join("\n");
}

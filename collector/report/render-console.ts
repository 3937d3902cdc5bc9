import { formatCount, formatMs, formatRatio, formatSeconds } from "./format-number.ts";
import type { ReportHop, RunReport } from "./report-schema.ts";
import { visibleLine } from "./visible-text.ts";
import { fitText, textWidth, wrapText } from "./wrap-text.ts";

/** Names of util.styleText that are used here. */
export type ConsoleStyle = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface ConsoleOptions {
  /** Colours a text, or gives it back as it is. */
  readonly style: (style: ConsoleStyle, text: string) => string;
  /** Columns of the terminal; 80 where nothing is said. */
  readonly columns?: number;
}

const MOST_LINES = 60;
const LEAST_PART_LINES = 5;
const WIDEST = 110;
const NARROWEST = 60;
const DASH = "\u2013";
const RESULT_STYLES = { passed: "green", failed: "red", inconclusive: "yellow", invalid: "yellow" } as const;
const GATE_MARKS = { passed: ["\u2713", "green"], failed: ["\u2717", "red"], undecided: ["?", "yellow"] } as const;

/** The run on one screen: verdict, hop strip, gates, findings, gaps, losses; at most 60 lines. Ends with a newline. */
export function renderConsole(report: RunReport, { style, columns = 80 }: ConsoleOptions): string {
  const page: Page = { report, style, width: Math.max(NARROWEST, Math.min(WIDEST, columns)) };
  // What matters less gives way when there is too much: each part gets what those before it left.
  const parts = [verdictLines, stripLines, gateLines, findingLines, lossLines, gapLines];
  const made = parts.map((part) => part(page));
  const lines: string[] = [];
  for (const [index, part] of made.entries()) {
    // Each part that follows keeps a few lines, so that nothing that matters is left out without a word.
    const kept = made.slice(index + 1).reduce((sum, { length }) => sum + Math.min(length, LEAST_PART_LINES), 0);
    const room = MOST_LINES - lines.length - kept;
    if (part.length <= room) lines.push(...part);
    else if (room > 2) lines.push(...part.slice(0, room - 2), style("dim", `  \u2026 ${part.length - room + 2} more lines in the report`), "");
  }
  return `${lines
    .slice(0, MOST_LINES)
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

interface Page {
  readonly report: RunReport;
  readonly style: ConsoleOptions["style"];
  readonly width: number;
}

function verdictLines({ report: { verdict, run, conditions }, style, width }: Page): readonly string[] {
  const word = verdict.result.toUpperCase();
  const indent = " ".repeat(word.length + 2);
  const confidence = `confidence ${verdict.confidence}`;
  const sentence = verdict.sentence.includes(confidence) ? verdict.sentence : `${verdict.sentence} (${confidence})`;
  const [first = "", ...rest] = wrapText(visibleLine(sentence), width - indent.length);
  const about = [run.name, run.id, formatSeconds(run.loadSeconds), conditions.generator, conditions.target]
    .filter((part) => part !== "")
    .join(" \u00b7 ");
  return [
    `${style(RESULT_STYLES[verdict.result], style("bold", word))}  ${style("bold", first)}`,
    ...rest.map((line) => `${indent}${style("bold", line)}`),
    ...verdict.reasons.flatMap((reason) => wrapText(visibleLine(reason), width - indent.length)).map((line) => `${indent}${line}`),
    style("dim", `${indent}${fitText(visibleLine(about), width - indent.length)}`),
    "",
  ];
}

const LABEL_WIDTH = 9;

function stripLines({ report, style, width }: Page): readonly string[] {
  const cell = Math.floor((width - LABEL_WIDTH) / report.hops.length);
  const row = (label: string, text: (hop: ReportHop) => string, paint?: (hop: ReportHop) => ConsoleStyle | undefined): string => {
    const cells = report.hops.map((hop) => {
      const word = fitText(text(hop), cell - 1).padStart(cell);
      const color = paint?.(hop);
      return color === undefined ? word : style(color, word);
    });
    return `${style("dim", label.padEnd(LABEL_WIDTH))}${cells.join("")}`;
  };
  const latency = (pick: "p50" | "p95") => (hop: ReportHop) => (hop.stream?.latency ? quantileWord(hop.stream.latency[pick].ms) : DASH);
  const head = (hop: ReportHop, index: number) => `${index === 0 ? "" : "\u25b8 "}${hop.hop}${hop.isBlamed ? " \u2717" : ""}`;
  return [
    row(
      "",
      (hop) => head(hop, report.hops.indexOf(hop)),
      (hop) => (hop.isBlamed ? "red" : "bold"),
    ),
    row("requests", ({ stream }) => (stream === null ? DASH : formatCount(stream.requests))),
    row(
      "failed",
      ({ stream }) => (stream === null ? DASH : formatCount(stream.failed)),
      ({ stream }) => (stream !== null && stream.failed > 0 ? "red" : undefined),
    ),
    row("", ({ stream }) => (stream === null || stream.failed === 0 ? "" : formatRatio(stream.failedRatio))),
    row("p50", latency("p50")),
    row("p95", latency("p95")),
    row("max", ({ stream }) => formatMs(stream?.latency?.maxMs)),
    row("time in", ({ timeMs }) => formatMs(timeMs)),
    row("seen by", ({ stream, hop }) => (stream === null ? (hop === "network" ? "its ends" : "nobody") : visibleLine(stream.witnesses.join(",")))),
    ...report.hops.flatMap(({ hop, link }) => linkLines(hop, link, style, width)),
    "",
  ].filter((line, index) => line !== style("dim", "".padEnd(LABEL_WIDTH)) + " ".repeat(cell * report.hops.length) || index === 0);
}

function quantileWord(ms: number | null): string {
  return ms === null ? "too few" : formatMs(ms);
}

function linkLines(hop: string, link: ReportHop["link"], style: Page["style"], width: number): readonly string[] {
  if (link === null || link.state !== "broken") return [];
  const lines = wrapText(visibleLine(`${hop}, ${link.to}: ${link.text}`), width - 4);
  return lines.map((line, index) => style("red", `${index === 0 ? "  \u2260 " : "    "}${line}`));
}

function gateLines({ report: { gates }, style, width }: Page): readonly string[] {
  if (gates.length === 0) return [];
  const order = { failed: 0, undecided: 1, passed: 2 };
  const rows = gates.toSorted((a, b) => order[a.state] - order[b.state]);
  const expressions = rows.map(({ expression, scope }) => fitText(visibleLine(scope === "load" ? expression : `${expression} [${scope}]`), 44));
  const widest = Math.max(...expressions.map(textWidth));
  const lines = rows.map((gate, index) => {
    const [mark, color] = GATE_MARKS[gate.state];
    const expression = expressions[index] as string;
    const pad = " ".repeat(widest - textWidth(expression));
    const told = [gate.actual === "" ? "" : `was ${gate.actual}`, gate.note].filter((word) => word !== "").join("; ");
    return `  ${style(color, `${mark} ${gate.state.padEnd(9)}`)} ${expression}${pad}  ${fitText(visibleLine(told), Math.max(8, width - widest - 16))}`;
  });
  return [style("bold", "Gates"), ...shortened(lines, 8, style), ""];
}

function findingLines({ report: { findings }, style, width }: Page): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.slice(0, 4).flatMap((finding) => {
    const blame = [finding.hop ?? "", finding.state, `confidence ${finding.confidence}`].filter((word) => word !== "").join(", ");
    const claim = wrapText(visibleLine(`${finding.claim} (${blame})`), width - 7);
    const evidence = finding.evidence
      .slice(0, 2)
      .map(({ what, value, field }) => style("dim", `       ${fitText(visibleLine(`${what}: ${value} (${field})`), width - 7)}`));
    const next = finding.nextStep === "" ? [] : wrapText(visibleLine(`Next: ${finding.nextStep}`), width - 7).slice(0, 2);
    return [
      ...claim
        .slice(0, 3)
        .map((line, index) => (index === 0 ? `  ${style("cyan", visibleLine(finding.rule, 4).padEnd(4))} ${line}` : `       ${line}`)),
      ...evidence,
      ...next.map((line) => `       ${line}`),
    ];
  });
  const more = findings.length > 4 ? [style("dim", `  \u2026 ${findings.length - 4} more findings in the report`)] : [];
  return [style("bold", "Findings"), ...lines, ...more, ""];
}

function gapLines({ report: { gaps }, style, width }: Page): readonly string[] {
  if (gaps.length === 0) return [];
  const lines = gaps.flatMap(({ what, effect }) =>
    wrapText(visibleLine(`${what}: ${effect}`), width - 4).map((line, index) => `  ${index === 0 ? "\u00b7" : " "} ${line}`),
  );
  return [style("bold", "Not measured"), ...shortened(lines, 6, style)];
}

function lossLines({ report: { losses }, style, width }: Page): readonly string[] {
  if (losses.length === 0) return [];
  const lines = losses.map(
    ({ items, signal, component, reason }) => `  ${fitText(visibleLine(`${formatCount(items)} ${signal} in ${component}: ${reason}`), width - 2)}`,
  );
  return [style("yellow", "Lost telemetry (lowers confidence)"), ...shortened(lines, 3, style), ""];
}

function shortened(lines: readonly string[], most: number, style: Page["style"]): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), style("dim", `  \u2026 ${lines.length - most + 1} more in the report`)];
}

import { formatCount, formatMs, formatRatio, formatSeconds } from "./format-number.ts";
import { printedText } from "./printed-text.ts";
import type { ReportFinding, ReportHop, RunReport } from "./report-schema.ts";
import { confidenceWords, isToldBy, STATE_WORDS } from "./verdict-words.ts";
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
const MOST_GAP_LINES = 8;
const MOST_FINDINGS = 5;
const MOST_WHOLE_FINDINGS = 2;
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

function verdictLines({ report: { verdict, run, conditions, findings }, style, width }: Page): readonly string[] {
  const word = verdict.result.toUpperCase();
  const indent = " ".repeat(word.length + 2);
  const wrap = (text: string) => wrapText(visibleLine(text), width - indent.length).map((line) => `${indent}${line}`);
  const [first = "", ...rest] = wrapText(visibleLine(`${verdict.sentence} (${confidenceWords(verdict.confidence)})`), width - indent.length);
  const about = [run.name, run.id, formatSeconds(run.loadSeconds), conditions.generator, conditions.target].filter((part) => part !== "");
  return [
    `${style(RESULT_STYLES[verdict.result], style("bold", word))}  ${style("bold", first)}`,
    ...rest.map((line) => `${indent}${style("bold", line)}`),
    // What a finding says follows below, with its evidence.
    ...verdict.reasons.filter((reason) => !findings.some(({ claim }) => isToldBy(reason, claim))).flatMap(wrap),
    ...(STATE_WORDS[run.state] === "" ? [] : wrap(`! ${STATE_WORDS[run.state]}`).map((line) => style("yellow", line))),
    ...wrap(about.join(" \u00b7 ")).map((line) => style("dim", line)),
    "",
  ];
}

const LABEL_WIDTH = 9;

function stripLines(page: Page): readonly string[] {
  const { report, style, width } = page;
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
  const head = ({ hop, isBlamed }: ReportHop) => `${isBlamed ? "\u2717 " : hop === report.hops[0]?.hop ? "" : "\u25b8 "}${hop}`;
  const isTimed = report.hops.some(({ stream }) => stream !== null && stream.latency !== null);
  return [
    row("", head, (hop) => (hop.isBlamed ? "red" : "bold")),
    row("requests", ({ stream }) => (stream === null ? DASH : formatCount(stream.requests))),
    row(
      "failed",
      ({ stream }) => (stream === null ? DASH : formatCount(stream.failed)),
      ({ stream }) => (stream !== null && stream.failed > 0 ? "red" : undefined),
    ),
    ...(report.hops.some(({ stream }) => stream !== null && stream.failed > 0)
      ? [row("", ({ stream }) => (stream === null || stream.failed === 0 ? "" : formatRatio(stream.failedRatio)))]
      : []),
    ...(isTimed ? [row("p50", latency("p50")), row("p95", latency("p95")), row("max", ({ stream }) => formatMs(stream?.latency?.maxMs))] : []),
    ...(report.hops.some(({ timeMs }) => timeMs !== null)
      ? [row("time in", ({ timeMs, timeIsBound }) => `${timeIsBound ? "\u2264 " : ""}${formatMs(timeMs)}`)]
      : []),
    ...labelled("seen by", seenBy(report), width).map((line) => style("dim", line)),
    ...report.printed.slice(0, 1).flatMap((one) => labelled("", `as ${visibleLine(printedText(one))}`, width)),
    ...report.hops.flatMap(({ link }) => linkLines(link, style, width)),
    "",
  ];
}

/** `client: k6 \u00b7 proxy: nginx \u00b7 application, store: api-server`: who stood where; what is inferred, and what nobody saw. */
function seenBy({ hops }: RunReport): string {
  const groups = Map.groupBy(hops, ({ stream, note }) => visibleLine(stream === null ? note : stream.witnesses.join(", ")));
  return [...groups].map(([who, seen]) => `${seen.map(({ hop }) => hop).join(", ")}: ${who}`).join(" \u00b7 ");
}

function labelled(label: string, text: string, width: number): readonly string[] {
  return wrapText(text, width - LABEL_WIDTH).map((line, index) => `${(index === 0 ? label : "").padEnd(LABEL_WIDTH)}${line}`);
}

function quantileWord(ms: number | null): string {
  return ms === null ? "too few" : formatMs(ms);
}

function linkLines(link: ReportHop["link"], style: Page["style"], width: number): readonly string[] {
  if (link === null || link.state !== "broken") return [];
  const lines = wrapText(visibleLine(link.text), width - 4);
  return lines.map((line, index) => style("red", `${index === 0 ? "  \u2260 " : "    "}${line}`));
}

function gateLines({ report: { gates }, style, width }: Page): readonly string[] {
  if (gates.length === 0) return [];
  const order = { failed: 0, undecided: 1, passed: 2 };
  const rows = gates.toSorted((a, b) => order[a.state] - order[b.state]);
  const expressions = rows.map(({ expression, scope }) => fitText(visibleLine(scope === "load" ? expression : `${expression} [${scope}]`), 44));
  const widest = Math.max(...expressions.map(textWidth));
  const room = Math.max(20, width - widest - 16);
  const lines = rows.flatMap((gate, index) => {
    const [mark, color] = GATE_MARKS[gate.state];
    const expression = expressions[index] as string;
    const pad = " ".repeat(widest - textWidth(expression));
    const [first = "", ...rest] = gateTexts(gate, room);
    return [
      `  ${style(color, `${mark} ${gate.state.padEnd(9)}`)} ${expression}${pad}  ${first}`,
      ...rest.map((line) => `${" ".repeat(widest + 16)}${line}`),
    ];
  });
  return [style("bold", "Gates"), ...shortened(lines, 14, style), ""];
}

/** Why a gate does not hold is told whole; of one that holds as many clauses as fit on two lines. */
function gateTexts({ state, actual, note }: RunReport["gates"][number], room: number): readonly string[] {
  const clauses = [actual === "" ? "" : `was ${actual}`, ...note.split("; ")].map((text) => visibleLine(text)).filter((text) => text !== "");
  if (state !== "passed") return wrapText(clauses.join("; "), room);
  let told = clauses[0] ?? "";
  for (const clause of clauses.slice(1)) {
    if (wrapText(`${told}; ${clause}`, room).length > 2) break;
    told = `${told}; ${clause}`;
  }
  return wrapText(told, room);
}

function findingLines(page: Page): readonly string[] {
  const { findings } = page.report;
  if (findings.length === 0) return [];
  const shown = findings.slice(0, MOST_FINDINGS).flatMap((finding, index) => findingText(page, finding, index < MOST_WHOLE_FINDINGS));
  const left = findings.length - MOST_FINDINGS;
  const more = left > 0 ? [page.style("dim", `  \u2026 ${left} more ${left === 1 ? "finding" : "findings"} in the report`)] : [];
  return [page.style("bold", "Findings"), ...shown, ...more, ""];
}

/** The first ones with their evidence and what to do next, the others as a claim. */
function findingText({ report: { verdict }, style, width }: Page, finding: ReportFinding, isWhole: boolean): readonly string[] {
  const blame = [finding.hop ?? "", finding.state, confidenceWords(finding.confidence)].filter((word) => word !== "").join(", ");
  const told = isToldBy(verdict.sentence, finding.claim) ? "what the verdict says" : finding.claim;
  const claim = wrapText(visibleLine(`${told} (${blame})`), width - 7);
  const head = claim
    .slice(0, 4)
    .map((line, index) => (index === 0 ? `  ${style("cyan", visibleLine(finding.rule, 4).padEnd(4))} ${line}` : `       ${line}`));
  if (!isWhole) return head;
  const evidence = finding.evidence
    .slice(0, 2)
    .map(({ what, value, field }) => style("dim", `       ${evidenceText(visibleLine(`${what}: ${value}`), visibleLine(field), width - 7)}`));
  const next = finding.nextStep === "" ? [] : wrapText(visibleLine(`Next: ${finding.nextStep}`), width - 7);
  return [...head, ...evidence, ...next.slice(0, 3).map((line) => `       ${line}`)];
}

/** The value whole; where it was read only where there is room for all of it. */
function evidenceText(told: string, field: string, width: number): string {
  const whole = `${told} (${field})`;
  return textWidth(whole) <= width ? whole : fitText(told, width);
}

function lossLines({ report: { losses }, style, width }: Page): readonly string[] {
  const short = losses.filter(({ concerns }) => concerns !== "elsewhere");
  if (short.length === 0) return [];
  const lines = short.map(
    ({ items, signal, component, reason, concerns }) =>
      `  ${fitText(visibleLine(`${formatCount(items)} ${signal} in ${component}: ${reason}${concerns === "detail" ? " (a detail)" : ""}`), width - 2)}`,
  );
  const isSerious = short.some(({ concerns }) => concerns === "numbers");
  return [style("yellow", `Lost telemetry${isSerious ? " (lowers confidence)" : ""}`), ...shortened(lines, 3, style), ""];
}

function gapLines({ report: { gaps }, style, width }: Page): readonly string[] {
  if (gaps.length === 0) return [];
  const told = gaps.map(({ what, effect }) =>
    wrapText(visibleLine(`${what}: ${effect}`), width - 4).map((line, index) => `  ${index === 0 ? "\u00b7" : " "} ${line}`),
  );
  // Each is told whole or not at all.
  const lines: string[] = [];
  let shown = 0;
  for (const one of told) {
    if (shown > 0 && lines.length + one.length > MOST_GAP_LINES) break;
    lines.push(...one);
    shown++;
  }
  const left = gaps.length - shown;
  return [style("bold", "Not measured"), ...lines, ...(left > 0 ? [style("dim", `  \u2026 ${left} more in the report`)] : [])];
}

function shortened(lines: readonly string[], most: number, style: Page["style"]): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), style("dim", `  \u2026 ${lines.length - most + 1} more in the report`)];
}

import { formatMs, formatRatio } from "../format-number.ts";
import { visibleLine, visibleText } from "../visible-text.ts";
import type { Change, Comparison, Measure, NoiseFloors, SideValue } from "./comparison.ts";
import { formatChange } from "./comparison-sentence.ts";

const HEADING = ["endpoint", "", "before", "after", "change", "95 % interval", "verdict"] as const;
const MEASURES_TITLE = "Beside the requests";
const MEASURE_HEADING = ["figure", "of", "before", "after", "change", "verdict"] as const;
const VERDICT_WORDS: Readonly<Record<Measure["verdict"], string>> = {
  worse: "WORSE",
  better: "better",
  equivalent: "same",
  undecided: "cannot tell",
  shown: "not called",
  changed: "changed",
};

/** For the terminal; ends with a newline. */
export function renderComparison(comparison: Comparison): string {
  const rows = comparison.changes.map(rowOf);
  return [
    comparison.sentence,
    "",
    `before  ${sideText(comparison.before)}`,
    `after   ${sideText(comparison.after)}`,
    ...differenceLines(comparison),
    ...comparison.warnings.flatMap(({ text }) => ["", visibleLine(text)]),
    ...(rows.length === 0 ? [] : ["", ...table([HEADING, ...rows])]),
    ...(comparison.measures.length === 0 ? [] : ["", MEASURES_TITLE, "", ...table([MEASURE_HEADING, ...comparison.measures.map(measureRow)])]),
    ...(comparison.unmatched.length === 0 ? [] : ["", `only on one side: ${comparison.unmatched.map(visibleText).join(", ")}`]),
    ...(comparison.notes.length === 0 ? [] : ["", ...comparison.notes.map((note) => visibleLine(note))]),
    "",
  ].join("\n");
}

/** For a comment on a change; ends with a newline. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const beside = markdownTable(MEASURE_HEADING, comparison.measures.map(measureRow));
  return [
    `**${escapeText(comparison.sentence)}**`,
    "",
    `- before: ${escapeText(sideText(comparison.before))}`,
    `- after: ${escapeText(sideText(comparison.after))}`,
    ...differenceLines(comparison).map((line) => `- ${escapeText(line.trim())}`),
    ...comparison.warnings.flatMap(({ text }) => ["", `**${escapeText(visibleLine(text))}**`]),
    ...markdownTable(HEADING, comparison.changes.map(rowOf)),
    ...(beside.length === 0 ? [] : ["", `### ${MEASURES_TITLE}`, ...beside]),
    "",
    ...comparison.notes.map((note) => `${escapeText(visibleLine(note))}  `),
    "",
  ].join("\n");
}

/** What `compare --aa` says; ends with a newline. */
export function renderNoiseFloors({ suite, runs, pairs, pairsCalledDifferent, floors }: NoiseFloors): string {
  const rows = floors.map(({ endpoint, metric, usual, largest }) => [visibleText(endpoint), metric, formatRatio(usual), formatRatio(largest)]);
  return [
    `${runs.length} runs of ${visibleText(suite)} that should be alike: ${pairsCalledDifferent} of ${pairs} pairs are called different`,
    "",
    ...table([["endpoint", "", "95 % of pairs within", "largest"], ...rows]),
    "",
    `kept: from now on \`pitwall compare\` calls no smaller change of ${visibleText(suite)} a difference`,
    "",
  ].join("\n");
}

function rowOf({ endpoint, metric, before, after, change, verdict }: Change): readonly string[] {
  const show = metric === "failed" ? formatRatio : formatMs;
  const isShare = metric === "failed";
  const points = (value: number): string => `${value < 0 ? "\u2212" : "+"}${formatRatio(Math.abs(value))}`;
  const text = isShare ? points : formatChange;
  return [
    visibleText(endpoint),
    metric,
    valueText(before, show),
    valueText(after, show),
    change === undefined ? "\u2013" : text(change.value),
    change === undefined ? "\u2013" : `${text(change.lower)} … ${text(change.upper)}`,
    VERDICT_WORDS[verdict],
  ];
}

function measureRow({ title, of, before, after, change, verdict }: Measure): readonly string[] {
  return [title, of, before.text, after.text, change, VERDICT_WORDS[verdict]].map((text) => visibleLine(text));
}

function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [
    "",
    `| ${heading.join(" | ")} |`,
    `|${" --- |".repeat(heading.length)}`,
    ...rows.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`),
  ];
}

function valueText({ value, note }: SideValue, show: (value: number) => string): string {
  return value === undefined ? note || "\u2013" : show(value);
}

function sideText({ runs, requests, failed }: Comparison["before"]): string {
  return `${runs.map(visibleText).join(", ")}: ${requests} requests, ${failed} failed`;
}

function differenceLines({ differences, labels }: Comparison): readonly string[] {
  return [
    ...labels.map(({ name, before, after }) => `label   ${visibleLine(`${name}: ${before} / ${after}`)}`),
    ...differences.map(
      ({ what, before, after, weight }) =>
        `${weight === "refuses" ? "differs" : "note   "} ${visibleText(what)}: ${visibleText(before)} / ${visibleText(after)}`,
    ),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? "")].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join("  ")
      .trimEnd(),
  );
}

function escapeCell(text: string): string {
  return escapeText(text).replaceAll("|", "\\|");
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#]/g, "\\$&");
}

import { formatMs, formatRatio } from "../format-number.ts";
import { visibleLine, visibleText } from "../visible-text.ts";
import type { Change, Comparison, Measure } from "./comparison.ts";

const MOST_BESIDE = 3;
const BESIDE_ORDER = ["worse", "better", "changed"] as const;

type Said = Pick<Comparison, "state" | "differences" | "changes" | "measures" | "warnings" | "by">;

/** The first line of a comparison, without a full stop: what the client saw, then what stands beside it. */
export function comparisonSentence(comparison: Said): string {
  if (comparison.state === "refused") return requestsSentence(comparison);
  return [requestsSentence(comparison), ...comparison.warnings.map(({ short }) => short), ...besideTexts(comparison.measures)].join("; ");
}

function requestsSentence({ state, differences, changes, measures, by }: Said): string {
  if (state === "refused") {
    const [first] = differences.filter(({ weight }) => weight === "refuses");
    const [what, before, after] = [first?.what ?? "conditions", first?.before ?? "", first?.after ?? ""].map(visibleText);
    return `NOT COMPARABLE: ${what} differs (${before} / ${after})`;
  }
  if (changes.length === 0) return measures.length === 0 ? "NOTHING TO COMPARE: no endpoint is in both" : "NO ENDPOINT is in both";
  const worse = changes.filter(({ verdict }) => verdict === "worse");
  const better = changes.filter(({ verdict }) => verdict === "better");
  if (worse.length > 0) return `WORSE: ${listed(worse)}${better.length > 0 ? `; better: ${listed(better)}` : ""}`;
  if (better.length > 0) return `BETTER: ${listed(better)}`;
  const undecided = changes.filter(({ verdict }) => verdict === "undecided").length;
  if (undecided === 0) return "NO DIFFERENCE that matters: every change is smaller than its floor";
  const why = by === "runs" ? "more runs would tell" : "repeat each side four times or more to tell";
  return `NO DIFFERENCE shown; ${undecided} of ${changes.length} figures could still hide one (${why})`;
}

/** `beside the requests WORSE: …`, `better: …`: what became worse first, and at most three in all. */
function besideTexts(measures: readonly Measure[]): readonly string[] {
  const called = BESIDE_ORDER.flatMap((verdict) => measures.filter((measure) => measure.verdict === verdict));
  const named = Map.groupBy(called.slice(0, MOST_BESIDE), ({ verdict }) => verdict);
  const texts = [...named].map(([verdict, some], index) => {
    const word = verdict === "worse" ? "WORSE" : verdict;
    return `${index === 0 ? "beside the requests " : ""}${word}: ${some.map(({ sentence }) => visibleLine(sentence)).join(", ")}`;
  });
  const more = called.length - MOST_BESIDE;
  return more > 0 ? texts.with(-1, `${texts.at(-1)} and ${more} more`) : texts;
}

/** `p95 of GET /a 31 ms → 58 ms (+87 %)`; at most three. */
function listed(changes: readonly Change[]): string {
  const texts = changes.slice(0, 3).map(({ endpoint, metric, before, after, change }) => {
    const show = metric === "failed" ? formatRatio : formatMs;
    const by = change === undefined || metric === "failed" ? "" : ` (${formatChange(change.value)})`;
    return `${metric === "failed" ? "failed share" : metric} of ${visibleText(endpoint)} ${show(before.value)} → ${show(after.value)}${by}`;
  });
  return changes.length > 3 ? `${texts.join(", ")} and ${changes.length - 3} more` : texts.join(", ");
}

/** `+87 %`, `−4.2 %`. */
export function formatChange(ratio: number): string {
  const percent = ratio * 100;
  const digits = Math.abs(percent) < 10 ? 1 : 0;
  return `${percent < 0 ? "\u2212" : "+"}${Math.abs(percent).toFixed(digits)} %`;
}

import { formatMs, formatRatio } from "../format-number.ts";
import { visibleText } from "../visible-text.ts";
import type { Change, Comparison } from "./comparison.ts";

/** The first line of a comparison, without a full stop. */
export function comparisonSentence({ state, differences, changes, by }: Pick<Comparison, "state" | "differences" | "changes" | "by">): string {
  if (state === "refused") {
    const [first] = differences.filter(({ weight }) => weight === "refuses");
    const [what, before, after] = [first?.what ?? "conditions", first?.before ?? "", first?.after ?? ""].map(visibleText);
    return `NOT COMPARABLE: ${what} differs (${before} / ${after})`;
  }
  if (changes.length === 0) return "NOTHING TO COMPARE: no endpoint is in both";
  const worse = changes.filter(({ verdict }) => verdict === "worse");
  const better = changes.filter(({ verdict }) => verdict === "better");
  if (worse.length > 0) return `WORSE: ${listed(worse)}${better.length > 0 ? `; better: ${listed(better)}` : ""}`;
  if (better.length > 0) return `BETTER: ${listed(better)}`;
  const undecided = changes.filter(({ verdict }) => verdict === "undecided").length;
  if (undecided === 0) return "NO DIFFERENCE that matters: every change is smaller than its floor";
  const why = by === "runs" ? "more runs would tell" : "repeat each side four times or more to tell";
  return `NO DIFFERENCE shown; ${undecided} of ${changes.length} figures could still hide one (${why})`;
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

import type { RunLedger } from "../../model/ledger.ts";
import type { ConditionDifference, LabelDifference } from "./comparison.ts";

/** Labels whose values are not the same on both sides, by name. */
export function labelDifferences(before: readonly RunLedger[], after: readonly RunLedger[]): readonly LabelDifference[] {
  const names = new Set([...before, ...after].flatMap(({ run }) => Object.keys(run.labels)));
  return [...names].sort().flatMap((name) => {
    const [left, right] = [valuesOf(before, name), valuesOf(after, name)];
    return left === right ? [] : [{ name, before: left, after: right }];
  });
}

/** `otel` of `--label otel=on` and `otel=off`: the sentence that says so where nothing else is known to differ; undefined otherwise. */
export function onlyLabel(labels: readonly LabelDifference[], differences: readonly ConditionDifference[]): string | undefined {
  const [one] = labels;
  // In a closed model the rate that was reached is a result, not a condition.
  const others = differences.filter(({ what, weight }) => !(what === "offered rate" && weight === "warns"));
  if (one === undefined || labels.length > 1 || others.length > 0) return undefined;
  return `nothing is known to differ between them but the label ${one.name} (${one.before} / ${one.after})`;
}

function valuesOf(runs: readonly RunLedger[], name: string): string {
  return [...new Set(runs.map(({ run }) => run.labels[name] ?? "not set"))].sort().join(", ");
}

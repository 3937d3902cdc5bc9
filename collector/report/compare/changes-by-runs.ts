import { judgeChange, judgeShare, LATENCY_FLOOR, SHARE_FLOOR } from "../../stats/judge-change.ts";
import { hodgesLehmann, mannWhitney } from "../../stats/mann-whitney.ts";
import { compareRunGroups } from "../../stats/run-groups.ts";
import { median } from "../../stats/summary.ts";
import type { EndpointRuns, FloorOf } from "./changes-by-requests.ts";
import type { ComparedEndpoint } from "./compared-run.ts";
import type { Change, SideValue } from "./comparison.ts";
import { failedValue, quantileValue } from "./side-value.ts";

const METRICS = ["p50", "p95", "p99"] as const;
const LEVEL = 0.05;

/** A change whose p is not yet corrected for how many were looked at; `judge` completes it. */
export interface TestedChange {
  readonly p: number;
  readonly judge: (adjustedP: number) => Change;
}

interface Tested {
  readonly change: Omit<Change, "verdict">;
  readonly p: number;
  readonly judge: (adjustedP: number) => Change["verdict"];
}

/** Runs as the sample: one number a run (its p95, its share of failures), Mann–Whitney, Hodges–Lehmann interval; `p` still to be put through `holm`. */
export function changesByRuns(pairs: readonly EndpointRuns[], floorOf: FloorOf): readonly TestedChange[] {
  const tested = pairs.flatMap((pair) => [failedOf(pair), ...METRICS.map((metric) => quantileOf(pair, metric, floorOf))]);
  return tested.map(({ change, p, judge }) => ({ p, judge: (adjustedP) => ({ ...change, verdict: judge(adjustedP) }) }));
}

function quantileOf({ endpoint, before, after }: EndpointRuns, metric: (typeof METRICS)[number], floorOf: FloorOf): Tested {
  const numbers = (side: readonly ComparedEndpoint[]) => side.flatMap((one) => quantileValue([one], metric).value ?? []);
  const [first, second] = [numbers(before), numbers(after)];
  const floor = Math.max(LATENCY_FLOOR.ratio, floorOf(endpoint, metric) ?? 0);
  const shared = { endpoint, metric, before: overRuns(first, before.length), after: overRuns(second, after.length), floor };
  const group = compareRunGroups(first, second);
  if (group === undefined) return { change: { ...shared, change: undefined }, p: Number.NaN, judge: () => "undecided" };
  return {
    change: { ...shared, change: { value: Math.expm1(group.value), lower: Math.expm1(group.lower), upper: Math.expm1(group.upper) } },
    p: group.p,
    judge: (adjustedP) => judgeChange(group, "run_groups", adjustedP, { ratio: floor, absolute: LATENCY_FLOOR.absolute }, LEVEL),
  };
}

function failedOf({ endpoint, before, after }: EndpointRuns): Tested {
  const numbers = (side: readonly ComparedEndpoint[]) => side.flatMap((one) => failedValue([one]).value ?? []);
  const [first, second] = [numbers(before), numbers(after)];
  const shared = {
    endpoint,
    metric: "failed" as const,
    before: overRuns(first, before.length),
    after: overRuns(second, after.length),
    floor: SHARE_FLOOR,
  };
  if (first.length === 0 || second.length === 0) return { change: { ...shared, change: undefined }, p: Number.NaN, judge: () => "undecided" };
  const shift = hodgesLehmann(first, second);
  return {
    change: { ...shared, change: { value: shift.value, lower: shift.lower, upper: shift.upper } },
    p: mannWhitney(first, second).p,
    judge: (adjustedP) => {
      const verdict = judgeShare(shift);
      return (verdict === "worse" || verdict === "better") && adjustedP > LEVEL ? "undecided" : verdict;
    },
  };
}

/** The median over runs, and the range they were in. */
function overRuns(values: readonly number[], runs: number): SideValue {
  if (values.length === 0) return { value: undefined, lower: undefined, upper: undefined, n: runs, note: "too few samples in every run" };
  const note = values.length < runs ? `${runs - values.length} of ${runs} runs have too few samples` : "";
  return { value: median(values), lower: Math.min(...values), upper: Math.max(...values), n: values.length, note };
}

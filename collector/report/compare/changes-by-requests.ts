import { compareRuns } from "../../stats/compare-runs.ts";
import { LATENCY_FLOOR, SHARE_FLOOR } from "../../stats/judge-change.ts";
import type { Random } from "../../stats/seeded-random.ts";
import { type ComparedEndpoint, sideOf } from "./compared-run.ts";
import type { Change } from "./comparison.ts";
import { failedValue, QUANTILES, quantileValue } from "./side-value.ts";

export interface EndpointRuns {
  readonly endpoint: string;
  /** One a run. */
  readonly before: readonly ComparedEndpoint[];
  readonly after: readonly ComparedEndpoint[];
}

export type FloorOf = (endpoint: string, metric: Change["metric"]) => number | undefined;

const METRICS = ["p50", "p95", "p99"] as const;

/**
 * One run against one run: failures by Newcombe's interval, quantiles by a moving-block bootstrap over seconds, Holm over all endpoints and
 * quantiles, and an effect floor that no smaller change gets through.
 */
export function changesByRequests(pairs: readonly EndpointRuns[], floorOf: FloorOf, random: Random): readonly Change[] {
  if (pairs.length === 0) return [];
  const sides = pairs.map(({ endpoint, before, after }) => ({ endpoint, first: sideOf(before), second: sideOf(after) }));
  // The floor of a suite may differ by endpoint and quantile; the test itself takes one, the least, and the others are applied afterwards.
  const compared = compareRuns(sides, random);
  return compared.flatMap(({ endpoint, failures, quantiles }, index) => {
    const { before, after } = pairs[index] as EndpointRuns;
    const failed: Change = {
      endpoint,
      metric: "failed",
      before: failedValue(before),
      after: failedValue(after),
      change: Number.isFinite(failures.value) ? { value: failures.value, lower: failures.lower, upper: failures.upper } : undefined,
      floor: SHARE_FLOOR,
      verdict: failures.verdict,
    };
    const latencies = METRICS.map((metric): Change => {
      const quantile = quantiles.find(({ q }) => q === QUANTILES[metric]);
      const floor = Math.max(LATENCY_FLOOR.ratio, floorOf(endpoint, metric) ?? 0);
      const isKnown = quantile !== undefined && !Number.isNaN(quantile.adjustedP) && Number.isFinite(quantile.value);
      const change = isKnown
        ? { value: Math.expm1(quantile.value), lower: Math.expm1(quantile.lower), upper: Math.expm1(quantile.upper) }
        : undefined;
      const verdict = quantile === undefined || change === undefined ? "undecided" : belowFloor(quantile.verdict, change, floor);
      return { endpoint, metric, before: quantileValue(before, metric), after: quantileValue(after, metric), change, floor, verdict };
    });
    return [failed, ...latencies];
  });
}

/** A change that identical runs of this suite show as well is none; with one run each the whole interval must be beyond the floor. */
function belowFloor(verdict: Change["verdict"], { lower, upper }: NonNullable<Change["change"]>, floor: number): Change["verdict"] {
  const isBeyond = lower > floor || upper < 1 / (1 + floor) - 1;
  return (verdict === "worse" || verdict === "better") && !isBeyond ? "undecided" : verdict;
}

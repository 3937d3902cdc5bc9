import { compareRuns } from "../../stats/compare-runs.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { LATENCY_FLOOR, SHARE_FLOOR } from "../../stats/judge-change.ts";
import { rankOf } from "../../stats/order-statistics.ts";
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
 * quantiles, an effect floor that no smaller change gets through, and agreement of all thirds of the runs.
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
      const [from, to] = [quantileValue(before, metric), quantileValue(after, metric)];
      const isShown =
        from.value !== undefined &&
        to.value !== undefined &&
        change !== undefined &&
        Math.min(from.n, to.n) * (1 - QUANTILES[metric]) >= LEAST_BEYOND &&
        isBeyond(change, floor) &&
        isThroughout(before, after, metric, floor);
      const verdict = quantile === undefined || change === undefined ? "undecided" : onlyIf(isShown, quantile.verdict);
      return { endpoint, metric, before: from, after: to, change, floor, verdict };
    });
    return [failed, ...latencies];
  });
}

/** One run each, and shorter than that, says too little of itself to be told from another. */
const LEAST_SECONDS = 10;
const PARTS = 3;
/**
 * Requests beyond a quantile, on each side, for it to be told by one run each: fewer come in one burst or two. Of twelve like runs of 1200 requests
 * on a machine that others used too, p99 (12 requests beyond it) lay between 2.8 and 39 ms, p95 between 1.0 and 5.2 ms.
 */
export const LEAST_BEYOND = 50;

/** A change that identical runs of this suite show as well is none; with one run each the whole interval must be beyond the floor. */
function isBeyond({ lower, upper }: NonNullable<Change["change"]>, floor: number): boolean {
  return lower > floor || upper < 1 / (1 + floor) - 1;
}

/**
 * What made one of two like runs slow for a while, a neighbour on the machine say, is not in the other: every third of the one must lie beyond
 * every third of the other, by more than thirds of one run lie apart. The bootstrap cannot know of that, since it draws from what is there.
 */
function isThroughout(
  before: readonly ComparedEndpoint[],
  after: readonly ComparedEndpoint[],
  metric: Exclude<Change["metric"], "failed">,
  floor: number,
): boolean {
  const [first, second] = [partsOf(before, metric), partsOf(after, metric)];
  if (first === undefined || second === undefined) return false;
  const apart = Math.max(Math.log(Math.min(...second) / Math.max(...first)), Math.log(Math.min(...first) / Math.max(...second)));
  const within = Math.max(...[first, second].map((parts) => Math.log(Math.max(...parts) / Math.min(...parts))));
  return apart > Math.max(Math.log1p(floor), within);
}

/** The quantile of each third; undefined where a run is too short, or a third has no successes. */
function partsOf(runs: readonly ComparedEndpoint[], metric: Exclude<Change["metric"], "failed">): readonly number[] | undefined {
  const seconds = runs.flatMap(({ latencies }) => latencies);
  if (seconds.length < LEAST_SECONDS) return undefined;
  const size = Math.ceil(seconds.length / PARTS);
  const values = Array.from({ length: PARTS }, (_, part) => quantileOf(seconds.slice(part * size, (part + 1) * size), QUANTILES[metric]));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function quantileOf(seconds: readonly ExponentialHistogram[], q: number): number | undefined {
  const whole = new ExponentialHistogram();
  for (const histogram of seconds) whole.merge(histogram);
  return whole.count === 0 ? undefined : orderOfHistogram(whole).at(rankOf(q, whole.count)).value;
}

function onlyIf(isShown: boolean, verdict: Change["verdict"]): Change["verdict"] {
  return (verdict === "worse" || verdict === "better") && !isShown ? "undecided" : verdict;
}

import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { quantileEstimate } from "../../stats/quantile-interval.ts";
import { wilsonInterval } from "../../stats/wilson-interval.ts";
import { formatMs, formatRatio } from "../format-number.ts";
import type { ComparedEndpoint } from "./compared-run.ts";
import type { Change, SideValue } from "./comparison.ts";

export const QUANTILES: Readonly<Record<Exclude<Change["metric"], "failed">, number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

/**
 * A quantile of successes with its distribution-free interval. Where so many requests failed that the quantile of all of them lies among these,
 * there is none: time-outs are longer than they waited, by nobody knows how much.
 */
export function quantileValue(endpoints: readonly ComparedEndpoint[], metric: Exclude<Change["metric"], "failed">): SideValue {
  const whole = new ExponentialHistogram();
  for (const { latencies } of endpoints) for (const histogram of latencies) whole.merge(histogram);
  if (whole.count === 0) return { value: undefined, lower: undefined, upper: undefined, n: 0, note: "no latencies" };
  const failed = failedValue(endpoints).value ?? 0;
  if (failed > 1 - QUANTILES[metric]) {
    const waitedMs = Math.max(0, ...endpoints.flatMap(({ stream }) => stream.censored.map(({ atMs }) => atMs)));
    const bound = waitedMs > 0 ? `> ${formatMs(waitedMs)}: ` : "";
    return { value: undefined, lower: undefined, upper: undefined, n: whole.count, note: `${bound}${formatRatio(failed)} failed` };
  }
  const estimate = quantileEstimate(orderOfHistogram(whole), QUANTILES[metric]);
  if (!estimate.isStated) {
    return {
      value: undefined,
      lower: undefined,
      upper: undefined,
      n: estimate.count,
      note: `${estimate.count} samples, ${metric} needs ${estimate.needed}`,
    };
  }
  return { value: estimate.value, lower: finite(estimate.lower), upper: finite(estimate.upper), n: estimate.count, note: "" };
}

/** The share of requests that failed, with Wilson's interval. */
export function failedValue(endpoints: readonly ComparedEndpoint[]): SideValue {
  let [hits, trials] = [0, 0];
  for (const { failures } of endpoints) {
    for (const second of failures) {
      hits += second.hits;
      trials += second.trials;
    }
  }
  if (trials === 0) return { value: undefined, lower: undefined, upper: undefined, n: 0, note: "no requests" };
  return { ...wilsonInterval({ hits, trials }), n: trials, note: "" };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

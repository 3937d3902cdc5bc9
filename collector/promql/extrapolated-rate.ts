import type { Dialect } from "./dialect.ts";
import type { RangeSeries, Window } from "./values.ts";

/**
 * `rate`, `increase` and `delta`: the difference between the first and the last sample, stretched to the borders of the window. Undefined
 * with fewer than two samples.
 *
 * Where a border is further away than 1.1 times the usual distance between samples, the series is taken to begin (or end) half such a
 * distance from its first (last) sample; a counter never begins below 0 (prometheus: promql/functions.go extrapolatedRate). Prometheus 2
 * applies the second rule before the first one.
 */
export function extrapolatedRate(
  { timestampsMs, values }: RangeSeries,
  window: Window,
  options: { readonly isCounter: boolean; readonly isRate: boolean; readonly dialect: Dialect },
): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  const firstMs = timestampsMs[0] as number;
  const lastMs = timestampsMs[last] as number;
  const first = values[0] as number;
  let difference = (values[last] as number) - first;
  if (options.isCounter) difference += lostInResets(values);

  const sampledSeconds = (lastMs - firstMs) / 1000;
  const averageSeconds = sampledSeconds / last;
  const thresholdSeconds = averageSeconds * 1.1;
  const capped = (seconds: number): number => (seconds >= thresholdSeconds ? averageSeconds / 2 : seconds);
  const toZeroSeconds = options.isCounter && difference > 0 && first >= 0 ? sampledSeconds * (first / difference) : Infinity;
  const toStartSeconds = (firstMs - window.startMs) / 1000;
  const beforeSeconds =
    options.dialect === "prometheus-3" ? Math.min(capped(toStartSeconds), toZeroSeconds) : capped(Math.min(toStartSeconds, toZeroSeconds));
  const afterSeconds = capped((window.endMs - lastMs) / 1000);
  const factor = (sampledSeconds + beforeSeconds + afterSeconds) / sampledSeconds;
  return difference * (options.isRate ? factor / (window.rangeMs / 1000) : factor);
}

/** What a counter had when it fell. */
function lostInResets(values: ArrayLike<number>): number {
  let lost = 0;
  let before = values[0] as number;
  for (let index = 1; index < values.length; index++) {
    const value = values[index] as number;
    if (value < before) lost += before;
    before = value;
  }
  return lost;
}

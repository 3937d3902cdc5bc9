import { METRICS } from "../../model/catalog.ts";
import type { GaugePoint, GaugeSeries } from "../../model/ledger.ts";
import type { Scope } from "../digest-types.ts";
import type { GaugeLookup } from "./rule.ts";

type Window = Pick<Scope, "startSecond" | "endSecond">;

export function pointsIn(series: GaugeSeries, { startSecond, endSecond }: Window): readonly GaugePoint[] {
  return series.points.filter(({ second }) => second >= startSecond && second < endSecond);
}

/** Smallest value of any of these gauges; undefined without a point. */
export function smallest(series: readonly GaugeSeries[], window: Window): number | undefined {
  return extreme(
    series.flatMap((one) => pointsIn(one, window).map(({ min }) => min)),
    Math.min,
  );
}

export function largest(series: readonly GaugeSeries[], window: Window): number | undefined {
  return extreme(
    series.flatMap((one) => pointsIn(one, window).map(({ max }) => max)),
    Math.max,
  );
}

/** What these counters rose by together; undefined where none has a point. */
export function increase(series: readonly GaugeSeries[], window: Window): number | undefined {
  const points = series.flatMap((one) => pointsIn(one, window));
  return points.length === 0 ? undefined : points.reduce((sum, point) => sum + point.sum, 0);
}

/** Sum and number of the values that these histograms were given. */
export function recorded(series: readonly GaugeSeries[], window: Window): { readonly n: number; readonly sum: number } | undefined {
  const points = series.flatMap((one) => pointsIn(one, window));
  if (points.length === 0) return undefined;
  return points.reduce((all, { n, sum }) => ({ n: all.n + n, sum: all.sum + sum }), { n: 0, sum: 0 });
}

export function pointCount(series: readonly GaugeSeries[], window: Window): number {
  return series.reduce((sum, one) => sum + pointsIn(one, window).length, 0);
}

function extreme(values: readonly number[], pick: (...values: number[]) => number): number | undefined {
  return values.length === 0 ? undefined : values.reduce((best, value) => pick(best, value));
}

export interface Permits {
  /** Fewest that were left under load. */
  readonly least: number;
  /** All there are; the most ever seen where nobody exports the limit. */
  readonly limit: number;
  readonly points: number;
  readonly field: string;
  /** Nothing left, as good as: none, or less than a hundredth. */
  readonly areExhausted: boolean;
  /** Never under a tenth. */
  readonly areAmple: boolean;
}

/** undefined where no server tells of its permits. */
export function permitsOf(gauges: GaugeLookup, window: Window): Permits | undefined {
  const available = gauges.named(METRICS.requestPermitsAvailable.name);
  const dips = gauges.named(METRICS.requestPermitsAvailableMin.name);
  const told = pointCount(dips, window) > 0 ? dips : available;
  const least = smallest(told, window);
  if (least === undefined) return undefined;
  const always = { startSecond: -Infinity, endSecond: Infinity };
  const limit = largest(gauges.named(METRICS.requestPermitsLimit.name), always) ?? largest([...available, ...dips], always) ?? least;
  const field = told === dips ? METRICS.requestPermitsAvailableMin.name : METRICS.requestPermitsAvailable.name;
  return {
    least,
    limit,
    points: pointCount(told, window),
    field,
    areExhausted: least <= Math.max(0, 0.01 * limit),
    areAmple: least > 0.1 * limit,
  };
}

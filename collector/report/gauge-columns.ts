import type { GaugePoint, GaugeSeries } from "../model/ledger.ts";
import { median } from "../stats/summary.ts";

/** Columns of equal width that hold points of series whatever the step at which they were sent. */
export interface Grid {
  /** Unix seconds. */
  readonly startSecond: number;
  readonly stepSeconds: number;
  readonly length: number;
}

/** Longer ones are looked at in wider columns. */
const MOST_RAW_COLUMNS = 20_000;

/** As fine as the series that was told most often. */
export function gridOf(series: readonly GaugeSeries[]): Grid {
  let [first, last] = [Infinity, -Infinity];
  for (const { points } of series) {
    first = Math.min(first, points[0]?.second ?? Infinity);
    last = Math.max(last, points.at(-1)?.second ?? -Infinity);
  }
  if (first > last) return { startSecond: 0, stepSeconds: 1, length: 0 };
  const gaps = series.filter(({ points }) => points.length > 1).map(({ points }) => median(gapsOf(points)));
  const finest = Math.max(1, Math.floor(Math.min(...gaps, last - first + 1)));
  const stepSeconds = Math.max(finest, Math.ceil((last - first + 1) / MOST_RAW_COLUMNS));
  return { startSecond: first, stepSeconds, length: Math.floor((last - first) / stepSeconds) + 1 };
}

function gapsOf(points: readonly GaugePoint[]): readonly number[] {
  return points.slice(1).map((point, index) => point.second - (points[index] as GaugePoint).second);
}

/**
 * One value a column, null where nothing was told. `last` and `min` are of a gauge, `rate` is a counter's increase per second, `sum` that
 * increase itself, `mean` that of a histogram's values.
 */
export function columnsOf(series: GaugeSeries, grid: Grid, what: "last" | "min" | "rate" | "sum" | "mean"): readonly (number | null)[] {
  const values = Array<number | null>(grid.length).fill(null);
  const counts = new Float64Array(grid.length);
  for (const point of series.points) {
    const at = Math.floor((point.second - grid.startSecond) / grid.stepSeconds);
    const before = values[at];
    if (before === undefined) continue;
    if (what === "last") values[at] = point.last;
    else if (what === "min") values[at] = before === null ? point.min : Math.min(before, point.min);
    else values[at] = (before ?? 0) + point.sum;
    counts[at] = (counts[at] as number) + point.n;
  }
  if (what === "rate") return values.map((value) => (value === null ? null : value / grid.stepSeconds));
  if (what === "mean") return values.map((value, at) => (value === null || counts[at] === 0 ? null : value / (counts[at] as number)));
  return values;
}

import type { Bounds } from "../../collector/series/bounds.ts";
import { DISTRIBUTION_CELLS, SERIES_KIND } from "../../collector/series/cells.ts";
import type { Family } from "../../collector/series/families.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";

/** What decides which lines a series has, beside its family and its bounds. 0 = none at all. */
export const SHAPE = {
  shown: 1,
  /** `_sum` is told. */
  sum: 2,
  /** `_count` is told. */
  count: 4,
  /** Quantiles are told. */
  quantiles: 8,
  /** `_created` is told. */
  created: 16,
} as const;

export interface LineStyle {
  readonly openMetrics: boolean;
  /** Every sample with the time of its point. */
  readonly timestamps: boolean;
  /** OpenMetrics: `_created` lines. */
  readonly created: boolean;
}

/**
 * OpenMetrics 1.0 forbids more than Prometheus does: a counter, a count or a sum that is NaN or negative, `_sum` without `_count` or beside
 * a negative bound, negative quantile values. What is forbidden is left out there, and shown in text.
 */
export function shapeOf(store: SeriesStore, family: Family, series: number, style: LineStyle): number {
  const { table } = store;
  const bits = table.bits[series] as number;
  if ((bits & SERIES_BIT.visible) === 0) return 0;
  if (family.type === "histogram") return SHAPE.shown | created(store, series, style) | histogramShape(store, series, style);
  if (family.type === "summary") return SHAPE.shown | created(store, series, style) | summaryShape(store, series, style);
  if (!style.openMetrics || family.type !== "counter" || family.base === family.sample) return SHAPE.shown;
  const cell = table.cellStarts[series] as number;
  const isNegative =
    (bits & SERIES_BIT.bigInt) === 0 ? !((table.cells.values[cell] as number) >= 0) : (table.cells.words[cell * 2 + 1] as number) > MAX_INT32;
  return isNegative ? 0 : SHAPE.shown | created(store, series, style);
}

const MAX_INT32 = 0x7fff_ffff;

/** The bounds of a histogram's buckets, or a summary's quantiles; undefined in a number. */
export function boundsOf(store: SeriesStore, series: number): Bounds | undefined {
  switch (store.table.kind(series)) {
    case SERIES_KIND.number:
      return undefined;
    case SERIES_KIND.summary:
      return store.quantiles.at((store.table.bounds[series] as number) - 1);
    case SERIES_KIND.histogram:
      return store.les.at((store.table.bounds[series] as number) - 1);
    default:
      return store.classicBuckets(series).bounds;
  }
}

function created({ table }: SeriesStore, series: number, style: LineStyle): number {
  return style.openMetrics && style.created && (table.startNs[series] as number) > 0 ? SHAPE.created : 0;
}

function histogramShape(store: SeriesStore, series: number, { openMetrics }: LineStyle): number {
  const { table } = store;
  const hasSum = ((table.bits[series] as number) & SERIES_BIT.hasSum) !== 0;
  if (!openMetrics) return hasSum ? SHAPE.sum | SHAPE.count : SHAPE.count;
  const sum = table.cells.values[table.cellStarts[series] as number] as number;
  const lowest = boundsOf(store, series)?.values[0] ?? 0;
  return hasSum && sum >= 0 && !(lowest < 0) ? SHAPE.sum | SHAPE.count : 0;
}

function summaryShape(store: SeriesStore, series: number, { openMetrics }: LineStyle): number {
  if (!openMetrics) return SHAPE.sum | SHAPE.count | SHAPE.quantiles;
  const { table } = store;
  const cell = table.cellStarts[series] as number;
  const values = table.cells.values;
  const quantiles = boundsOf(store, series)?.values ?? [];
  let told: number = SHAPE.count | SHAPE.quantiles;
  if ((values[cell] as number) >= 0) told |= SHAPE.sum;
  for (let index = 0; index < quantiles.length; index++) {
    const quantile = quantiles[index] as number;
    if ((values[cell + DISTRIBUTION_CELLS + index] as number) < 0 || quantile < 0 || quantile > 1) told &= ~SHAPE.quantiles;
  }
  return told;
}

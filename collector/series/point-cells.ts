import { sameRange } from "../wire/byte-ranges.ts";
import { METRIC_KIND, POINT_BIT, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { Bounds, BoundsTable } from "./bounds.ts";
import { DELTA_CELLS, DISTRIBUTION_CELLS, SERIES_KIND } from "./cells.ts";
import { NativeBuckets } from "./native-buckets.ts";
import { readQuantiles } from "./read-quantiles.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";

/** What has become of a point: not a valid one; one with more buckets than there is room for; in the cells, with what was there before where it is a delta; in the cells, which have another shape now. */
export type Stored = "invalid" | "no_room" | "stored" | "anew";

/** Bucket bounds or quantiles of one series: each is a line of every scrape, and nobody means more. */
const MAX_BOUNDS = 1024;

const P = POINT_ROW;

/** SERIES_KIND by METRIC_KIND. */
const KINDS = [0, SERIES_KIND.number, SERIES_KIND.number, SERIES_KIND.histogram, SERIES_KIND.native, SERIES_KIND.summary] as const;

export function seriesKind(metricKind: number): number {
  return KINDS[metricKind] as number;
}

/** Cells of a new series, before its first point. */
export function firstCellCount(metricKind: number, isDelta: boolean): number {
  return (seriesKind(metricKind) === SERIES_KIND.number ? 1 : DISTRIBUTION_CELLS) + (isDelta ? DELTA_CELLS : 0);
}

/** How each kind of point becomes the cells of its series (their layout: cells.ts). `adds` = the point is a delta and is added to what is there. */
export class PointCells {
  readonly les: BoundsTable;
  readonly quantiles: BoundsTable;
  readonly #table: SeriesTable;
  readonly #native = new NativeBuckets();
  readonly #sum = new NativeBuckets();

  readonly #mayGrow: () => boolean;

  /** `mayGrow`: whether there is room for a series that has more buckets than before. */
  constructor(table: SeriesTable, les: BoundsTable, quantiles: BoundsTable, mayGrow: () => boolean) {
    this.#table = table;
    this.#mayGrow = mayGrow;
    this.les = les;
    this.quantiles = quantiles;
  }

  store(metricKind: number, series: number, columns: MetricColumns, point: number, adds: boolean): Stored {
    const tail = ((this.#table.bits[series] as number) & SERIES_BIT.isDelta) === 0 ? 0 : DELTA_CELLS;
    switch (metricKind) {
      case METRIC_KIND.histogram:
        return this.#histogram(series, columns, point, adds, tail);
      case METRIC_KIND.exponentialHistogram:
        return this.#exponential(series, columns, point, adds, tail);
      case METRIC_KIND.summary:
        return this.#summary(series, columns, point);
      default:
        return this.#number(series, columns, point, adds);
    }
  }

  #number(series: number, columns: MetricColumns, point: number, adds: boolean): Stored {
    const table = this.#table;
    const { words, doubles } = columns.points;
    const pointBits = words[point + P.bits] as number;
    if ((pointBits & POINT_BIT.hasValue) === 0) return "invalid";
    const cell = table.cellStarts[series] as number;
    const value = doubles[(point + P.value) >>> 1] as number;
    let bits = (table.bits[series] as number) & ~SERIES_BIT.bigInt;
    if (adds) table.cells.values[cell] = this.total(series) + value;
    else if ((pointBits & POINT_BIT.isInt) !== 0 && !Number.isSafeInteger(value)) {
      table.cells.words[cell * 2] = words[point + P.intLow] as number;
      table.cells.words[cell * 2 + 1] = words[point + P.intHigh] as number;
      bits |= SERIES_BIT.bigInt;
    } else table.cells.values[cell] = value;
    table.bits[series] = bits | SERIES_BIT.visible;
    return "stored";
  }

  /** Invalid where the bounds are in no order or too many, so that nothing can be shown. */
  #histogram(series: number, columns: MetricColumns, point: number, adds: boolean, tail: number): Stored {
    const table = this.#table;
    const { view } = columns;
    const { words } = columns.points;
    const boundsStart = words[point + P.boundsStart] as number;
    const givenEnd = words[point + P.boundsEnd] as number;
    if (givenEnd - boundsStart > MAX_BOUNDS * 8) return "invalid";
    // The last bucket ends there anyway, and two with one `le` would be one series twice.
    const endsAtInfinity = givenEnd > boundsStart && view.getFloat64(givenEnd - 8, true) === Infinity;
    const boundsEnd = endsAtInfinity ? givenEnd - 8 : givenEnd;
    const known = table.kind(series) === SERIES_KIND.histogram ? (table.bounds[series] as number) : 0;
    let bounds: Bounds | undefined = known === 0 ? undefined : this.les.at(known - 1);
    let stored: Stored = "stored";
    if (
      bounds === undefined ||
      bounds.view.byteLength !== boundsEnd - boundsStart ||
      !sameRange(bounds.view, 0, view, boundsStart, boundsEnd - boundsStart)
    ) {
      bounds = this.les.of(view, boundsStart, boundsEnd);
      if (!bounds.isValid) return "invalid";
      // Other bounds are another histogram: what was counted under the old ones cannot be added to.
      const cellCount = DISTRIBUTION_CELLS + bounds.values.length + 1 + tail;
      if (!this.#hasRoomFor(series, cellCount)) return "no_room";
      table.bounds[series] = bounds.id + 1;
      table.resize(series, cellCount);
      stored = "anew";
    }
    table.setKind(series, SERIES_KIND.histogram);
    const first = this.#totals(series, columns, point, adds);
    const { values } = table.cells;
    const start = words[point + P.bucketCountsStart] as number;
    const given = ((words[point + P.bucketCountsEnd] as number) - start) >>> 3;
    const buckets = bounds.values.length + 1;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const at = start + bucket * 8;
      const count = bucket < given ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000 : 0;
      values[first + bucket] = adds ? (values[first + bucket] as number) + count : count;
    }
    if (endsAtInfinity && given > buckets) {
      const at = start + buckets * 8;
      const last = first + buckets - 1;
      values[last] = (values[last] as number) + view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
    }
    return stored;
  }

  /** Sum and count; the index of the first cell behind them. */
  #totals(series: number, columns: MetricColumns, point: number, adds: boolean): number {
    const table = this.#table;
    const { words, doubles } = columns.points;
    const { values } = table.cells;
    const cell = table.cellStarts[series] as number;
    const sum = doubles[(point + P.value) >>> 1] as number;
    const count = (words[point + P.countLow] as number) + (words[point + P.countHigh] as number) * 0x1_0000_0000;
    values[cell] = adds ? (values[cell] as number) + sum : sum;
    values[cell + 1] = adds ? (values[cell + 1] as number) + count : count;
    const hasSum = ((words[point + P.bits] as number) & POINT_BIT.hasValue) !== 0;
    const bits = (table.bits[series] as number) | SERIES_BIT.visible;
    // A delta without a sum makes the accumulated sum unknown for good.
    const keepsSum = hasSum && (!adds || (bits & SERIES_BIT.hasSum) !== 0 || values[cell + 1] === count);
    table.bits[series] = keepsSum ? bits | SERIES_BIT.hasSum : bits & ~SERIES_BIT.hasSum;
    return cell + DISTRIBUTION_CELLS;
  }

  #exponential(series: number, columns: MetricColumns, point: number, adds: boolean, tail: number): Stored {
    const table = this.#table;
    let buckets = this.#native;
    if (!buckets.readPoint(columns, point)) return "invalid";
    const before = table.cellStarts[series] as number;
    const wasNative = table.kind(series) === SERIES_KIND.native;
    if (adds && wasNative) {
      this.#sum.readCells(table.cells.values, before);
      if (!this.#sum.add(buckets)) return "invalid";
      buckets = this.#sum;
    }
    if (!this.#hasRoomFor(series, buckets.cellCount + tail)) return "no_room";
    const sum = table.cells.values[before] as number;
    const count = table.cells.values[before + 1] as number;
    if (table.cellCounts[series] !== buckets.cellCount + tail) table.resize(series, buckets.cellCount + tail);
    if (!wasNative) table.bounds[series] = 0;
    const cell = table.cellStarts[series] as number;
    table.cells.values[cell] = wasNative ? sum : 0;
    table.cells.values[cell + 1] = wasNative ? count : 0;
    table.setKind(series, SERIES_KIND.native);
    this.#totals(series, columns, point, adds);
    buckets.writeCells(table.cells.values, cell);
    return wasNative ? "stored" : "anew";
  }

  #summary(series: number, columns: MetricColumns, point: number): Stored {
    const table = this.#table;
    const quantiles = readQuantiles(columns, point);
    if (quantiles.length > MAX_BOUNDS) return "invalid";
    const bounds = this.quantiles.ofValues(quantiles.map(({ quantile }) => quantile));
    if (!bounds.isValid) return "invalid";
    if (table.bounds[series] !== bounds.id + 1 || table.kind(series) !== SERIES_KIND.summary) {
      if (!this.#hasRoomFor(series, DISTRIBUTION_CELLS + quantiles.length)) return "no_room";
      table.bounds[series] = bounds.id + 1;
      table.resize(series, DISTRIBUTION_CELLS + quantiles.length);
    }
    table.setKind(series, SERIES_KIND.summary);
    const first = this.#totals(series, columns, point, false);
    for (const [index, { value }] of quantiles.entries()) table.cells.values[first + index] = value;
    return "stored";
  }

  #hasRoomFor(series: number, cellCount: number): boolean {
    return cellCount <= (this.#table.cellCounts[series] as number) || this.#mayGrow();
  }

  /** Value of a number, else the count of observations. */
  total(series: number): number {
    const table = this.#table;
    const cell = table.cellStarts[series] as number;
    if (table.kind(series) !== SERIES_KIND.number) return table.cells.values[cell + 1] as number;
    if (((table.bits[series] as number) & SERIES_BIT.bigInt) === 0) return table.cells.values[cell] as number;
    return ((table.cells.words[cell * 2 + 1] as number) | 0) * 0x1_0000_0000 + (table.cells.words[cell * 2] as number);
  }

  /** Whether the point says what the cells say: the value, or sum and count. */
  says(metricKind: number, series: number, columns: MetricColumns, point: number): boolean {
    const { words, doubles } = columns.points;
    const value = doubles[(point + P.value) >>> 1] as number;
    if (seriesKind(metricKind) !== this.#table.kind(series)) return false;
    if (this.#table.kind(series) === SERIES_KIND.number) return Object.is(value, this.total(series)) || value === this.total(series);
    const count = (words[point + P.countLow] as number) + (words[point + P.countHigh] as number) * 0x1_0000_0000;
    const hasSum = ((words[point + P.bits] as number) & POINT_BIT.hasValue) !== 0;
    const sum = this.#table.cells.values[this.#table.cellStarts[series] as number] as number;
    return count === this.total(series) && (!hasSum || Object.is(value, sum) || value === sum);
  }
}

import { sameRange } from "../wire/byte-ranges.ts";
import { POINT_BIT, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { Bounds, BoundsTable } from "./bounds.ts";
import { foldExponential } from "./fold-exponential.ts";
import { readQuantiles } from "./read-quantiles.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";

/**
 * How each kind of point becomes the cells of its series. `adds` = the point is a delta and is added to what is there.
 *
 * Cells of a number: [value]. Of a histogram: [sum, count, then one not yet accumulated count per bound, and one for above them all].
 * Of a summary: [sum, count, then one value per quantile].
 */
export const DISTRIBUTION_CELLS = 2;

/** Bucket bounds or quantiles of one series: each is a line of every scrape, and nobody means more. */
const MAX_BOUNDS = 1024;

const P = POINT_ROW;

export function storeNumber(table: SeriesTable, series: number, columns: MetricColumns, point: number, adds: boolean): void {
  const { words, doubles } = columns.points;
  const cell = table.cellStarts[series] as number;
  const value = doubles[(point + P.value) >>> 1] as number;
  let bits = (table.bits[series] as number) & ~SERIES_BIT.bigInt;
  if (adds) table.cells.values[cell] = (table.cells.values[cell] as number) + value;
  else if (((words[point + P.bits] as number) & POINT_BIT.isInt) !== 0 && !Number.isSafeInteger(value)) {
    table.cells.words[cell * 2] = words[point + P.intLow] as number;
    table.cells.words[cell * 2 + 1] = words[point + P.intHigh] as number;
    bits |= SERIES_BIT.bigInt;
  } else table.cells.values[cell] = value;
  table.bits[series] = bits | SERIES_BIT.visible;
}

/** False where the bounds are in no order or too many, so that nothing can be shown. */
export function storeHistogram(table: SeriesTable, les: BoundsTable, series: number, columns: MetricColumns, point: number, adds: boolean): boolean {
  const { view } = columns;
  const { words } = columns.points;
  const boundsStart = words[point + P.boundsStart] as number;
  const boundsEnd = words[point + P.boundsEnd] as number;
  if (boundsEnd - boundsStart > MAX_BOUNDS * 8) return false;
  const known = table.bounds[series] as number;
  let bounds: Bounds | undefined = known === 0 ? undefined : les.at(known - 1);
  if (
    bounds === undefined ||
    bounds.view.byteLength !== boundsEnd - boundsStart ||
    !sameRange(bounds.view, 0, view, boundsStart, boundsEnd - boundsStart)
  ) {
    bounds = les.of(view, boundsStart, boundsEnd);
    if (!bounds.isValid) return false;
    // Other bounds are another histogram: what was counted under the old ones cannot be added to.
    table.bounds[series] = bounds.id + 1;
    table.resize(series, DISTRIBUTION_CELLS + bounds.values.length + 1);
  }
  const first = storeTotals(table, series, columns, point, adds);
  const { values } = table.cells;
  const start = words[point + P.bucketCountsStart] as number;
  const given = ((words[point + P.bucketCountsEnd] as number) - start) >>> 3;
  const buckets = bounds.values.length + 1;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const at = start + bucket * 8;
    const count = bucket < given ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000 : 0;
    values[first + bucket] = adds ? (values[first + bucket] as number) + count : count;
  }
  return true;
}

/** Sum and count; the index of the first cell behind them. */
function storeTotals(table: SeriesTable, series: number, columns: MetricColumns, point: number, adds: boolean): number {
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

/** As a classic histogram whose bounds are powers of two: exact at any scale ≥ 0, and what every Prometheus can read. */
export function storeExponential(
  table: SeriesTable,
  les: BoundsTable,
  series: number,
  columns: MetricColumns,
  point: number,
  adds: boolean,
): boolean {
  const known = table.bounds[series] as number;
  const before = known === 0 ? [] : [...les.at(known - 1).values];
  const folded = foldExponential(columns, point, before);
  if (folded === undefined) return false;
  const bounds = les.ofValues(folded.bounds);
  if (bounds.id + 1 !== known) {
    const cell = table.cellStarts[series] as number;
    const old = [...table.cells.values.subarray(cell, cell + (table.cellCounts[series] as number))];
    table.resize(series, DISTRIBUTION_CELLS + bounds.values.length + 1);
    table.bounds[series] = bounds.id + 1;
    if (adds && known !== 0) carryOver(table, series, before, old, folded.bounds);
  }
  const first = storeTotals(table, series, columns, point, adds);
  const { values } = table.cells;
  for (const [bucket, count] of folded.counts.entries()) values[first + bucket] = adds ? (values[first + bucket] as number) + count : count;
  return true;
}

/** Counts under the old bounds go to the first new bound that is not below theirs. */
function carryOver(table: SeriesTable, series: number, before: readonly number[], old: readonly number[], now: readonly number[]): void {
  const { values } = table.cells;
  const cell = table.cellStarts[series] as number;
  values[cell] = old[0] as number;
  values[cell + 1] = old[1] as number;
  for (const [index, bound] of before.entries()) {
    const found = now.findIndex((candidate) => candidate >= bound);
    const target = cell + DISTRIBUTION_CELLS + (found < 0 ? now.length : found);
    values[target] = (values[target] as number) + (old[DISTRIBUTION_CELLS + index] as number);
  }
}

export function storeSummary(table: SeriesTable, quantileTable: BoundsTable, series: number, columns: MetricColumns, point: number): boolean {
  const quantiles = readQuantiles(columns, point);
  if (quantiles.length > MAX_BOUNDS) return false;
  const bounds = quantileTable.ofValues(quantiles.map(({ quantile }) => quantile));
  if (!bounds.isValid) return false;
  if (table.bounds[series] !== bounds.id + 1) {
    table.bounds[series] = bounds.id + 1;
    table.resize(series, DISTRIBUTION_CELLS + quantiles.length);
  }
  const first = storeTotals(table, series, columns, point, false);
  for (const [index, { value }] of quantiles.entries()) table.cells.values[first + index] = value;
  return true;
}

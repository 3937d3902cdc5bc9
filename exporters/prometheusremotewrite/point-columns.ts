import { wholeMs } from "../../collector/model/time.ts";
import type { Bounds } from "../../collector/series/bounds.ts";
import { DISTRIBUTION_CELLS, SERIES_KIND } from "../../collector/series/cells.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import type { NativeHistogram, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { addExemplars } from "./add-exemplars.ts";
import { customHistogram, EMPTY_HISTOGRAM, nativeHistogram, STALE_HISTOGRAM } from "./native-histogram.ts";
import type { SeriesEntry } from "./series-entry.ts";
import type { WriteColumns } from "./write-columns.ts";

export interface Shapes {
  /** Exponential histograms as native ones; else as classic ones that end at powers of two. */
  readonly nativeHistograms: boolean;
  /** Classic histograms as native ones with custom buckets (NHCB). */
  readonly classicToNhcb: boolean;
}

/** Writes one point of the store, with all its series, as one unit. */
export class PointColumns {
  readonly #store: SeriesStore;
  readonly #shapes: Shapes;
  readonly #openedMs: number;

  /** `openedMs`: Unix ms since when nobody else has written these series. */
  constructor(store: SeriesStore, shapes: Shapes, openedMs: number) {
    this.#store = store;
    this.#shapes = shapes;
    this.#openedMs = openedMs;
  }

  /** The newest point of the series. False where it is a histogram that no receiver takes. */
  value(series: number, entry: SeriesEntry, timestampMs: number, nowMs: number): boolean {
    const { table, exemplars } = this.#store;
    const kind = table.kind(series);
    const startMs = entry.family.type === "gauge" || entry.family.type === "unknown" ? 0 : wholeMs((table.startNs[series] as number) / 1e6);
    const isNative = this.#isNative(kind);
    const histogram = isNative ? this.#histogram(series, kind) : undefined;
    if (isNative && histogram === undefined) return false;
    const columns = entry.buffer.columns(timestampMs, nowMs);
    if (isNative !== entry.isNative) this.#changeShape(columns, entry, timestampMs, isNative);
    if (histogram !== undefined) columns.addHistogram({ series: entry.plain, timestampMs, startMs, histogram });
    else if (kind === SERIES_KIND.number) {
      columns.addSample(entry.plain, timestampMs, this.#number(series), startMs);
    } else this.#distribution(columns, series, entry, timestampMs, startMs);
    if (((table.bits[series] as number) & SERIES_BIT.hasExemplars) !== 0) addExemplars(columns, entry, exemplars.of(series), timestampMs);
    columns.endUnit(true, entry.wireBytes);
    entry.buffer.ended(columns);
    return true;
  }

  /** All of it was 0 then. The buckets are those of the newest point. */
  zero(series: number, entry: SeriesEntry, timestampMs: number, nowMs: number): void {
    const kind = this.#store.table.kind(series);
    // What is new to us the receiver may know: a run of ours before has sent newer samples of it. A 1.0 request goes down with one that comes too late.
    const mayBeKnown = entry.lastMs === Number.NEGATIVE_INFINITY && timestampMs < this.#openedMs;
    const columns = mayBeKnown ? entry.buffer.riskyColumns(nowMs) : entry.buffer.columns(timestampMs, nowMs);
    if (this.#isNative(kind)) {
      columns.addHistogram({ series: entry.plain, timestampMs, startMs: 0, histogram: this.#emptied(series, kind) });
    } else if (kind === SERIES_KIND.number) columns.addSample(entry.plain, timestampMs, 0, 0);
    else {
      // Summaries have no known zeros: their quantiles do not count.
      columns.addSample(entry.count, timestampMs, 0, 0);
      if (this.#hasSum(series)) columns.addSample(entry.sum, timestampMs, 0, 0);
      const { bounds } = this.#store.classicBuckets(series);
      for (const bucket of this.#parts(columns, entry, bounds, "le", timestampMs)) columns.addSample(bucket, timestampMs, 0, 0);
    }
    columns.endUnit(false, entry.wireBytes);
    entry.buffer.ended(columns);
  }

  /** There is no value any more. */
  stale(entry: SeriesEntry, timestampMs: number, nowMs: number): void {
    const columns = entry.buffer.columns(timestampMs, nowMs);
    this.#addStale(columns, entry, timestampMs);
    columns.endUnit(false, entry.wireBytes);
    entry.buffer.ended(columns);
  }

  #isNative(kind: number): boolean {
    return (kind === SERIES_KIND.native && this.#shapes.nativeHistograms) || (kind === SERIES_KIND.histogram && this.#shapes.classicToNhcb);
  }

  #histogram(series: number, kind: number): NativeHistogram | undefined {
    const { table } = this.#store;
    if (kind === SERIES_KIND.native) return nativeHistogram(table.cells.values, table.cellStarts[series] as number, this.#hasSum(series));
    const { bounds, counts } = this.#store.classicBuckets(series);
    const cell = table.cellStarts[series] as number;
    return customHistogram(
      bounds.values,
      counts,
      table.cells.values[cell + 1] as number,
      this.#hasSum(series) ? (table.cells.values[cell] as number) : 0,
    );
  }

  #emptied(series: number, kind: number): NativeHistogram {
    const { schema, zeroThreshold, customBounds } = this.#histogram(series, kind) ?? EMPTY_HISTOGRAM;
    return { ...EMPTY_HISTOGRAM, schema, zeroThreshold, ...(customBounds === undefined ? {} : { customBounds }) };
  }

  #hasSum(series: number): boolean {
    return ((this.#store.table.bits[series] as number) & SERIES_BIT.hasSum) !== 0;
  }

  #number(series: number): number {
    const { table } = this.#store;
    const cell = table.cellStarts[series] as number;
    if (((table.bits[series] as number) & SERIES_BIT.bigInt) === 0) return table.cells.values[cell] as number;
    return ((table.cells.words[cell * 2 + 1] as number) | 0) * 0x1_0000_0000 + (table.cells.words[cell * 2] as number);
  }

  #distribution(columns: WriteColumns, series: number, entry: SeriesEntry, timestampMs: number, startMs: number): void {
    const { table, quantiles } = this.#store;
    const { values } = table.cells;
    const cell = table.cellStarts[series] as number;
    const count = values[cell + 1] as number;
    const hasSum = this.#hasSum(series);
    columns.addSample(entry.count, timestampMs, count, startMs);
    if (hasSum) columns.addSample(entry.sum, timestampMs, values[cell] as number, startMs);
    else if (entry.hasSum) columns.addStale(entry.sum, timestampMs);
    entry.hasSum = hasSum;
    if (table.kind(series) === SERIES_KIND.summary) {
      const parts = this.#parts(columns, entry, quantiles.at((table.bounds[series] as number) - 1), "quantile", timestampMs);
      for (const [index, part] of parts.entries()) columns.addSample(part, timestampMs, values[cell + DISTRIBUTION_CELLS + index] as number, startMs);
      return;
    }
    const { bounds, counts } = this.#store.classicBuckets(series);
    const parts = this.#parts(columns, entry, bounds, "le", timestampMs);
    const last = parts.length - 1;
    let below = 0;
    for (let index = 0; index < last; index++) {
      below += counts[index] as number;
      columns.addSample(parts[index] as WriteSeries, timestampMs, below, startMs);
    }
    columns.addSample(parts[last] as WriteSeries, timestampMs, count, startMs);
  }

  /** One series per bound. Those that the point before had and this one has not end here. */
  #parts(columns: WriteColumns, entry: SeriesEntry, { values }: Bounds, label: "le" | "quantile", timestampMs: number): readonly WriteSeries[] {
    const gone = entry.useBounds(values, label);
    if (!entry.isEnded) for (const part of gone) columns.addStale(part, timestampMs);
    return entry.parts;
  }

  #changeShape(columns: WriteColumns, entry: SeriesEntry, timestampMs: number, isNative: boolean): void {
    if (!entry.isEnded) this.#addStale(columns, entry, timestampMs);
    entry.isNative = isNative;
  }

  #addStale(columns: WriteColumns, entry: SeriesEntry, timestampMs: number): void {
    if (entry.isNative) {
      columns.addHistogram({ series: entry.plain, timestampMs, startMs: 0, histogram: STALE_HISTOGRAM });
      return;
    }
    if (entry.bounds === undefined) {
      columns.addStale(entry.plain, timestampMs);
      return;
    }
    columns.addStale(entry.count, timestampMs);
    if (entry.hasSum) columns.addStale(entry.sum, timestampMs);
    for (const part of entry.parts) columns.addStale(part, timestampMs);
  }
}

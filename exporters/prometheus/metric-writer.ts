import { DISTRIBUTION_CELLS, NATIVE_CELL, SERIES_KIND } from "../../collector/series/cells.ts";
import type { StoredExemplar } from "../../collector/series/exemplar-table.ts";
import type { Family } from "../../collector/series/families.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import {
  type ExpositionExemplar,
  writeCounter,
  writeHistogram,
  writeNumber,
  writeSummary,
  writeTimestampMs,
} from "../../collector/wire/prometheus-protobuf.ts";
import type { Writer } from "../../collector/wire/protobuf-writer.ts";
import type { NativeHistogram } from "../../collector/wire/remote-write-batch.ts";
import { exemplarsByBucket, newestExemplar } from "./bucket-exemplars.ts";
import { boundsOf } from "./series-shape.ts";

/** How an exponential histogram is given: as native histogram, with classic buckets beside it for servers that do not take those, or as classic only. */
export const NATIVE_HISTOGRAMS = ["with_classic_buckets", "only", "off"] as const;
export type NativeHistograms = (typeof NATIVE_HISTOGRAMS)[number];

/** Writes the value of one series as the fields of a Metric message, all but its labels. */
export class MetricWriter {
  readonly #store: SeriesStore;
  readonly #timestamps: boolean;
  readonly #nativeHistograms: NativeHistograms;

  constructor(store: SeriesStore, options: { readonly timestamps: boolean; readonly nativeHistograms: NativeHistograms }) {
    this.#store = store;
    this.#timestamps = options.timestamps;
    this.#nativeHistograms = options.nativeHistograms;
  }

  write(writer: Writer, family: Family, series: number): void {
    const { table } = this.#store;
    const timeMs = Math.round((table.timeNs[series] as number) / 1e6);
    if (this.#timestamps && timeMs !== 0) writeTimestampMs(writer, timeMs);
    const createdMs = (table.startNs[series] as number) / 1e6;
    switch (family.type) {
      case "counter":
        writeCounter(writer, this.#value(series), exposed(newestExemplar(this.#exemplars(series))), createdMs);
        break;
      case "gauge":
        writeNumber(writer, "gauge", this.#value(series));
        break;
      case "unknown":
        writeNumber(writer, "untyped", this.#value(series));
        break;
      case "summary":
        this.#summary(writer, series, createdMs);
        break;
      case "histogram":
        this.#histogram(writer, series, createdMs);
        break;
    }
  }

  #value(series: number): number {
    const { table } = this.#store;
    const cell = table.cellStarts[series] as number;
    if (((table.bits[series] as number) & SERIES_BIT.bigInt) === 0) return table.cells.values[cell] as number;
    return ((table.cells.words[cell * 2 + 1] as number) | 0) * 0x1_0000_0000 + (table.cells.words[cell * 2] as number);
  }

  #exemplars(series: number): readonly StoredExemplar[] {
    const { table, exemplars } = this.#store;
    return ((table.bits[series] as number) & SERIES_BIT.hasExemplars) === 0 ? [] : exemplars.of(series);
  }

  #summary(writer: Writer, series: number, createdMs: number): void {
    const { values } = this.#store.table.cells;
    const cell = this.#store.table.cellStarts[series] as number;
    const quantiles = boundsOf(this.#store, series)?.values ?? [];
    const first = cell + DISTRIBUTION_CELLS;
    const summary = {
      sum: values[cell] as number,
      count: values[cell + 1] as number,
      quantiles,
      values: values.subarray(first, first + quantiles.length),
    };
    writeSummary(writer, summary, createdMs);
  }

  #histogram(writer: Writer, series: number, createdMs: number): void {
    const { table } = this.#store;
    const { values } = table.cells;
    const cell = table.cellStarts[series] as number;
    const isNative = table.kind(series) === SERIES_KIND.native && this.#nativeHistograms !== "off";
    const sum = ((table.bits[series] as number) & SERIES_BIT.hasSum) === 0 ? Number.NaN : (values[cell] as number);
    const native = isNative ? nativeAt(values, cell, sum) : undefined;
    const classic = isNative && this.#nativeHistograms === "only" ? NO_BUCKETS : this.#classic(series);
    const inBuckets = classic.cumulativeCounts.at(-1) ?? 0;
    // The server refuses a native histogram whose count is not that of its buckets, and reads buckets that fall as a reset.
    const count = native?.count ?? Math.max(values[cell + 1] as number, inBuckets);
    const exemplars = exemplarsByBucket(this.#exemplars(series), classic.bounds).map(exposed);
    writeHistogram(writer, { count, sum, ...classic, exemplars, native }, createdMs);
  }

  #classic(series: number): { readonly bounds: readonly number[]; readonly cumulativeCounts: readonly number[] } {
    const { bounds, counts } = this.#store.classicBuckets(series);
    const finite = [...bounds.values].filter((bound) => bound !== Infinity);
    let accumulated = 0;
    return { bounds: finite, cumulativeCounts: finite.map((_, index) => (accumulated += counts[index] as number)) };
  }
}

const NO_BUCKETS = { bounds: [] as readonly number[], cumulativeCounts: [] as readonly number[] };
/** prometheus: storage/remote/otlptranslator/prometheusremotewrite defaultZeroThreshold. */
const DEFAULT_ZERO_THRESHOLD = 1e-128;

/** The cells of an exponential histogram in Prometheus' terms: a bucket's index is one more than in OTLP. */
function nativeAt(values: Float64Array, cell: number, sum: number): NativeHistogram {
  const at = (offset: number) => values[cell + offset] as number;
  const first = cell + NATIVE_CELL.buckets;
  const positive = values.subarray(first, first + at(NATIVE_CELL.positiveLength));
  const negative = values.subarray(first + positive.length, first + positive.length + at(NATIVE_CELL.negativeLength));
  let count = at(NATIVE_CELL.zeroCount);
  for (const one of positive) count += one;
  for (const one of negative) count += one;
  return {
    schema: at(NATIVE_CELL.scale),
    count,
    sum,
    zeroThreshold: at(NATIVE_CELL.zeroThreshold) || DEFAULT_ZERO_THRESHOLD,
    zeroCount: at(NATIVE_CELL.zeroCount),
    positive: { offset: at(NATIVE_CELL.positiveOffset) + 1, counts: positive },
    negative: { offset: at(NATIVE_CELL.negativeOffset) + 1, counts: negative },
  };
}

function exposed(exemplar: StoredExemplar | undefined): ExpositionExemplar | undefined {
  return exemplar && { labels: exemplar.labels, value: exemplar.value, timestampMs: exemplar.timeMs };
}

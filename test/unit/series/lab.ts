import { Attributes } from "../../../collector/model/attributes.ts";
import type { ExponentialHistogramPoint, Metric, MetricData } from "../../../collector/model/metric.ts";
import { SERIES_KIND } from "../../../collector/series/cells.ts";
import type { SeriesListener } from "../../../collector/series/series-listener.ts";
import { type Losses, SeriesStore } from "../../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../../collector/series/series-table.ts";
import type { Notice, StoreLimits, StoreOptions } from "../../../collector/series/store-options.ts";
import type { Translation } from "../../../collector/series/translation.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../collector/wire/scan-metrics.ts";
import { at, EPOCH_MS } from "../exporters/prometheus/lab.ts";

export interface StoreLab {
  readonly store: SeriesStore;
  /** What the listener heard since it was read last: `zero c_total 5`, with seconds after the epoch. */
  heard(): string[];
  readonly notices: Notice[];
  readonly conflicts: string[];
  /** Losses by reason; `seconds` after the epoch is when it arrives. */
  push(seconds: number, ...metrics: readonly Metric[]): Record<string, number>;
  /** Visible series as `name{labels} value`, sorted; of a distribution `sum count [buckets]`. */
  shown(): string[];
}

interface LabOptions extends Partial<StoreOptions>, Partial<StoreLimits> {
  readonly translation?: Partial<Translation>;
  /** False: nobody listens. */
  readonly listens?: boolean;
}

export function openStoreLab(options: LabOptions = {}): StoreLab {
  const { translation, listens = true, maxSeries = 1000, expirationMs = 300_000, expirationIntervals = 3, ...rest } = options;
  const heard: string[] = [];
  const notices: Notice[] = [];
  const conflicts: string[] = [];
  const seconds = (ns: number) => String(Math.round(ns / 1e6 - EPOCH_MS) / 1000);
  const listener: SeriesListener = {
    admitted: (series) => heard.push(`${nameOf(store, series)} ${cellsOf(store, series)} @${seconds(store.table.timeNs[series] as number)}`),
    zero: (series, timeNs) => heard.push(`zero ${nameOf(store, series)} @${seconds(timeNs)}`),
    ended: (series, timeNs) => heard.push(`ended ${nameOf(store, series)} @${seconds(timeNs)}`),
    removed: (series) => heard.push(`removed ${series}`),
    target: (before, labels, timeNs) => heard.push(`target ${textOf(before)} > ${textOf(labels)} @${seconds(timeNs)}`),
  };
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true, ...translation },
    { maxSeries, expirationMs, expirationIntervals },
    {
      keepExemplars: true,
      hashKey: [1, 2],
      ...(listens ? { listener } : {}),
      onNotice: (notice) => notices.push(notice),
      onConflict: (metric, name, conflict) => conflicts.push(`${conflict} ${metric} ${name}`),
      ...rest,
    },
  );
  const columns = new MetricColumns();
  return {
    store,
    notices,
    conflicts,
    heard: () => heard.splice(0),
    push(arrival, ...metrics) {
      columns.scan(encodeMetrics(metrics));
      return lossesOf(store.ingest(columns, EPOCH_MS + arrival * 1000));
    },
    shown: () => shownIn(store),
  };
}

export function lossesOf(losses: Losses | undefined): Record<string, number> {
  return Object.fromEntries(losses ?? []);
}

function textOf(labels: ReadonlyMap<string, string> | undefined): string {
  return labels === undefined ? "-" : [...labels].map(([name, value]) => `${name}=${value}`).join(",");
}

export function shownIn(store: SeriesStore): string[] {
  const shown: string[] = [];
  for (const family of store.families.sorted()) {
    for (const series of family.series) {
      if (((store.table.bits[series] as number) & SERIES_BIT.visible) !== 0) shown.push(`${nameOf(store, series)} ${cellsOf(store, series)}`);
    }
  }
  return shown.sort();
}

/** Without job and instance, which most tests have the same. */
function nameOf(store: SeriesStore, series: number): string {
  const labels = store.labels(series).filter(([name, value]) => !(name === "job" && value === "api") && !(name === "instance" && value === "i-1"));
  const text = labels.map(([name, value]) => `${name}="${value}"`).join(",");
  return `${store.table.family(series).sample}${text === "" ? "" : `{${text}}`}`;
}

function cellsOf(store: SeriesStore, series: number): string {
  const { table } = store;
  const cell = table.cellStarts[series] as number;
  const { values } = table.cells;
  switch (table.kind(series)) {
    case SERIES_KIND.number:
      return String(values[cell]);
    case SERIES_KIND.summary:
      return `${values[cell]} ${values[cell + 1]}`;
    default:
      return `${values[cell]} ${values[cell + 1]} [${Array.from(store.classicBuckets(series).counts).join(" ")}]`;
  }
}

export function exponential(fields: Partial<ExponentialHistogramPoint>): ExponentialHistogramPoint {
  const total = (side: ExponentialHistogramPoint["positive"]) => (side?.bucketCounts ?? []).reduce((sum, count) => sum + count, 0n);
  return {
    attributes: Attributes.EMPTY,
    timeUnixNano: at(10),
    startUnixNano: at(0),
    flags: 0,
    count: (fields.zeroCount ?? 0n) + total(fields.positive) + total(fields.negative),
    sum: 3,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: undefined,
    negative: undefined,
    exemplars: [],
    ...fields,
  };
}

export const exponentialData = (temporality: 1 | 2, ...points: ExponentialHistogramPoint[]): MetricData => ({
  type: "exponential_histogram",
  temporality,
  points,
});

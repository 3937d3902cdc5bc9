import { LabelSet, METRIC_NAME } from "../../collector/promql/label-set.ts";
import type { SampleNeeds } from "../../collector/promql/selector-needs.ts";
import { DISTRIBUTION_CELLS, SERIES_KIND } from "../../collector/series/cells.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import { formatBound } from "../../collector/wire/prometheus-text.ts";

/** One series of Prometheus that a series of the store is made of, as far as rules read it. */
export interface Output {
  readonly labels: LabelSet;
  readonly retentionMs: number;
  /** Index into what `readValues` gives. */
  readonly slot: number;
}

/** What a series of the store is to the rules. Bounds may change, and with them the outputs: `boundsId` says for which they were made. */
export interface SeriesOutputs {
  readonly boundsId: number;
  readonly outputs: readonly Output[];
}

/** Of distributions; buckets or quantiles follow. */
const SLOT = { sum: 0, count: 1, first: 2 } as const;

/** A number is one series; a histogram one per bucket, `_sum` and `_count`; a summary one per quantile, `_sum` and `_count`. */
export function seriesOutputs(store: SeriesStore, series: number, needs: SampleNeeds): SeriesOutputs {
  const { table } = store;
  const family = table.family(series);
  const output = (name: string, slot: number, extra: readonly (readonly [string, string])[] = []): readonly Output[] => {
    if (!needs.mentions(name)) return [];
    const labels = LabelSet.from([...store.labels(series), ...extra, [METRIC_NAME, name]]);
    const retentionMs = needs.retentionMs(labels);
    return retentionMs === 0 ? [] : [{ labels, retentionMs, slot }];
  };
  const kind = table.kind(series);
  if (kind === SERIES_KIND.number) return { boundsId: 0, outputs: output(family.sample, 0) };
  const hasSum = kind === SERIES_KIND.summary || ((table.bits[series] as number) & SERIES_BIT.hasSum) !== 0;
  const totals = [...(hasSum ? output(`${family.base}_sum`, SLOT.sum) : []), ...output(`${family.base}_count`, SLOT.count)];
  if (kind === SERIES_KIND.summary) {
    const quantiles = [...store.quantiles.at((table.bounds[series] as number) - 1).values];
    const rows = quantiles.flatMap((quantile, index) => output(family.base, SLOT.first + index, [["quantile", formatBound(quantile)]]));
    return { boundsId: table.bounds[series] as number, outputs: [...rows, ...totals] };
  }
  const name = `${family.base}_bucket`;
  if (!needs.mentions(name)) return { boundsId: 0, outputs: totals };
  const bounds = [...store.classicBuckets(series).bounds.values].filter((bound) => bound !== Infinity);
  const buckets = bounds.flatMap((bound, index) => output(name, SLOT.first + index, [["le", formatBound(bound)]]));
  return { boundsId: table.bounds[series] as number, outputs: [...buckets, ...output(name, SLOT.count, [["le", "+Inf"]]), ...totals] };
}

/** Whether `known` still says what the series is made of; a native histogram's bounds are found only when they are asked for. */
export function isCurrent(known: SeriesOutputs, store: SeriesStore, series: number): boolean {
  if (known.boundsId === 0) return true;
  if (store.table.kind(series) === SERIES_KIND.native) store.classicBuckets(series);
  return known.boundsId === store.table.bounds[series];
}

/** Its values now, by `Output.slot`; `withBuckets` where one of them is a bucket. */
export function readValues(store: SeriesStore, series: number, withBuckets: boolean): readonly number[] {
  const { table } = store;
  const kind = table.kind(series);
  if (kind === SERIES_KIND.number) return [numberAt(store, series)];
  const cell = table.cellStarts[series] as number;
  const { values } = table.cells;
  const read = [values[cell] as number, values[cell + 1] as number];
  if (!withBuckets) return read;
  if (kind === SERIES_KIND.summary) {
    const { length } = store.quantiles.at((table.bounds[series] as number) - 1).values;
    for (let index = 0; index < length; index++) read.push(values[cell + DISTRIBUTION_CELLS + index] as number);
    return read;
  }
  const { counts } = store.classicBuckets(series);
  let accumulated = 0;
  for (let index = 0; index < counts.length; index++) {
    accumulated += counts[index] as number;
    read.push(accumulated);
  }
  return read;
}

function numberAt({ table }: SeriesStore, series: number): number {
  const cell = table.cellStarts[series] as number;
  if (((table.bits[series] as number) & SERIES_BIT.bigInt) === 0) return table.cells.values[cell] as number;
  const high = (table.cells.words[cell * 2 + 1] as number) | 0;
  return high * 0x1_0000_0000 + (table.cells.words[cell * 2] as number);
}

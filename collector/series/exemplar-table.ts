import type { AnyValue } from "../model/attributes.ts";
import { type LabelRules, labelValue, seriesLabelName } from "../wire/prometheus-label.ts";
import { escapeLabelValue, formatValue } from "../wire/prometheus-text.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { readLength, readTag, VARINT } from "../wire/scan-cursor.ts";
import { METRIC_KIND, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { BoundsTable } from "./bounds.ts";
import { NATIVE_CELL } from "./cells.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";

/** OpenMetrics 1.0: names and values of an exemplar's labels together. */
const MAX_LABEL_CHARACTERS = 128;
/** As many as a histogram has buckets at most; only a native one's are not limited by its bounds. */
const MAX_PER_SERIES = 1025;
/** Number of the exemplars field in each kind's point, by METRIC_KIND. */
const EXEMPLARS_FIELD = [0, 5, 5, 8, 11, 0] as const;

export interface StoredExemplar {
  /** Upper bound of the bucket that it fell into; +Infinity in a counter. */
  readonly bound: number;
  readonly value: number;
  /** 0 = not given. */
  readonly timeMs: number;
  /** trace_id and span_id first, then filtered attributes where all of them fit. */
  readonly labels: readonly (readonly [string, string])[];
}

/** The newest exemplar of each counter and of each histogram bucket. Only points that carry some come here. */
export class ExemplarTable {
  readonly #isOn: boolean;
  readonly #rules: LabelRules;
  /** By series, then by bucket bound; under other bounds than `boundsId` they are of no use any more. */
  readonly #kept = new Map<number, { boundsId: number; readonly byBound: Map<number, StoredExemplar> }>();

  constructor(isOn: boolean, rules: LabelRules) {
    this.#isOn = isOn;
    this.#rules = rules;
  }

  /** All of a series, in no particular order. With `bound`: what follows the value on the line of that bucket, ` # {trace_id="…"} 0.3 1700000000.123`. */
  of(series: number): readonly StoredExemplar[];
  of(series: number, bound: number): string | undefined;
  of(series: number, bound?: number): readonly StoredExemplar[] | string | undefined {
    const kept = this.#kept.get(series)?.byBound;
    if (bound === undefined) return kept === undefined ? [] : [...kept.values()];
    const one = kept?.get(bound);
    if (one === undefined) return undefined;
    const labels = one.labels.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(",");
    const time = one.timeMs === 0 ? "" : ` ${(one.timeMs / 1000).toFixed(3)}`;
    return ` # {${labels}} ${formatValue(one.value)}${time}`;
  }

  delete(series: number): void {
    this.#kept.delete(series);
  }

  store(table: SeriesTable, les: BoundsTable, kind: number, series: number, columns: MetricColumns, point: number): void {
    if (!this.#isOn || kind === METRIC_KIND.gauge) return;
    const boundsId = kind === METRIC_KIND.histogram ? (table.bounds[series] as number) : 0;
    const bounds = boundsId === 0 ? [] : les.at(boundsId - 1).values;
    const scale = table.cells.values[(table.cellStarts[series] as number) + NATIVE_CELL.scale] as number;
    const boundOf = (value: number) => (kind === METRIC_KIND.exponentialHistogram ? nativeBound(value, scale) : classicBound(value, bounds));
    const { bytes, points } = columns;
    const end = points.words[point + POINT_ROW.end] as number;
    let position = points.words[point + POINT_ROW.start] as number;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if ((tag & 7) === 1) position += 8;
      else if ((tag & 7) === 5) position += 4;
      else if ((tag & 7) === 0) position = readTag(bytes, position, end);
      else {
        position = readLength(bytes, position, end);
        const after = position + (VARINT[0] as number);
        if (tag >>> 3 === EXEMPLARS_FIELD[kind]) this.#keep(this.#slot(series, boundsId), boundOf, columns, position, after);
        position = after;
      }
    }
    if (this.#kept.has(series)) table.bits[series] = (table.bits[series] as number) | SERIES_BIT.hasExemplars;
  }

  #slot(series: number, boundsId: number): Map<number, StoredExemplar> {
    let slot = this.#kept.get(series);
    if (slot === undefined) {
      slot = { boundsId, byBound: new Map() };
      this.#kept.set(series, slot);
    } else if (slot.boundsId !== boundsId) {
      slot.boundsId = boundsId;
      slot.byBound.clear();
    }
    return slot.byBound;
  }

  #keep(kept: Map<number, StoredExemplar>, boundOf: (value: number) => number, { bytes, view }: MetricColumns, start: number, end: number): void {
    let timeMs = 0;
    let value = Number.NaN;
    let traceId = "";
    let spanId = "";
    let position = start;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag === 0x11) timeMs = (view.getUint32(position + 4, true) * 0x1_0000_0000 + view.getUint32(position, true)) / 1e6;
      else if (tag === 0x19) value = view.getFloat64(position, true);
      else if (tag === 0x31) value = view.getInt32(position + 4, true) * 0x1_0000_0000 + view.getUint32(position, true);
      if ((tag & 7) === 1) position += 8;
      else if ((tag & 7) === 5) position += 4;
      else if ((tag & 7) === 0) position = readTag(bytes, position, end);
      else {
        position = readLength(bytes, position, end);
        const length = VARINT[0] as number;
        if (tag === 0x22) spanId = hexAt(bytes, position, length);
        else if (tag === 0x2a) traceId = hexAt(bytes, position, length);
        position += length;
      }
    }
    if (Number.isNaN(value)) return;
    const bound = boundOf(value);
    if (!kept.has(bound) && kept.size >= MAX_PER_SERIES) kept.delete(kept.keys().next().value as number);
    if ((kept.get(bound)?.timeMs ?? 0) > timeMs) return;
    const labels = this.#labels(traceId, spanId, [...readAttributes(bytes, start, end, 7)]);
    kept.set(bound, { bound, value, timeMs, labels });
  }

  /** The ids first; the other attributes only if all of them fit. */
  #labels(traceId: string, spanId: string, attributes: readonly (readonly [string, AnyValue])[]): StoredExemplar["labels"] {
    const ids = [
      ["trace_id", traceId],
      ["span_id", spanId],
    ].filter(([, value]) => value !== "") as [string, string][];
    const all = new Map(ids);
    for (const [key, any] of attributes) {
      const name = seriesLabelName(key, { ...this.#rules, utf8: false });
      const value = labelValue(any);
      if (name !== undefined && value !== "" && !all.has(name)) all.set(name, value);
    }
    const characters = [...all].reduce((sum, [name, value]) => sum + [...name].length + [...value].length, 0);
    return characters <= MAX_LABEL_CHARACTERS ? [...all] : ids;
  }
}

function classicBound(value: number, bounds: ArrayLike<number>): number {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
  return bucket < bounds.length ? (bounds[bucket] as number) : Infinity;
}

/** The end of the bucket among those that `SeriesStore.classicBuckets` gives. */
function nativeBound(value: number, scale: number): number {
  if (value === 0) return 0;
  const step = scale < 0 ? 2 ** -scale : 1;
  const exponent = Math.ceil(Math.log2(Math.abs(value)) / step) * step;
  return value > 0 ? 2 ** exponent : -(2 ** (exponent - step));
}

function hexAt(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("hex");
}

import type { AnyValue } from "../model/attributes.ts";
import { type LabelRules, labelName, labelValue } from "../wire/prometheus-label.ts";
import { escapeLabelValue, formatValue } from "../wire/prometheus-text.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { readLength, readTag, VARINT } from "../wire/scan-cursor.ts";
import { METRIC_KIND, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { BoundsTable } from "./bounds.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";

/** OpenMetrics 1.0: names and values of an exemplar's labels together. */
const MAX_LABEL_CHARACTERS = 128;
/** Number of the exemplars field in each kind's point, by METRIC_KIND. */
const EXEMPLARS_FIELD = [0, 5, 5, 8, 11, 0] as const;

interface Kept {
  readonly timeMs: number;
  /** What follows the value on its line: ` # {trace_id="…"} 0.3 1700000000.123`. */
  readonly text: string;
}

/** The newest exemplar of each counter and of each histogram bucket. Only points that carry some come here. */
export class ExemplarTable {
  readonly #isOn: boolean;
  readonly #rules: LabelRules;
  /** By series, then by bucket bound; under other bounds than `boundsId` they are of no use any more. */
  readonly #kept = new Map<number, { boundsId: number; readonly byBound: Map<number, Kept> }>();

  constructor(isOn: boolean, rules: LabelRules) {
    this.#isOn = isOn;
    this.#rules = rules;
  }

  /** Of a counter (bucket bound +Inf) or of the bucket that ends at this bound. */
  of(series: number, bound: number): string | undefined {
    return this.#kept.get(series)?.byBound.get(bound)?.text;
  }

  delete(series: number): void {
    this.#kept.delete(series);
  }

  store(
    store: { readonly table: SeriesTable; readonly les: BoundsTable },
    kind: number,
    series: number,
    columns: MetricColumns,
    point: number,
  ): void {
    if (!this.#isOn || kind === METRIC_KIND.gauge) return;
    const { table } = store;
    const boundsId = table.bounds[series] as number;
    const bounds = boundsId === 0 ? [] : store.les.at(boundsId - 1).values;
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
        if (tag >>> 3 === EXEMPLARS_FIELD[kind]) this.#keep(this.#slot(series, boundsId), bounds, columns, position, after);
        position = after;
      }
    }
    if (this.#kept.has(series)) table.bits[series] = (table.bits[series] as number) | SERIES_BIT.hasExemplars;
  }

  #slot(series: number, boundsId: number): Map<number, Kept> {
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

  #keep(kept: Map<number, Kept>, bounds: ArrayLike<number>, { bytes, view }: MetricColumns, start: number, end: number): void {
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
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    const bound = bucket < bounds.length ? (bounds[bucket] as number) : Infinity;
    if ((kept.get(bound)?.timeMs ?? 0) > timeMs) return;
    const labels = this.#labels(traceId, spanId, [...readAttributes(bytes, start, end, 7)]);
    const time = timeMs === 0 ? "" : ` ${(timeMs / 1000).toFixed(3)}`;
    kept.set(bound, { timeMs, text: ` # {${labels}} ${formatValue(value)}${time}` });
  }

  /** The ids first; the other attributes only if all of them fit. */
  #labels(traceId: string, spanId: string, attributes: readonly (readonly [string, AnyValue])[]): string {
    const ids = [
      ["trace_id", traceId],
      ["span_id", spanId],
    ].filter(([, value]) => value !== "") as [string, string][];
    const all = new Map(ids);
    for (const [key, any] of attributes) {
      const name = labelName(key, { ...this.#rules, utf8: false });
      const value = labelValue(any);
      if (name !== undefined && value !== "" && !all.has(name)) all.set(name, value);
    }
    const characters = [...all].reduce((sum, [name, value]) => sum + [...name].length + [...value].length, 0);
    return [...(characters <= MAX_LABEL_CHARACTERS ? all : ids)].map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(",");
  }
}

function hexAt(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("hex");
}

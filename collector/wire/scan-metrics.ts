import { scanAttribute } from "./scan-attributes.ts";
import { noteInto, readLength, readTag, readVarint, skipUnknown, VARINT } from "./scan-cursor.ts";
import { EnvelopeColumns } from "./scan-envelope.ts";
import { METRIC_KIND, METRIC_ROW } from "./scan-metric-rows.ts";
import { PointTable } from "./scan-points.ts";
import { extendRun, RowTable } from "./scan-tables.ts";
import type { WireNotes } from "./wire-notes.ts";

/*
 * Metric                    1 name, 2 description, 3 unit, 5 gauge, 7 sum, 9 histogram, 10 exponential_histogram, 11 summary, 12 metadata
 * Gauge, Sum, Histogram, …  1 data_points (repeated), 2 aggregation_temporality (not gauge, summary), 3 is_monotonic (sum)
 * Source: opentelemetry/proto/metrics/v1/metrics.proto; the points are in scan-points.ts
 */

/** Rows kept between scans; after a larger batch the memory is given back (20 000 points are 2.7 MB of rows). */
const KEPT_ROWS = 65_536;
/** Names by METRIC_KIND, under which unknown fields are counted. */
const DATA_NAMES = ["", "gauge", "sum", "histogram", "exponential_histogram", "summary"] as const;

/** The columns of one metrics request: one row per Resource, Scope, Metric and data point. */
export class MetricColumns extends EnvelopeColumns {
  readonly metrics = new RowTable(METRIC_ROW.stride, 64);
  readonly points = new PointTable();

  constructor() {
    super("Metrics");
  }

  /**
   * Checks the whole request and fills the tables.
   *
   * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED; the tables then mean nothing.
   */
  scan(bytes: Uint8Array, notes?: WireNotes): void {
    this.begin(bytes);
    this.metrics.clear(KEPT_ROWS);
    this.points.begin(bytes, this.view, KEPT_ROWS);
    noteInto(notes);
    this.scanRequest();
    noteInto(undefined);
    this.items = this.points.length;
    this.badIdItems = 0;
    if (this.points.scattered) this.scattered = true;
  }

  protected override scanItem(start: number, end: number, scope: number): void {
    const { bytes, metrics, points } = this;
    const index = metrics.length;
    const row = metrics.add();
    const { words } = metrics;
    const firstPoint = points.length;
    words[row + METRIC_ROW.resource] = this.resources.length - 1;
    words[row + METRIC_ROW.scope] = scope;
    words[row + METRIC_ROW.start] = start;
    words[row + METRIC_ROW.end] = end;
    words[row + METRIC_ROW.firstPoint] = firstPoint;
    let position = start;
    while (position < end) {
      const at = position;
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      const field = fieldOf(tag);
      if (field === 0) {
        position = skipUnknown(bytes, position, end, tag, "Metric");
        continue;
      }
      if (field === METADATA) {
        position = scanAttribute(bytes, position, end);
        if (!extendRun(words, row + METRIC_ROW.metadataStart, at, position)) this.scattered = true;
        continue;
      }
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      if (field < 0) {
        words[row - field] = position;
        words[row - field + 1] = after;
      } else {
        this.#startKind(row, field, firstPoint);
        this.#scanData(position, after, index, row, field);
      }
      position = after;
    }
    words[row + METRIC_ROW.pointCount] = points.length - firstPoint;
  }

  /** A oneof: of several kinds the last one wins; parts of the same kind are merged. */
  #startKind(row: number, kind: number, firstPoint: number): void {
    const { words } = this.metrics;
    if (words[row + METRIC_ROW.kind] === kind) return;
    words[row + METRIC_ROW.kind] = kind;
    words[row + METRIC_ROW.temporality] = 0;
    words[row + METRIC_ROW.monotonic] = 0;
    this.points.length = firstPoint;
  }

  #scanData(start: number, end: number, metric: number, row: number, kind: number): void {
    const { bytes, points } = this;
    const { words } = this.metrics;
    let position = start;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag === 0x0a) {
        position = readLength(bytes, position, end);
        const after = position + (VARINT[0] as number);
        if (kind <= METRIC_KIND.sum) points.scanNumber(position, after, metric);
        else if (kind === METRIC_KIND.histogram) points.scanHistogram(position, after, metric);
        else if (kind === METRIC_KIND.exponentialHistogram) points.scanExponential(position, after, metric);
        else points.scanSummary(position, after, metric);
        position = after;
      } else if (tag === 0x10 && kind !== METRIC_KIND.gauge && kind !== METRIC_KIND.summary) {
        position = readVarint(bytes, position, end);
        words[row + METRIC_ROW.temporality] = VARINT[0] as number;
      } else if (tag === 0x18 && kind === METRIC_KIND.sum) {
        position = readVarint(bytes, position, end);
        words[row + METRIC_ROW.monotonic] = ((VARINT[0] as number) | (VARINT[1] as number)) === 0 ? 0 : 1;
      } else position = skipUnknown(bytes, position, end, tag, DATA_NAMES[kind] as string);
    }
  }
}

const METADATA = 99;

/** METRIC_KIND of a data field, METADATA, minus the word offset of a text's range, or 0 for an unknown field. */
function fieldOf(tag: number): number {
  switch (tag) {
    case 0x0a:
      return -METRIC_ROW.nameStart;
    case 0x12:
      return -METRIC_ROW.descriptionStart;
    case 0x1a:
      return -METRIC_ROW.unitStart;
    case 0x2a:
      return METRIC_KIND.gauge;
    case 0x3a:
      return METRIC_KIND.sum;
    case 0x4a:
      return METRIC_KIND.histogram;
    case 0x52:
      return METRIC_KIND.exponentialHistogram;
    case 0x5a:
      return METRIC_KIND.summary;
    case 0x62:
      return METADATA;
    default:
      return 0;
  }
}

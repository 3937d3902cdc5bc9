import { Attributes } from "../model/attributes.ts";
import type { Metric, MetricData } from "../model/metric.ts";
import type { Resource, Scope } from "../model/resource.ts";
import { type AttributeList, finishAttributes, readKeyValue } from "./otlp-common.ts";
import { writeAttributes } from "./otlp-common-writer.ts";
import { type EnvelopeOf, readEnvelope, writeEnvelope } from "./otlp-envelope.ts";
import { readExponentialHistogramPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from "./otlp-metrics-points.ts";
import { writeData } from "./otlp-metrics-writer.ts";
import type { Reader } from "./protobuf.ts";
import type { Writer } from "./protobuf-writer.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * The metrics of one or more `ExportMetricsServiceRequest`s in a row.
 * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED.
 */
export function decodeMetrics(pieces: readonly Uint8Array[], notes?: WireNotes): Metric[] {
  return readEnvelope(METRICS, pieces, notes);
}

export function encodeMetrics(metrics: readonly Metric[]): Uint8Array {
  return writeEnvelope(METRICS, metrics);
}

/*
 * Metric (opentelemetry-proto: opentelemetry/proto/metrics/v1/metrics.proto); 4, 6 and 8 were the int forms, withdrawn before 1.0.
 * The five data fields are a oneof: the last one wins, and the same one twice is merged.
 *    1 name                   string
 *    2 description            string
 *    3 unit                   string
 *    5 gauge                  message Gauge
 *    7 sum                    message Sum
 *    9 histogram              message Histogram
 *   10 exponential_histogram  message ExponentialHistogram
 *   11 summary                message Summary
 *   12 metadata               repeated message KeyValue
 */
function readMetric(reader: Reader, resource: Resource, scope: Scope): Metric {
  const outer = reader.open();
  let name = "";
  let description = "";
  let unit = "";
  let metadata: AttributeList | undefined;
  let data: MetricData = EMPTY_DATA;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        name = reader.string();
        break;
      case 18:
        description = reader.string();
        break;
      case 26:
        unit = reader.string();
        break;
      case 42:
        data = merged(data, readData(reader, "gauge", readNumberPoint));
        break;
      case 58:
        data = merged(data, readData(reader, "sum", readNumberPoint));
        break;
      case 74:
        data = merged(data, readData(reader, "histogram", readHistogramPoint));
        break;
      case 82:
        data = merged(data, readData(reader, "exponential_histogram", readExponentialHistogramPoint));
        break;
      case 90:
        data = merged(data, readData(reader, "summary", readSummaryPoint));
        break;
      case 98:
        metadata = readKeyValue(reader, metadata);
        break;
      default:
        reader.unknown("Metric", tag);
    }
  }
  reader.close(outer);
  return { resource, scope, name, description, unit, metadata: metadata === undefined ? Attributes.EMPTY : finishAttributes(reader, metadata), data };
}

export const EMPTY_DATA: MetricData = { type: "empty", points: [] };

/*
 * Gauge, Sum, Histogram, ExponentialHistogram, Summary (opentelemetry/proto/metrics/v1/metrics.proto), of one layout
 *   1 data_points              repeated message
 *   2 aggregation_temporality  varint (enum; not in Gauge and Summary)
 *   3 is_monotonic             varint (bool; only in Sum)
 */
function readData<T extends MetricData["type"]>(reader: Reader, type: T, readPoint: (reader: Reader) => MetricData["points"][number]): MetricData {
  const outer = reader.open();
  const points: MetricData["points"][number][] = [];
  let temporality = 0;
  let isMonotonic = false;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) points.push(readPoint(reader));
    else if (tag === 16 && type !== "gauge" && type !== "summary") temporality = reader.int32();
    else if (tag === 24 && type === "sum") isMonotonic = reader.bool();
    else reader.unknown(type, tag);
  }
  reader.close(outer);
  return metricData(type, points, temporality, isMonotonic);
}

/** The member of the union for a type; the caller vouches that the points are of that type. */
export function metricData(
  type: MetricData["type"],
  points: readonly MetricData["points"][number][],
  temporality: number,
  isMonotonic: boolean,
): MetricData {
  switch (type) {
    case "sum":
      return { type, points, temporality, isMonotonic } as MetricData;
    case "histogram":
    case "exponential_histogram":
      return { type, points, temporality } as MetricData;
    default:
      return { type, points } as MetricData;
  }
}

function merged(before: MetricData, now: MetricData): MetricData {
  if (before.type !== now.type || before.points.length === 0) return now;
  return { ...before, ...now, points: [...before.points, ...now.points] } as MetricData;
}

/** Field table: `readMetric`. */
function writeMetric(writer: Writer, metric: Metric): void {
  const before = writer.size;
  writeAttributes(writer, 98, metric.metadata);
  writeData(writer, metric.data);
  writer.optionalString(26, metric.unit);
  writer.optionalString(18, metric.description);
  writer.optionalString(10, metric.name);
  writer.message(18, before);
}

const METRICS: EnvelopeOf<Metric> = { word: "Metrics", read: readMetric, write: writeMetric };

import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  NumberValue,
  SummaryPoint,
} from "../model/metric.ts";
import { type AttributeList, finishAttributes, readKeyValue } from "./otlp-common.ts";
import type { Reader } from "./protobuf.ts";

// The field numbers of the four point messages differ from one another: mind the tables (opentelemetry-proto:
// opentelemetry/proto/metrics/v1/metrics.proto).

export const EMPTY_NUMBER: NumberValue = { kind: "empty", value: null };
const NONE: readonly never[] = [];

/*
 * NumberDataPoint
 *   2 start_time_unix_nano  fixed64
 *   3 time_unix_nano        fixed64
 *   4 as_double             fixed64 (oneof value)
 *   5 exemplars             repeated message Exemplar
 *   6 as_int                fixed64 (sfixed64, oneof value)
 *   7 attributes            repeated message KeyValue
 *   8 flags                 varint (uint32)
 */
export function readNumberPoint(reader: Reader): NumberPoint {
  const outer = reader.open();
  let attributes: AttributeList | undefined;
  let startUnixNano = 0n;
  let timeUnixNano = 0n;
  let flags = 0;
  let number: NumberValue = EMPTY_NUMBER;
  let exemplars: Exemplar[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 17:
        startUnixNano = reader.fixed64();
        break;
      case 25:
        timeUnixNano = reader.fixed64();
        break;
      case 33:
        number = { kind: "double", value: reader.double() };
        break;
      case 42:
        exemplars ??= [];
        exemplars.push(readExemplar(reader));
        break;
      case 49:
        number = { kind: "int", value: reader.sfixed64() };
        break;
      case 58:
        attributes = readKeyValue(reader, attributes);
        break;
      case 64:
        flags = reader.varint32();
        break;
      default:
        reader.unknown("NumberDataPoint", tag);
    }
  }
  reader.close(outer);
  return { attributes: finishAttributes(reader, attributes), startUnixNano, timeUnixNano, flags, number, exemplars: exemplars ?? NONE };
}

/*
 * HistogramDataPoint
 *    2 start_time_unix_nano  fixed64
 *    3 time_unix_nano        fixed64
 *    4 count                 fixed64
 *    5 sum                   fixed64 (optional double)
 *    6 bucket_counts         repeated fixed64, packed
 *    7 explicit_bounds       repeated double, packed
 *    8 exemplars             repeated message Exemplar
 *    9 attributes            repeated message KeyValue
 *   10 flags                 varint (uint32)
 *   11 min                   fixed64 (optional double)
 *   12 max                   fixed64 (optional double)
 */
export function readHistogramPoint(reader: Reader): HistogramPoint {
  const outer = reader.open();
  let attributes: AttributeList | undefined;
  let startUnixNano = 0n;
  let timeUnixNano = 0n;
  let flags = 0;
  let count = 0n;
  let sum: number | undefined;
  let min: number | undefined;
  let max: number | undefined;
  const bucketCounts: bigint[] = [];
  const explicitBounds: number[] = [];
  let exemplars: Exemplar[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 17:
        startUnixNano = reader.fixed64();
        break;
      case 25:
        timeUnixNano = reader.fixed64();
        break;
      case 33:
        count = reader.fixed64();
        break;
      case 41:
        sum = reader.double();
        break;
      case 49:
        bucketCounts.push(reader.fixed64());
        break;
      case 50:
        readPackedFixed64(reader, bucketCounts);
        break;
      case 57:
        explicitBounds.push(reader.double());
        break;
      case 58:
        readPackedDouble(reader, explicitBounds);
        break;
      case 66:
        exemplars ??= [];
        exemplars.push(readExemplar(reader));
        break;
      case 74:
        attributes = readKeyValue(reader, attributes);
        break;
      case 80:
        flags = reader.varint32();
        break;
      case 89:
        min = reader.double();
        break;
      case 97:
        max = reader.double();
        break;
      default:
        reader.unknown("HistogramDataPoint", tag);
    }
  }
  reader.close(outer);
  return {
    attributes: finishAttributes(reader, attributes),
    startUnixNano,
    timeUnixNano,
    flags,
    count,
    sum,
    min,
    max,
    bucketCounts,
    explicitBounds,
    exemplars: exemplars ?? NONE,
  };
}

/*
 * ExponentialHistogramDataPoint
 *    1 attributes            repeated message KeyValue
 *    2 start_time_unix_nano  fixed64
 *    3 time_unix_nano        fixed64
 *    4 count                 fixed64
 *    5 sum                   fixed64 (optional double)
 *    6 scale                 varint (sint32)
 *    7 zero_count            fixed64
 *    8 positive              message Buckets
 *    9 negative              message Buckets
 *   10 flags                 varint (uint32)
 *   11 exemplars             repeated message Exemplar
 *   12 min                   fixed64 (optional double)
 *   13 max                   fixed64 (optional double)
 *   14 zero_threshold        fixed64 (double)
 */
export function readExponentialHistogramPoint(reader: Reader): ExponentialHistogramPoint {
  const outer = reader.open();
  let attributes: AttributeList | undefined;
  let startUnixNano = 0n;
  let timeUnixNano = 0n;
  let flags = 0;
  let count = 0n;
  let sum: number | undefined;
  let min: number | undefined;
  let max: number | undefined;
  let scale = 0;
  let zeroCount = 0n;
  let zeroThreshold = 0;
  let positive: ExponentialBuckets | undefined;
  let negative: ExponentialBuckets | undefined;
  let exemplars: Exemplar[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        attributes = readKeyValue(reader, attributes);
        break;
      case 17:
        startUnixNano = reader.fixed64();
        break;
      case 25:
        timeUnixNano = reader.fixed64();
        break;
      case 33:
        count = reader.fixed64();
        break;
      case 41:
        sum = reader.double();
        break;
      case 48:
        scale = reader.sint32();
        break;
      case 57:
        zeroCount = reader.fixed64();
        break;
      case 66:
        positive = readBuckets(reader);
        break;
      case 74:
        negative = readBuckets(reader);
        break;
      case 80:
        flags = reader.varint32();
        break;
      case 90:
        exemplars ??= [];
        exemplars.push(readExemplar(reader));
        break;
      case 97:
        min = reader.double();
        break;
      case 105:
        max = reader.double();
        break;
      case 113:
        zeroThreshold = reader.double();
        break;
      default:
        reader.unknown("ExponentialHistogramDataPoint", tag);
    }
  }
  reader.close(outer);
  return {
    attributes: finishAttributes(reader, attributes),
    startUnixNano,
    timeUnixNano,
    flags,
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
    exemplars: exemplars ?? NONE,
  };
}

/*
 * ExponentialHistogramDataPoint.Buckets
 *   1 offset         varint (sint32)
 *   2 bucket_counts  repeated uint64, packed
 */
function readBuckets(reader: Reader): ExponentialBuckets {
  const outer = reader.open();
  let offset = 0;
  const bucketCounts: bigint[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 8) offset = reader.sint32();
    else if (tag === 16) bucketCounts.push(reader.uint64());
    else if (tag === 18) {
      const message = reader.open();
      while (reader.pos < reader.end) bucketCounts.push(reader.uint64());
      reader.close(message);
    } else reader.unknown("Buckets", tag);
  }
  reader.close(outer);
  return { offset, bucketCounts };
}

/*
 * SummaryDataPoint
 *   2 start_time_unix_nano  fixed64
 *   3 time_unix_nano        fixed64
 *   4 count                 fixed64
 *   5 sum                   fixed64 (double)
 *   6 quantile_values       repeated message ValueAtQuantile
 *   7 attributes            repeated message KeyValue
 *   8 flags                 varint (uint32)
 */
export function readSummaryPoint(reader: Reader): SummaryPoint {
  const outer = reader.open();
  let attributes: AttributeList | undefined;
  let startUnixNano = 0n;
  let timeUnixNano = 0n;
  let flags = 0;
  let count = 0n;
  let sum = 0;
  const quantiles: { quantile: number; value: number }[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 17) startUnixNano = reader.fixed64();
    else if (tag === 25) timeUnixNano = reader.fixed64();
    else if (tag === 33) count = reader.fixed64();
    else if (tag === 41) sum = reader.double();
    else if (tag === 50) quantiles.push(readQuantile(reader));
    else if (tag === 58) attributes = readKeyValue(reader, attributes);
    else if (tag === 64) flags = reader.varint32();
    else reader.unknown("SummaryDataPoint", tag);
  }
  reader.close(outer);
  return { attributes: finishAttributes(reader, attributes), startUnixNano, timeUnixNano, flags, count, sum, quantiles };
}

/*
 * SummaryDataPoint.ValueAtQuantile
 *   1 quantile  fixed64 (double)
 *   2 value     fixed64 (double)
 */
function readQuantile(reader: Reader): { quantile: number; value: number } {
  const outer = reader.open();
  const result = { quantile: 0, value: 0 };
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 9) result.quantile = reader.double();
    else if (tag === 17) result.value = reader.double();
    else reader.unknown("ValueAtQuantile", tag);
  }
  reader.close(outer);
  return result;
}

/*
 * Exemplar
 *   2 time_unix_nano       fixed64
 *   3 as_double            fixed64 (oneof value)
 *   4 span_id              bytes (8 or 0)
 *   5 trace_id             bytes (16 or 0)
 *   6 as_int               fixed64 (sfixed64, oneof value)
 *   7 filtered_attributes  repeated message KeyValue
 */
function readExemplar(reader: Reader): Exemplar {
  const outer = reader.open();
  let filteredAttributes: AttributeList | undefined;
  let timeUnixNano = 0n;
  let number: NumberValue = EMPTY_NUMBER;
  let traceId = "";
  let spanId = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 17) timeUnixNano = reader.fixed64();
    else if (tag === 25) number = { kind: "double", value: reader.double() };
    else if (tag === 34) spanId = reader.hex();
    else if (tag === 42) traceId = reader.hex();
    else if (tag === 49) number = { kind: "int", value: reader.sfixed64() };
    else if (tag === 58) filteredAttributes = readKeyValue(reader, filteredAttributes);
    else reader.unknown("Exemplar", tag);
  }
  reader.close(outer);
  return { filteredAttributes: finishAttributes(reader, filteredAttributes), timeUnixNano, number, traceId, spanId };
}

function readPackedFixed64(reader: Reader, into: bigint[]): void {
  const outer = reader.open();
  while (reader.pos < reader.end) into.push(reader.fixed64());
  reader.close(outer);
}

function readPackedDouble(reader: Reader, into: number[]): void {
  const outer = reader.open();
  while (reader.pos < reader.end) into.push(reader.double());
  reader.close(outer);
}

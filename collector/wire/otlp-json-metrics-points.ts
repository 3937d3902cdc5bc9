import { Attributes } from "../model/attributes.ts";
import type { Exemplar, ExponentialBuckets, ExponentialHistogramPoint, HistogramPoint, NumberPoint, SummaryPoint } from "../model/metric.ts";
import type { JsonReader } from "./json-reader.ts";
import type { Mutable } from "./otlp-common.ts";
import { JsonIds, readJsonAttributes } from "./otlp-json-common.ts";
import { EMPTY_NUMBER } from "./otlp-metrics-points.ts";

// Fields: the tables in otlp-metrics-points.ts.

const NONE: readonly never[] = [];

export function readJsonNumberPoint(reader: JsonReader): NumberPoint {
  const point: Mutable<NumberPoint> = {
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    number: EMPTY_NUMBER,
    exemplars: NONE,
  };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "asDouble":
        point.number = { kind: "double", value: reader.double() };
        break;
      case "asInt":
        point.number = { kind: "int", value: reader.int64() };
        break;
      default:
        readPointField(reader, key, point, "NumberDataPoint");
    }
  }
  return point;
}

export function readJsonHistogramPoint(reader: JsonReader): HistogramPoint {
  const point: Mutable<HistogramPoint> = {
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: undefined,
    min: undefined,
    max: undefined,
    bucketCounts: NONE,
    explicitBounds: NONE,
    exemplars: NONE,
  };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "count":
        point.count = reader.uint64();
        break;
      case "sum":
        point.sum = reader.double();
        break;
      case "min":
        point.min = reader.double();
        break;
      case "max":
        point.max = reader.double();
        break;
      case "bucketCounts":
        point.bucketCounts = readCounts(reader);
        break;
      case "explicitBounds":
        point.explicitBounds = reader.doubles();
        break;
      default:
        readPointField(reader, key, point, "HistogramDataPoint");
    }
  }
  return point;
}

export function readJsonExponentialHistogramPoint(reader: JsonReader): ExponentialHistogramPoint {
  const point: Mutable<ExponentialHistogramPoint> = {
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: undefined,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: undefined,
    negative: undefined,
    exemplars: NONE,
  };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "count":
        point.count = reader.uint64();
        break;
      case "sum":
        point.sum = reader.double();
        break;
      case "min":
        point.min = reader.double();
        break;
      case "max":
        point.max = reader.double();
        break;
      case "scale":
        point.scale = reader.int32();
        break;
      case "zeroCount":
        point.zeroCount = reader.uint64();
        break;
      case "zeroThreshold":
        point.zeroThreshold = reader.double();
        break;
      case "positive":
        point.positive = readBuckets(reader);
        break;
      case "negative":
        point.negative = readBuckets(reader);
        break;
      default:
        readPointField(reader, key, point, "ExponentialHistogramDataPoint");
    }
  }
  return point;
}

export function readJsonSummaryPoint(reader: JsonReader): SummaryPoint {
  const point: Mutable<SummaryPoint> = {
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    count: 0n,
    sum: 0,
    quantiles: NONE,
  };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "count") point.count = reader.uint64();
    else if (key === "sum") point.sum = reader.double();
    else if (key === "quantileValues") point.quantiles = readQuantiles(reader);
    else readPointField(reader, key, point, "SummaryDataPoint");
  }
  return point;
}

/** What all four points have. */
interface AnyPoint {
  attributes: Attributes;
  startUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
  exemplars?: readonly Exemplar[];
}

function readPointField(reader: JsonReader, key: string, point: AnyPoint, message: string): void {
  switch (key) {
    case "attributes":
      point.attributes = readJsonAttributes(reader);
      break;
    case "startTimeUnixNano":
      point.startUnixNano = reader.uint64();
      break;
    case "timeUnixNano":
      point.timeUnixNano = reader.uint64();
      break;
    case "flags":
      point.flags = reader.uint32();
      break;
    case "exemplars":
      if (point.exemplars === undefined) reader.unknown(message, key);
      else point.exemplars = readExemplars(reader);
      break;
    default:
      reader.unknown(message, key);
  }
}

function readQuantiles(reader: JsonReader): { quantile: number; value: number }[] {
  const quantiles: { quantile: number; value: number }[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    const at = { quantile: 0, value: 0 };
    for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
      if (key === "quantile") at.quantile = reader.double();
      else if (key === "value") at.value = reader.double();
      else reader.unknown("ValueAtQuantile", key);
    }
    quantiles.push(at);
  }
  return quantiles;
}

function readBuckets(reader: JsonReader): ExponentialBuckets {
  const buckets: Mutable<ExponentialBuckets> = { offset: 0, bucketCounts: NONE };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "offset") buckets.offset = reader.int32();
    else if (key === "bucketCounts") buckets.bucketCounts = readCounts(reader);
    else reader.unknown("Buckets", key);
  }
  return buckets;
}

function readCounts(reader: JsonReader): bigint[] {
  const counts: bigint[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) counts.push(reader.uint64());
  return counts;
}

/** An exemplar with a bad id is dropped and counted: the point stands without it. */
function readExemplars(reader: JsonReader): Exemplar[] {
  const exemplars: Exemplar[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    const ids = new JsonIds();
    const exemplar: Mutable<Exemplar> = { filteredAttributes: Attributes.EMPTY, timeUnixNano: 0n, number: EMPTY_NUMBER, traceId: "", spanId: "" };
    for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
      if (key === "filteredAttributes") exemplar.filteredAttributes = readJsonAttributes(reader);
      else if (key === "timeUnixNano") exemplar.timeUnixNano = reader.uint64();
      else if (key === "asDouble") exemplar.number = { kind: "double", value: reader.double() };
      else if (key === "asInt") exemplar.number = { kind: "int", value: reader.int64() };
      else if (key === "traceId") exemplar.traceId = ids.traceId(reader);
      else if (key === "spanId") exemplar.spanId = ids.spanId(reader);
      else reader.unknown("Exemplar", key);
    }
    if (ids.bad === undefined) exemplars.push(exemplar);
    else reader.notes.droppedExemplars++;
  }
  return exemplars;
}

import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  MetricData,
  NumberPoint,
  NumberValue,
  SummaryPoint,
} from "../model/metric.ts";
import { writeAttributes } from "./otlp-common-writer.ts";
import type { Writer } from "./protobuf-writer.ts";

// The field tables stand before the readers in otlp-metrics-points.ts and otlp-metrics.ts. Fields go last first: see `Writer`.

/** The data field of a `Metric`: nothing for "empty". */
export function writeData(writer: Writer, data: MetricData): void {
  const before = writer.size;
  switch (data.type) {
    case "empty":
      return;
    case "gauge":
      eachBackwards(writer, data.points, writeNumberPoint);
      writer.message(42, before);
      return;
    case "sum":
      writer.optionalBool(24, data.isMonotonic);
      writer.optionalInt(16, data.temporality);
      eachBackwards(writer, data.points, writeNumberPoint);
      writer.message(58, before);
      return;
    case "histogram":
      writer.optionalInt(16, data.temporality);
      eachBackwards(writer, data.points, writeHistogramPoint);
      writer.message(74, before);
      return;
    case "exponential_histogram":
      writer.optionalInt(16, data.temporality);
      eachBackwards(writer, data.points, writeExponentialHistogramPoint);
      writer.message(82, before);
      return;
    case "summary":
      eachBackwards(writer, data.points, writeSummaryPoint);
      writer.message(90, before);
      return;
  }
}

function eachBackwards<T>(writer: Writer, items: readonly T[], write: (writer: Writer, item: T) => void): void {
  for (let index = items.length - 1; index >= 0; index--) write(writer, items[index] as T);
}

function writeNumberPoint(writer: Writer, point: NumberPoint): void {
  const before = writer.size;
  writer.optionalInt(64, point.flags);
  writeAttributes(writer, 58, point.attributes);
  writeExemplars(writer, 42, point.exemplars);
  writeNumber(writer, 33, point.number);
  writer.optionalFixed64(25, point.timeUnixNano);
  writer.optionalFixed64(17, point.startUnixNano);
  writer.message(10, before);
}

function writeHistogramPoint(writer: Writer, point: HistogramPoint): void {
  const before = writer.size;
  writePresentDouble(writer, 97, point.max);
  writePresentDouble(writer, 89, point.min);
  writer.optionalInt(80, point.flags);
  writeAttributes(writer, 74, point.attributes);
  writeExemplars(writer, 66, point.exemplars);
  if (point.explicitBounds.length > 0) {
    for (let index = point.explicitBounds.length - 1; index >= 0; index--) writer.double(point.explicitBounds[index] as number);
    writer.varint(point.explicitBounds.length * 8);
    writer.varint(58);
  }
  if (point.bucketCounts.length > 0) {
    for (let index = point.bucketCounts.length - 1; index >= 0; index--) writer.fixed64(point.bucketCounts[index] as bigint);
    writer.varint(point.bucketCounts.length * 8);
    writer.varint(50);
  }
  writePresentDouble(writer, 41, point.sum);
  writer.optionalFixed64(33, point.count);
  writer.optionalFixed64(25, point.timeUnixNano);
  writer.optionalFixed64(17, point.startUnixNano);
  writer.message(10, before);
}

function writeExponentialHistogramPoint(writer: Writer, point: ExponentialHistogramPoint): void {
  const before = writer.size;
  writer.optionalDouble(113, point.zeroThreshold);
  writePresentDouble(writer, 105, point.max);
  writePresentDouble(writer, 97, point.min);
  writeExemplars(writer, 90, point.exemplars);
  writer.optionalInt(80, point.flags);
  if (point.negative !== undefined) writeBuckets(writer, 74, point.negative);
  if (point.positive !== undefined) writeBuckets(writer, 66, point.positive);
  writer.optionalFixed64(57, point.zeroCount);
  writer.optionalSint32(48, point.scale);
  writePresentDouble(writer, 41, point.sum);
  writer.optionalFixed64(33, point.count);
  writer.optionalFixed64(25, point.timeUnixNano);
  writer.optionalFixed64(17, point.startUnixNano);
  writeAttributes(writer, 10, point.attributes);
  writer.message(10, before);
}

function writeBuckets(writer: Writer, tag: number, buckets: ExponentialBuckets): void {
  const before = writer.size;
  if (buckets.bucketCounts.length > 0) {
    for (let index = buckets.bucketCounts.length - 1; index >= 0; index--) writer.varint64(buckets.bucketCounts[index] as bigint);
    writer.message(18, before);
  }
  writer.optionalSint32(8, buckets.offset);
  writer.message(tag, before);
}

function writeSummaryPoint(writer: Writer, point: SummaryPoint): void {
  const before = writer.size;
  writer.optionalInt(64, point.flags);
  writeAttributes(writer, 58, point.attributes);
  eachBackwards(writer, point.quantiles, writeQuantile);
  writer.optionalDouble(41, point.sum);
  writer.optionalFixed64(33, point.count);
  writer.optionalFixed64(25, point.timeUnixNano);
  writer.optionalFixed64(17, point.startUnixNano);
  writer.message(10, before);
}

function writeQuantile(writer: Writer, at: { readonly quantile: number; readonly value: number }): void {
  const before = writer.size;
  writer.optionalDouble(17, at.value);
  writer.optionalDouble(9, at.quantile);
  writer.message(50, before);
}

function writeExemplars(writer: Writer, tag: number, exemplars: readonly Exemplar[]): void {
  for (let index = exemplars.length - 1; index >= 0; index--) {
    const exemplar = exemplars[index] as Exemplar;
    const before = writer.size;
    writeAttributes(writer, 58, exemplar.filteredAttributes);
    writer.optionalHex(42, exemplar.traceId);
    writer.optionalHex(34, exemplar.spanId);
    writeNumber(writer, 25, exemplar.number);
    writer.optionalFixed64(17, exemplar.timeUnixNano);
    writer.message(tag, before);
  }
}

/** A oneof: zero is written too. `as_int` is field 6 wherever it stands, `as_double` is not. */
function writeNumber(writer: Writer, doubleTag: number, number: NumberValue): void {
  if (number.kind === "int") {
    writer.fixed64(number.value);
    writer.varint(49);
  } else if (number.kind === "double") {
    writer.double(number.value);
    writer.varint(doubleTag);
  }
}

function writePresentDouble(writer: Writer, tag: number, value: number | undefined): void {
  if (value === undefined) return;
  writer.double(value);
  writer.varint(tag);
}

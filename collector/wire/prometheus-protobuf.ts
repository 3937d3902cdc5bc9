import type { Writer } from "./protobuf-writer.ts";
import type { NativeBuckets, NativeHistogram } from "./remote-write-batch.ts";

/**
 * io.prometheus.client, the protobuf exposition format: one MetricFamily after the other, each behind its length as a varint.
 * All functions write one message's fields back to front (see `Writer`).
 *
 * Source: prometheus/client_model io/prometheus/client/metrics.proto
 *
 * | message      | fields |
 * |--------------|--------|
 * | MetricFamily | 1 name string, 2 help string, 3 type enum (COUNTER 0, GAUGE 1, SUMMARY 2, UNTYPED 3, HISTOGRAM 4), 4 metric message*, 5 unit string |
 * | Metric       | 1 label message*, 2 gauge, 3 counter, 4 summary, 5 untyped, 6 timestamp_ms int64, 7 histogram |
 * | LabelPair    | 1 name string, 2 value string |
 * | Gauge, Untyped | 1 value double |
 * | Counter      | 1 value double, 2 exemplar, 3 created_timestamp |
 * | Summary      | 1 sample_count uint64, 2 sample_sum double, 3 quantile message* (1 quantile double, 2 value double), 4 created_timestamp |
 * | Histogram    | 1 sample_count uint64, 2 sample_sum double, 3 bucket message*, 5 schema sint32, 6 zero_threshold double, 7 zero_count uint64, 9 negative_span message*, 10 negative_delta sint64*, 12 positive_span message*, 13 positive_delta sint64*, 15 created_timestamp, 16 exemplars message* |
 * | Bucket       | 1 cumulative_count uint64, 2 upper_bound double, 3 exemplar |
 * | BucketSpan   | 1 offset sint32, 2 length uint32 |
 * | Exemplar     | 1 label message*, 2 value double, 3 timestamp |
 * | google.protobuf.Timestamp | 1 seconds int64, 2 nanos int32 |
 */
export const METRIC_TYPE = { counter: 0, gauge: 1, summary: 2, untyped: 3, histogram: 4 } as const;

export type LabelPairs = Iterable<readonly [name: string, value: string]>;

export interface ExpositionExemplar {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  /** 0 = without a time. */
  readonly timestampMs: number;
}

export interface ExposedHistogram {
  readonly count: number;
  /** NaN where nobody knows it: an absent one would be read as 0. */
  readonly sum: number;
  /** Without +Inf, which is the count. Empty where only the native form is given. */
  readonly bounds: ArrayLike<number>;
  /** Accumulated, one per bound. */
  readonly cumulativeCounts: ArrayLike<number>;
  /** One per bound, and at its end that of the bucket up to +Inf. */
  readonly exemplars: readonly (ExpositionExemplar | undefined)[];
  readonly native: NativeHistogram | undefined;
}

/** Name, help and type, which stand before the metrics; `writeUnit` goes behind them. */
export function writeFamilyHeader(writer: Writer, family: { readonly name: string; readonly help: string; readonly type: number }): void {
  writer.varint(family.type);
  writer.varint(0x18);
  writer.optionalString(0x12, family.help);
  writer.stringField(0x0a, family.name);
}

export function writeUnit(writer: Writer, unit: string): void {
  writer.optionalString(0x2a, unit);
}

/** Fields of a Metric that are the same in each exposition. */
export function writeLabels(writer: Writer, labels: LabelPairs): void {
  for (const [name, value] of [...labels].reverse()) {
    const size = writer.size;
    writer.stringField(0x12, value);
    writer.stringField(0x0a, name);
    writer.message(0x0a, size);
  }
}

export function writeTimestampMs(writer: Writer, timestampMs: number): void {
  writer.varint64(timestampMs);
  writer.varint(0x30);
}

/** A gauge (field 2) or an untyped metric (field 5). */
export function writeNumber(writer: Writer, kind: "gauge" | "untyped", value: number): void {
  const size = writer.size;
  double(writer, 0x09, value);
  writer.message(kind === "gauge" ? 0x12 : 0x2a, size);
}

/** `createdMs` 0 = unknown. */
export function writeCounter(writer: Writer, value: number, exemplar: ExpositionExemplar | undefined, createdMs: number): void {
  const size = writer.size;
  if (createdMs !== 0) writeTimestamp(writer, 0x1a, createdMs);
  if (exemplar !== undefined) writeExemplar(writer, 0x12, exemplar);
  double(writer, 0x09, value);
  writer.message(0x1a, size);
}

export function writeSummary(
  writer: Writer,
  summary: { readonly count: number; readonly sum: number; readonly quantiles: ArrayLike<number>; readonly values: ArrayLike<number> },
  createdMs: number,
): void {
  const size = writer.size;
  if (createdMs !== 0) writeTimestamp(writer, 0x22, createdMs);
  for (let index = summary.quantiles.length - 1; index >= 0; index--) {
    const before = writer.size;
    double(writer, 0x11, summary.values[index] as number);
    double(writer, 0x09, summary.quantiles[index] as number);
    writer.message(0x1a, before);
  }
  double(writer, 0x11, summary.sum);
  count(writer, 0x08, summary.count);
  writer.message(0x22, size);
}

/** A classic histogram, a native one, or one message that is both. */
export function writeHistogram(writer: Writer, histogram: ExposedHistogram, createdMs: number): void {
  const { bounds, cumulativeCounts, exemplars, native } = histogram;
  const size = writer.size;
  if (native !== undefined) {
    // Servers take exemplars of native histograms only with a time.
    for (const exemplar of exemplars.toReversed()) if (exemplar !== undefined && exemplar.timestampMs !== 0) writeExemplar(writer, 0x82, exemplar);
  }
  if (createdMs !== 0) writeTimestamp(writer, 0x7a, createdMs);
  if (native !== undefined) writeNative(writer, native);
  const infinite = exemplars[bounds.length];
  if (infinite !== undefined && bounds.length > 0) writeBucket(writer, Infinity, histogram.count, infinite);
  for (let index = bounds.length - 1; index >= 0; index--) {
    writeBucket(writer, bounds[index] as number, cumulativeCounts[index] as number, exemplars[index]);
  }
  double(writer, 0x11, histogram.sum);
  count(writer, 0x08, histogram.count);
  writer.message(0x3a, size);
}

function writeBucket(writer: Writer, bound: number, cumulativeCount: number, exemplar: ExpositionExemplar | undefined): void {
  const size = writer.size;
  if (exemplar !== undefined) writeExemplar(writer, 0x1a, exemplar);
  double(writer, 0x11, bound);
  count(writer, 0x08, cumulativeCount);
  writer.message(0x1a, size);
}

function writeNative(writer: Writer, native: NativeHistogram): void {
  const { positive, negative } = native;
  const isUnmarked = positive.counts.length === 0 && negative.counts.length === 0 && native.zeroThreshold === 0 && native.zeroCount === 0;
  writeSide(writer, positive, 0x62, 0x6a);
  // Nothing else would tell it from a classic histogram without buckets (client_golang: the no-op span).
  if (isUnmarked) writer.bytesField(0x62, NO_BYTES);
  writeSide(writer, negative, 0x4a, 0x52);
  count(writer, 0x38, native.zeroCount);
  double(writer, 0x31, native.zeroThreshold);
  writer.sint32(native.schema);
  writer.varint(0x28);
}

/** Spans and deltas of one side. Gaps of up to two empty buckets are cheaper as zeros than as a span of their own, as in Prometheus itself. */
function writeSide(writer: Writer, buckets: NativeBuckets, spanTag: number, deltaTag: number): void {
  const { spans, deltas } = spansOf(buckets);
  if (deltas.length > 0) {
    const size = writer.size;
    for (const delta of deltas.toReversed()) writer.varint64(zigzag(delta));
    writer.message(deltaTag, size);
  }
  for (const [offset, length] of spans.toReversed()) {
    const size = writer.size;
    writer.optionalInt(0x10, length);
    writer.optionalSint32(0x08, offset);
    writer.message(spanTag, size);
  }
}

const MERGED_GAP = 2;

/** Runs of buckets: the first span's offset is its index, the others' the distance from the end of the one before; each count less the one before. */
export function spansOf({ offset, counts }: NativeBuckets): {
  readonly spans: readonly [offset: number, length: number][];
  readonly deltas: readonly number[];
} {
  const spans: [number, number][] = [];
  const deltas: number[] = [];
  let previous = 0;
  let after = 0;
  for (let index = 0; index < counts.length; index++) {
    const value = counts[index] as number;
    if (value === 0) continue;
    const gap = index - after;
    const last = spans.at(-1);
    if (last === undefined) spans.push([offset + index, 1]);
    else if (gap > MERGED_GAP) spans.push([gap, 1]);
    else {
      last[1] += gap + 1;
      for (let empty = 0; empty < gap; empty++) {
        deltas.push(0 - previous);
        previous = 0;
      }
    }
    deltas.push(value - previous);
    previous = value;
    after = index + 1;
  }
  return { spans, deltas };
}

function zigzag(value: number): number | bigint {
  const doubled = value < 0 ? -2 * value - 1 : 2 * value;
  return Number.isSafeInteger(doubled) ? doubled : value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
}

function writeExemplar(writer: Writer, tag: number, { labels, value, timestampMs }: ExpositionExemplar): void {
  const size = writer.size;
  if (timestampMs !== 0) writeTimestamp(writer, 0x1a, timestampMs);
  double(writer, 0x11, value);
  writeLabels(writer, labels);
  writer.message(tag, size);
}

/** To the microsecond: a time that came through a double lies up to 0.5 µs below its millisecond, and Prometheus cuts off what is below one. */
function writeTimestamp(writer: Writer, tag: number, timeMs: number): void {
  const size = writer.size;
  const timeUs = Math.round(timeMs * 1000);
  const seconds = Math.floor(timeUs / 1e6);
  writer.optionalInt(0x10, (timeUs - seconds * 1e6) * 1000);
  writer.varint64(seconds);
  writer.varint(0x08);
  writer.message(tag, size);
}

/** Present even as 0: some readers tell an absent field from 0. */
function double(writer: Writer, tag: number, value: number): void {
  writer.double(value);
  writer.varint(tag);
}

function count(writer: Writer, tag: number, value: number): void {
  writer.varint64(value);
  writer.varint(tag);
}

const NO_BYTES = new Uint8Array(0);

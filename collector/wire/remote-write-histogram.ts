import { LoadError } from "../model/errors.ts";
import type { ForwardWriter } from "./protobuf-forward-writer.ts";
import { type NativeBuckets, type NativeHistogram, STALE_NAN_BITS } from "./remote-write-batch.ts";
import { MAX_VARINT_BYTES, putTimestamp } from "./remote-write-fields.ts";

/** Schema of a histogram with custom bounds (prometheus: model/histogram/generic.go CustomBucketsSchema). */
export const CUSTOM_BUCKETS_SCHEMA = -53;
/** prometheus: model/value/value.go NormalNaN. */
const NORMAL_NAN_BITS = 0x7ff8_0000_0000_0001n;
/** Empty buckets within a span cost a byte each, a new span at least four (client_golang: prometheus/histogram.go makeBuckets has the same limit). */
const MAX_EMPTY_WITHIN_SPAN = 2;
/** A difference twice as large leaves the whole numbers of a double when its sign is folded in. */
const MAX_PLAIN_DELTA = 2 ** 51;

/**
 * `prometheus.Histogram` and `io.prometheus.write.v2.Histogram`, which have the same numbers (prometheus: prompb/types.proto,
 * prompb/io/prometheus/write/v2/types.proto):
 *
 * | field | number | wire type |
 * |---|---|---|
 * | count_int (oneof count) | 1 | varint |
 * | sum | 3 | fixed64 |
 * | schema | 4 | varint, sint32 |
 * | zero_threshold | 5 | fixed64 |
 * | zero_count_int (oneof zero_count) | 6 | varint |
 * | negative_spans, positive_spans | 8, 11 | length: BucketSpan {offset 1 sint32, length 2 uint32} |
 * | negative_deltas, positive_deltas | 9, 12 | length: packed sint64 |
 * | timestamp | 15 | varint |
 * | custom_values (schema -53) | 16 | length: packed double |
 * | start_timestamp (2.0 only, since 2.0-rc.4) | 17 | varint |
 *
 * Not written: the float variants 2, 7, 10 and 13, and reset_hint 14, whose 0 means "look for yourself".
 */
const COUNT = 0x08;
const SUM = 0x19;
const SCHEMA = 0x20;
const ZERO_THRESHOLD = 0x29;
const ZERO_COUNT = 0x30;
const NEGATIVE = { spans: 0x42, deltas: 0x4a };
const POSITIVE = { spans: 0x5a, deltas: 0x62 };
const TIMESTAMP = 0x78;
const CUSTOM_VALUES = 0x82;
const START_TIMESTAMP = 0x88;
const SPAN_OFFSET = 0x08;
const SPAN_LENGTH = 0x10;

/** Body of the message, without its own tag and length. `startMs` 0 = none. Throws: E_INTERNAL for a timestamp that is none. */
export function putHistogram(output: ForwardWriter, histogram: NativeHistogram, timestampMs: number, startMs: number): void {
  output.ensure(64 + 4 * MAX_VARINT_BYTES);
  output.tag(COUNT);
  output.varint(histogram.count);
  output.tag(SUM);
  putSum(output, histogram);
  output.tag(SCHEMA);
  putSint(output, histogram.schema);
  if (histogram.zeroThreshold !== 0) {
    output.tag(ZERO_THRESHOLD);
    output.double(histogram.zeroThreshold);
  }
  output.tag(ZERO_COUNT);
  output.varint(histogram.zeroCount);
  putBuckets(output, NEGATIVE, histogram.negative);
  putBuckets(output, POSITIVE, histogram.positive);
  output.ensure(4 * MAX_VARINT_BYTES);
  output.tag(TIMESTAMP);
  putTimestamp(output, timestampMs);
  const { customBounds } = histogram;
  if (customBounds !== undefined && customBounds.length > 0) {
    output.ensure(customBounds.length * 8 + 2 * MAX_VARINT_BYTES);
    output.tag(CUSTOM_VALUES);
    output.varint(customBounds.length * 8);
    for (let index = 0; index < customBounds.length; index++) output.double(customBounds[index] as number);
  }
  if (startMs !== 0) {
    output.ensure(2 * MAX_VARINT_BYTES);
    output.tag(START_TIMESTAMP);
    putTimestamp(output, startMs);
  }
}

/** Which NaN it is, a number cannot be relied on to remember: an empty histogram with one is a stale marker, any other is the usual NaN. */
function putSum(output: ForwardWriter, histogram: NativeHistogram): void {
  if (!Number.isNaN(histogram.sum)) {
    output.double(histogram.sum);
    return;
  }
  output.view.setBigUint64(output.at, histogram.count === 0 ? STALE_NAN_BITS : NORMAL_NAN_BITS, true);
  output.at += 8;
}

function putBuckets(output: ForwardWriter, tags: { readonly spans: number; readonly deltas: number }, buckets: NativeBuckets): void {
  const { counts, offset } = buckets;
  const spans: { readonly start: number; end: number }[] = [];
  for (let index = 0; index < counts.length; index++) {
    if (counts[index] === 0) continue;
    const last = spans.at(-1);
    if (last !== undefined && index - last.end <= MAX_EMPTY_WITHIN_SPAN) last.end = index + 1;
    else spans.push({ start: index, end: index + 1 });
  }
  if (spans.length === 0) return;
  // A span's offset counts from the end of the one before it, the first one's from bucket 0.
  let from = -offset;
  for (const { start, end } of spans) {
    output.ensure(4 * MAX_VARINT_BYTES);
    const body = output.open(tags.spans, 1);
    if (start !== from) {
      output.tag(SPAN_OFFSET);
      putSint(output, start - from);
    }
    output.tag(SPAN_LENGTH);
    output.varint(end - start);
    output.close(body, 1);
    from = end;
  }
  output.ensure(counts.length * MAX_VARINT_BYTES + 2 * MAX_VARINT_BYTES);
  const body = output.open(tags.deltas, 2);
  let before = 0;
  for (const { start, end } of spans) {
    for (let index = start; index < end; index++) {
      putSint(output, (counts[index] as number) - before);
      before = counts[index] as number;
    }
  }
  output.close(body, 2);
}

/** Zigzag of sint32 and sint64. */
function putSint(output: ForwardWriter, value: number): void {
  if (value >= -MAX_PLAIN_DELTA && value < MAX_PLAIN_DELTA) {
    output.varint(value < 0 ? -2 * value - 1 : 2 * value);
    return;
  }
  const folded = value < 0 ? -2n * BigInt(value) - 1n : 2n * BigInt(value);
  output.varint64(Number(folded & 0xffff_ffffn), Number(folded >> 32n));
}

/** Throws: E_INTERNAL. What to do with such a histogram is the sender's to decide before. */
export function refuseCustomBuckets(histogram: NativeHistogram): void {
  if (histogram.schema !== CUSTOM_BUCKETS_SCHEMA) return;
  throw new LoadError(
    "E_INTERNAL",
    "A histogram with custom buckets (schema -53) cannot go into a remote write 1.0 request: receivers store garbage.",
  );
}

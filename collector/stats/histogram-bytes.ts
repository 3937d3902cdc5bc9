import { LoadError } from "../model/errors.ts";
import type { BucketWindow } from "./bucket-window.ts";
import type { HistogramParts, HistogramView } from "./exponential-histogram.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";
import { MAX_SCALE, MIN_SCALE } from "./exponential-index.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

const VERSION = 1;
/** Which optional fields follow. */
const HAS = { sum: 1, min: 2, max: 4, zeroThreshold: 8, negative: 16, edges: 32, blur: 64 } as const;
/** Buckets that damaged bytes may make us allocate for. */
const MAX_STORED_BUCKETS = 65_536;

/**
 * A histogram for the ledger: some 140 bytes for a second of 100 requests, 90 when its scale is held at 5 (within 2.2 %).
 *
 * Layout: version, flags, maxSize, scale (zigzag), zero count; doubles sum, min, max, zero threshold, blur where flagged; positive and, where
 * flagged, negative buckets: offset (zigzag), length, counts, where 0 is followed by the number of empty buckets in a row; edges: length,
 * doubles. All whole numbers are varints.
 */
export function encodeHistogram(histogram: HistogramView): Uint8Array {
  const writer = new VarintWriter();
  const { sum, min, max, zeroThreshold, negative, edges, blur } = histogram;
  const flags =
    (sum === undefined ? 0 : HAS.sum) |
    (min === undefined ? 0 : HAS.min) |
    (max === undefined ? 0 : HAS.max) |
    (zeroThreshold === 0 ? 0 : HAS.zeroThreshold) |
    (negative.isEmpty ? 0 : HAS.negative) |
    (edges === undefined ? 0 : HAS.edges) |
    (blur === 1 ? 0 : HAS.blur);
  writer.unsigned(VERSION);
  writer.unsigned(flags);
  writer.unsigned(histogram.maxSize);
  writer.signed(histogram.scale);
  writer.unsigned(histogram.zeroCount);
  for (const value of [sum, min, max, zeroThreshold || undefined, blur === 1 ? undefined : blur]) if (value !== undefined) writer.double(value);
  writeWindow(writer, histogram.positive);
  if (flags & HAS.negative) writeWindow(writer, negative);
  if (edges === undefined) return writer.finish();
  writer.unsigned(edges.length);
  for (const edge of edges) writer.double(edge);
  return writer.finish();
}

/** Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED for bytes that `encodeHistogram` did not write. */
export function decodeHistogram(bytes: Uint8Array): ExponentialHistogram {
  const reader = new VarintReader(bytes);
  if (reader.unsigned() !== VERSION) throw malformed("a version that is not known");
  const flags = reader.unsigned();
  const has = (flag: number) => (flags & flag) !== 0;
  const maxSize = reader.unsigned();
  const scale = reader.signed();
  const zeroCount = reader.unsigned();
  if (scale < MIN_SCALE || scale > MAX_SCALE || maxSize < 4 || maxSize > MAX_STORED_BUCKETS) throw malformed(`scale ${scale}, size ${maxSize}`);
  const parts: HistogramParts = {
    maxSize,
    scale,
    zeroCount,
    sum: has(HAS.sum) ? reader.double() : undefined,
    min: has(HAS.min) ? reader.double() : undefined,
    max: has(HAS.max) ? reader.double() : undefined,
    zeroThreshold: has(HAS.zeroThreshold) ? reader.double() : 0,
    blur: has(HAS.blur) ? reader.double() : 1,
    positive: readWindow(reader),
    negative: has(HAS.negative) ? readWindow(reader) : undefined,
    edges: has(HAS.edges) ? readEdges(reader) : undefined,
  };
  if (!reader.isAtEnd) throw malformed("bytes after the end");
  if (!((parts.blur ?? 1) >= 1 && (parts.zeroThreshold ?? 0) >= 0)) throw malformed("a blur or zero threshold that cannot be");
  return ExponentialHistogram.of(parts);
}

function writeWindow(writer: VarintWriter, window: BucketWindow): void {
  const { low, high } = window.isEmpty ? { low: 0, high: -1 } : window;
  writer.signed(low);
  writer.unsigned(high - low + 1);
  for (let index = low; index <= high; index++) {
    const count = window.at(index);
    writer.unsigned(count);
    if (count !== 0) continue;
    const first = index;
    while (window.at(index + 1) === 0 && index < high) index++;
    writer.unsigned(index - first + 1);
  }
}

function readWindow(reader: VarintReader): HistogramParts["positive"] {
  const offset = reader.signed();
  const length = reader.unsigned();
  if (length > MAX_STORED_BUCKETS || Math.abs(offset) > 2 ** 31 - MAX_STORED_BUCKETS) throw malformed(`${length} buckets from ${offset}`);
  const counts = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const count = reader.unsigned();
    counts[index] = count;
    if (count !== 0) continue;
    const empty = reader.unsigned();
    if (empty === 0 || empty > length - index) throw malformed(`${empty} empty buckets of ${length - index}`);
    index += empty - 1;
  }
  return { offset, counts };
}

function readEdges(reader: VarintReader): readonly number[] {
  const length = reader.unsigned();
  if (length > MAX_STORED_BUCKETS) throw malformed(`${length} edges`);
  return Array.from({ length }, () => reader.double());
}

function malformed(what: string): LoadError {
  return new LoadError("E_WIRE_MALFORMED", `stored histogram: ${what}`, {
    hint: "The stored bytes are damaged, or were written by a newer version.",
  });
}

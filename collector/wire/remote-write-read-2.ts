import { Reader } from "./protobuf.ts";
import type { NativeBuckets, NativeHistogram, WriteBatch, WriteExemplar, WriteMetadata, WriteSeries } from "./remote-write-batch.ts";
import { METRIC_TYPES } from "./remote-write-fields.ts";
import { decompressSnappy } from "./snappy.ts";

/** Of one request of ours, uncompressed; more is not ours. */
const MAX_BYTES = 512 * 1024 * 1024;

type Entry = WriteBatch["histograms"][number];
interface Rows {
  readonly series: WriteSeries[];
  readonly timestampsMs: number[];
  /** As they stand: a stale marker is one NaN among many. */
  readonly bits: bigint[];
  readonly startsMs: number[];
  readonly histograms: Entry[];
  readonly exemplars: WriteExemplar[];
}

/**
 * What a 2.0 body that this program encoded carries, to be divided or encoded otherwise; the fields are those of remote-write-2.ts and
 * remote-write-histogram.ts, others are passed over. The name of a family, which 2.0 does not say, is that of its series without `_bucket`, `_sum`,
 * `_count`.
 *
 * Throws: E_WIRE_… for bytes that are no such body.
 */
export function readWriteBody2(body: Uint8Array): WriteBatch {
  const reader = new Reader(decompressSnappy(body, MAX_BYTES));
  const symbols: string[] = [];
  const rows: Rows = { series: [], timestampsMs: [], bits: [], startsMs: [], histograms: [], exemplars: [] };
  // Our encoder writes the symbols first or last: series are read when all are known.
  const series: { readonly start: number; readonly end: number }[] = [];
  each(reader, (tag) => {
    if (tag === 0x22) symbols.push(reader.string());
    else if (tag === 0x2a) {
      const end = reader.open();
      series.push({ start: reader.pos, end: reader.end });
      reader.pos = reader.end;
      reader.close(end);
    } else return false;
    return true;
  });
  for (const { start, end } of series) {
    reader.pos = start;
    reader.end = end;
    readSeries(reader, symbols, rows);
  }
  const values = new Float64Array(rows.bits.length);
  new BigUint64Array(values.buffer).set(rows.bits);
  return {
    length: rows.series.length,
    series: rows.series,
    timestampsMs: Float64Array.from(rows.timestampsMs),
    values,
    startsMs: Float64Array.from(rows.startsMs),
    histograms: rows.histograms,
    exemplars: rows.exemplars,
  };
}

/** Visits the fields up to the end of the message; what `take` does not know is passed over. */
function each(reader: Reader, take: (tag: number) => boolean): void {
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (!take(tag)) reader.skip(tag & 7);
  }
}

/** The same for a nested message. */
function within(reader: Reader, take: (tag: number) => boolean): void {
  const end = reader.open();
  each(reader, take);
  reader.close(end);
}

function readSeries(reader: Reader, symbols: readonly string[], rows: Rows): void {
  let labels: WriteSeries["labels"] = [];
  const metadata = { type: 0, help: "", unit: "" };
  const firsts = { sample: rows.bits.length, histogram: rows.histograms.length, exemplar: rows.exemplars.length };
  const held = { histograms: [] as Omit<Entry, "series">[], exemplars: [] as Omit<WriteExemplar, "series">[] };
  each(reader, (tag) => {
    if (tag === 0x0a) labels = readLabels(reader, symbols);
    else if (tag === 0x12) readSample(reader, rows);
    else if (tag === 0x1a) held.histograms.push(readHistogram(reader));
    else if (tag === 0x22) held.exemplars.push(readExemplar(reader, symbols));
    else if (tag === 0x2a) {
      within(reader, (field) => {
        if (field === 0x08) metadata.type = reader.varint32();
        else if (field === 0x18) metadata.help = symbols[reader.varint32()] ?? "";
        else if (field === 0x20) metadata.unit = symbols[reader.varint32()] ?? "";
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  const series: WriteSeries = { labels, metadata: metadataOf(labels, metadata) };
  for (let index = firsts.sample; index < rows.bits.length; index++) rows.series.push(series);
  for (const histogram of held.histograms) rows.histograms.push({ series, ...histogram });
  for (const exemplar of held.exemplars) rows.exemplars.push({ series, ...exemplar });
}

function metadataOf(labels: WriteSeries["labels"], { type, help, unit }: { type: number; help: string; unit: string }): WriteMetadata {
  const word = (Object.keys(METRIC_TYPES) as WriteMetadata["type"][]).find((name) => METRIC_TYPES[name] === type) ?? "unknown";
  const name = labels.find(([label]) => label === "__name__")?.[1] ?? "";
  const isDistribution = word === "histogram" || word === "summary";
  return { family: isDistribution ? name.replace(/_(bucket|sum|count)$/, "") : name, type: word, help, unit };
}

function readLabels(reader: Reader, symbols: readonly string[]): WriteSeries["labels"] {
  const end = reader.open();
  const labels: (readonly [string, string])[] = [];
  while (reader.pos < reader.end) labels.push([symbols[reader.varint32()] ?? "", symbols[reader.varint32()] ?? ""]);
  reader.close(end);
  return labels;
}

function readSample(reader: Reader, rows: Rows): void {
  let bits = 0n;
  let timestampMs = 0;
  let startMs = 0;
  within(reader, (tag) => {
    if (tag === 0x09) bits = reader.fixed64();
    else if (tag === 0x10) timestampMs = Number(reader.int64());
    else if (tag === 0x18) startMs = Number(reader.int64());
    else return false;
    return true;
  });
  rows.bits.push(bits);
  rows.timestampsMs.push(timestampMs);
  rows.startsMs.push(startMs);
}

function readExemplar(reader: Reader, symbols: readonly string[]): Omit<WriteExemplar, "series"> {
  let labels: WriteExemplar["labels"] = [];
  let value = 0;
  let timestampMs = 0;
  within(reader, (tag) => {
    if (tag === 0x0a) labels = readLabels(reader, symbols);
    else if (tag === 0x11) value = reader.double();
    else if (tag === 0x18) timestampMs = Number(reader.int64());
    else return false;
    return true;
  });
  return { labels, value, timestampMs };
}

function readHistogram(reader: Reader): Omit<Entry, "series"> {
  const numbers = { count: 0, sum: 0, schema: 0, zeroThreshold: 0, zeroCount: 0, timestampMs: 0, startMs: 0 };
  const sides = { positive: emptySide(), negative: emptySide() };
  const customBounds: number[] = [];
  within(reader, (tag) => {
    if (tag === 0x08) numbers.count = Number(reader.uint64());
    else if (tag === 0x19) numbers.sum = reader.double();
    else if (tag === 0x20) numbers.schema = reader.sint32();
    else if (tag === 0x29) numbers.zeroThreshold = reader.double();
    else if (tag === 0x30) numbers.zeroCount = Number(reader.uint64());
    else if (tag === 0x42) readSpan(reader, sides.negative);
    else if (tag === 0x4a) readDeltas(reader, sides.negative);
    else if (tag === 0x5a) readSpan(reader, sides.positive);
    else if (tag === 0x62) readDeltas(reader, sides.positive);
    else if (tag === 0x78) numbers.timestampMs = Number(reader.int64());
    else if (tag === 0x82) {
      const end = reader.open();
      while (reader.pos < reader.end) customBounds.push(reader.double());
      reader.close(end);
    } else if (tag === 0x88) numbers.startMs = Number(reader.int64());
    else return false;
    return true;
  });
  const { timestampMs, startMs, ...rest } = numbers;
  const histogram: NativeHistogram = {
    ...rest,
    positive: bucketsOf(sides.positive),
    negative: bucketsOf(sides.negative),
    ...(numbers.schema === -53 ? { customBounds } : {}),
  };
  return { timestampMs, startMs, histogram };
}

interface Side {
  readonly spans: { readonly start: number; readonly length: number }[];
  readonly counts: number[];
}

const emptySide = (): Side => ({ spans: [], counts: [] });

function readSpan(reader: Reader, { spans }: Side): void {
  const before = spans.at(-1);
  let offset = 0;
  let length = 0;
  within(reader, (tag) => {
    if (tag === 0x08) offset = reader.sint32();
    else if (tag === 0x10) length = reader.varint32();
    else return false;
    return true;
  });
  spans.push({ start: (before === undefined ? 0 : before.start + before.length) + offset, length });
}

function readDeltas(reader: Reader, { counts }: Side): void {
  const end = reader.open();
  let count = 0;
  while (reader.pos < reader.end) {
    const folded = reader.uint64();
    count += Number(folded & 1n ? -(folded >> 1n) - 1n : folded >> 1n);
    counts.push(count);
  }
  reader.close(end);
}

function bucketsOf({ spans, counts }: Side): NativeBuckets {
  const [first] = spans;
  const last = spans.at(-1);
  if (first === undefined || last === undefined) return { offset: 0, counts: [] };
  const all = new Float64Array(last.start + last.length - first.start);
  let next = 0;
  for (const { start, length } of spans) for (let index = 0; index < length; index++) all[start - first.start + index] = counts[next++] ?? 0;
  return { offset: first.start, counts: all };
}

import { uncompress } from "snappyjs";

/**
 * Decoder of remote write bodies for tests and mock receivers. It shares nothing with the encoder, keeps every bit of a value, and is strict:
 * a field number or wire type that is in neither .proto file throws, and so does a symbol reference that leads nowhere.
 */

export interface DecodedSample {
  readonly value: number;
  /** Tells stale markers from other NaNs. */
  readonly bits: bigint;
  readonly timestampMs: number;
  /** 0 = none. */
  readonly startMs: number;
}

export interface DecodedHistogram {
  readonly timestampMs: number;
  readonly startMs: number;
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly sumBits: bigint;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  /** Absolute count by bucket index, empty ones left out. */
  readonly positive: ReadonlyMap<number, number>;
  readonly negative: ReadonlyMap<number, number>;
  readonly customBounds: readonly number[];
}

export interface DecodedExemplar {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly timestampMs: number;
}

export interface DecodedMetadata {
  /** MetricType by number. */
  readonly type: number;
  /** 1.0 only; "" in 2.0, where metadata stands with its series. */
  readonly family: string;
  readonly help: string;
  readonly unit: string;
}

export interface DecodedSeries {
  readonly labels: readonly (readonly [string, string])[];
  readonly samples: readonly DecodedSample[];
  readonly histograms: readonly DecodedHistogram[];
  readonly exemplars: readonly DecodedExemplar[];
  /** 2.0 only. */
  readonly metadata: DecodedMetadata | undefined;
}

export interface DecodedRequest {
  readonly series: readonly DecodedSeries[];
  /** 1.0 only. */
  readonly metadata: readonly DecodedMetadata[];
  /** 2.0 only. */
  readonly symbols: readonly string[];
}

/** A request body as it travels: snappy block format around the message. */
export function decodeWriteBody(body: Uint8Array, protocol: 1 | 2): DecodedRequest {
  return decodeWriteMessage(uncompress(body), protocol);
}

export function decodeWriteMessage(bytes: Uint8Array, protocol: 1 | 2): DecodedRequest {
  const fields = readFields(bytes);
  if (protocol === 1) {
    expectOnly(fields, { 1: "bytes", 3: "bytes" });
    const metadata = all(fields, 3).map((field) => {
      const inner = expectOnly(readFields(field), { 1: "varint", 2: "bytes", 4: "bytes", 5: "bytes" });
      return { type: Number(one(inner, 1)), family: text(inner, 2), help: text(inner, 4), unit: text(inner, 5) };
    });
    return { series: all(fields, 1).map(seriesOf1), metadata, symbols: [] };
  }
  expectOnly(fields, { 4: "bytes", 5: "bytes" });
  const symbols = all(fields, 4).map((field) => strict.decode(field));
  if (symbols[0] !== "") throw new Error(`symbols[0] is ${JSON.stringify(symbols[0])}`);
  if (new Set(symbols).size !== symbols.length) throw new Error("a symbol stands twice");
  return { series: all(fields, 5).map((field) => seriesOf2(field, symbols)), metadata: [], symbols };
}

function seriesOf1(bytes: Uint8Array): DecodedSeries {
  const fields = expectOnly(readFields(bytes), { 1: "bytes", 2: "bytes", 3: "bytes", 4: "bytes" });
  return {
    labels: labelsOf1(fields),
    samples: all(fields, 2).map((field) => sampleOf(expectOnly(readFields(field), { 1: "fixed64", 2: "varint" }))),
    exemplars: all(fields, 3).map((field) => {
      const inner = expectOnly(readFields(field), { 1: "bytes", 2: "fixed64", 3: "varint" });
      return { labels: labelsOf1(inner), value: double(one(inner, 2)), timestampMs: signed(one(inner, 3)) };
    }),
    histograms: all(fields, 4).map((field) => histogramOf(field, false)),
    metadata: undefined,
  };
}

function seriesOf2(bytes: Uint8Array, symbols: readonly string[]): DecodedSeries {
  const fields = expectOnly(readFields(bytes), { 1: "bytes", 2: "bytes", 3: "bytes", 4: "bytes", 5: "bytes" });
  const symbol = (reference: number) => {
    const found = symbols[reference];
    if (found === undefined) throw new Error(`reference ${reference} to ${symbols.length} symbols`);
    return found;
  };
  const labelsOf = (inner: Fields) => {
    const references = packedVarints(all(inner, 1)).map(Number);
    if (references.length % 2 !== 0) throw new Error("an odd number of label references");
    return pairs(references.map(symbol));
  };
  const [metadata] = all(fields, 5).map((field) => {
    const inner = expectOnly(readFields(field), { 1: "varint", 3: "varint", 4: "varint" });
    return { type: Number(one(inner, 1)), family: "", help: symbol(Number(one(inner, 3))), unit: symbol(Number(one(inner, 4))) };
  });
  return {
    labels: labelsOf(fields),
    samples: all(fields, 2).map((field) => sampleOf(expectOnly(readFields(field), { 1: "fixed64", 2: "varint", 3: "varint" }))),
    histograms: all(fields, 3).map((field) => histogramOf(field, true)),
    exemplars: all(fields, 4).map((field) => {
      const inner = expectOnly(readFields(field), { 1: "bytes", 2: "fixed64", 3: "varint" });
      return { labels: labelsOf(inner), value: double(one(inner, 2)), timestampMs: signed(one(inner, 3)) };
    }),
    metadata,
  };
}

function labelsOf1(fields: Fields): readonly (readonly [string, string])[] {
  return all(fields, 1).map((field) => {
    const inner = expectOnly(readFields(field), { 1: "bytes", 2: "bytes" });
    return [text(inner, 1), text(inner, 2)];
  });
}

function sampleOf(fields: Fields): DecodedSample {
  const bits = one(fields, 1);
  return { value: double(bits), bits, timestampMs: signed(one(fields, 2)), startMs: signed(one(fields, 3)) };
}

function histogramOf(bytes: Uint8Array, mayStart: boolean): DecodedHistogram {
  const buckets = { 8: "bytes", 9: "bytes", 11: "bytes", 12: "bytes" } as const;
  const rest = { 1: "varint", 3: "fixed64", 4: "varint", 5: "fixed64", 6: "varint", 14: "varint", 15: "varint", 16: "bytes" } as const;
  const fields = expectOnly(readFields(bytes), { ...buckets, ...rest, ...(mayStart ? { 17: "varint" } : {}) });
  return {
    timestampMs: signed(one(fields, 15)),
    startMs: signed(one(fields, 17)),
    schema: zigzag(one(fields, 4)),
    count: Number(one(fields, 1)),
    sum: double(one(fields, 3)),
    sumBits: one(fields, 3),
    zeroThreshold: double(one(fields, 5)),
    zeroCount: Number(one(fields, 6)),
    negative: bucketsOf(all(fields, 8), all(fields, 9)),
    positive: bucketsOf(all(fields, 11), all(fields, 12)),
    customBounds: all(fields, 16).flatMap((packed) => {
      const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
      return Array.from({ length: packed.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
    }),
  };
}

function bucketsOf(spans: readonly Uint8Array[], deltas: readonly Uint8Array[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const differences = packedVarints(deltas).map(zigzag);
  let index = 0;
  let count = 0;
  let at = 0;
  for (const span of spans) {
    const fields = expectOnly(readFields(span), { 1: "varint", 2: "varint" });
    index += zigzag(one(fields, 1));
    for (let left = Number(one(fields, 2)); left > 0; left--) {
      const difference = differences[at++];
      if (difference === undefined) throw new Error("spans promise more buckets than there are");
      count += difference;
      if (count < 0) throw new Error("a bucket is negative");
      if (count > 0) counts.set(index, count);
      index++;
    }
  }
  if (at !== differences.length) throw new Error("there are more buckets than spans promise");
  return counts;
}

// Protobuf, field by field.

type WireType = "varint" | "fixed64" | "bytes";
interface Field {
  readonly number: number;
  readonly type: WireType;
  readonly value: bigint | Uint8Array;
}
type Fields = readonly Field[];

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const WIRE_TYPES: Readonly<Record<number, WireType>> = { 0: "varint", 1: "fixed64", 2: "bytes" };

function readFields(bytes: Uint8Array): Fields {
  const fields: Field[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    const [value, next] = readVarint(bytes, at);
    at = next;
    return value;
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const type = WIRE_TYPES[tag & 7];
    if (type === undefined) throw new Error(`wire type ${tag & 7} at byte ${at}`);
    if (type === "varint") fields.push({ number: tag >>> 3, type, value: varint() });
    else if (type === "fixed64") {
      fields.push({ number: tag >>> 3, type, value: view.getBigUint64(at, true) });
      at += 8;
    } else {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error(`${length} bytes promised at byte ${at} of ${bytes.length}`);
      fields.push({ number: tag >>> 3, type, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

function readVarint(bytes: Uint8Array, start: number): readonly [value: bigint, next: number] {
  let value = 0n;
  for (let at = start; ; at++) {
    const byte = bytes[at];
    if (byte === undefined || at - start >= 10) throw new Error(`no varint at byte ${start}`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return [BigInt.asUintN(64, value), at + 1];
  }
}

function packedVarints(parts: readonly Uint8Array[]): readonly bigint[] {
  const values: bigint[] = [];
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const [value, next] = readVarint(part, at);
      values.push(value);
      at = next;
    }
  }
  return values;
}

function expectOnly(fields: Fields, known: Readonly<Record<number, WireType>>): Fields {
  for (const { number, type } of fields) if (known[number] !== type) throw new Error(`field ${number} of wire type ${type} is not known here`);
  return fields;
}

function all(fields: Fields, number: number): readonly Uint8Array[] {
  return fields.filter((field) => field.number === number).map(({ value }) => value as Uint8Array);
}

/** 0 where it is missing, as protobuf has it. */
function one(fields: Fields, number: number): bigint {
  return (fields.findLast((field) => field.number === number)?.value as bigint | undefined) ?? 0n;
}

function text(fields: Fields, number: number): string {
  return strict.decode(all(fields, number).at(-1) ?? new Uint8Array());
}

function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

function zigzag(value: bigint): number {
  return Number((value >> 1n) ^ -(value & 1n));
}

function double(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0] as number;
}

function pairs(texts: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: texts.length / 2 }, (_, index) => [texts[index * 2] as string, texts[index * 2 + 1] as string]);
}

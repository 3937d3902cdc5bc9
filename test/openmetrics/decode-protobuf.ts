/**
 * Decodes io.prometheus.client messages by their field tables with nothing of the collector's own codec, so that the two can be told apart
 * where they disagree. Fields that the tables do not know, lengths that do not fit and wire types that are not theirs throw.
 *
 * Source: prometheus/client_model io/prometheus/client/metrics.proto
 */
type Kind = "string" | "double" | "uint" | "int" | "sint" | "packed-sint" | Schema;
interface Schema {
  readonly [field: number]: readonly [name: string, kind: Kind, repeated?: "repeated"];
}
export type Decoded = { readonly [name: string]: DecodedValue };
export type DecodedValue = string | number | bigint | Decoded | readonly DecodedValue[];

const TIMESTAMP: Schema = { 1: ["seconds", "int"], 2: ["nanos", "int"] };
const LABEL: Schema = { 1: ["name", "string"], 2: ["value", "string"] };
const EXEMPLAR: Schema = { 1: ["label", LABEL, "repeated"], 2: ["value", "double"], 3: ["timestamp", TIMESTAMP] };
const SPAN: Schema = { 1: ["offset", "sint"], 2: ["length", "uint"] };
const BUCKET: Schema = { 1: ["cumulative_count", "uint"], 2: ["upper_bound", "double"], 3: ["exemplar", EXEMPLAR] };
const NUMBER: Schema = { 1: ["value", "double"] };
const HISTOGRAM: Schema = {
  1: ["sample_count", "uint"],
  2: ["sample_sum", "double"],
  3: ["bucket", BUCKET, "repeated"],
  5: ["schema", "sint"],
  6: ["zero_threshold", "double"],
  7: ["zero_count", "uint"],
  9: ["negative_span", SPAN, "repeated"],
  10: ["negative_delta", "packed-sint"],
  12: ["positive_span", SPAN, "repeated"],
  13: ["positive_delta", "packed-sint"],
  15: ["created_timestamp", TIMESTAMP],
  16: ["exemplars", EXEMPLAR, "repeated"],
};
const METRIC: Schema = {
  1: ["label", LABEL, "repeated"],
  2: ["gauge", NUMBER],
  3: ["counter", { 1: ["value", "double"], 2: ["exemplar", EXEMPLAR], 3: ["created_timestamp", TIMESTAMP] }],
  4: [
    "summary",
    {
      1: ["sample_count", "uint"],
      2: ["sample_sum", "double"],
      3: ["quantile", { 1: ["quantile", "double"], 2: ["value", "double"] }, "repeated"],
      4: ["created_timestamp", TIMESTAMP],
    },
  ],
  5: ["untyped", NUMBER],
  6: ["timestamp_ms", "int"],
  7: ["histogram", HISTOGRAM],
};
const FAMILY: Schema = {
  1: ["name", "string"],
  2: ["help", "string"],
  3: ["type", "uint"],
  4: ["metric", METRIC, "repeated"],
  5: ["unit", "string"],
};

/** All families of a delimited body. */
export function decodeFamilies(bytes: Uint8Array): readonly Decoded[] {
  const families: Decoded[] = [];
  const reader = new Reader(bytes);
  while (!reader.atEnd) families.push(decode(new Reader(reader.bytes(Number(reader.varint()))), FAMILY));
  return families;
}

function decode(reader: Reader, schema: Schema): Decoded {
  const message: Record<string, DecodedValue> = {};
  while (!reader.atEnd) {
    const tag = Number(reader.varint());
    const field = schema[tag >> 3];
    if (field === undefined) throw new Error(`there is no field ${tag >> 3}`);
    const [name, kind, repeated] = field;
    if ((tag & 7) !== wireType(kind)) throw new Error(`${name} with wire type ${tag & 7}`);
    const value = read(reader, kind);
    if (repeated !== undefined) message[name] = [...((message[name] as readonly DecodedValue[] | undefined) ?? []), value];
    else if (name in message) throw new Error(`${name} stands there twice`);
    else message[name] = value;
  }
  return message;
}

function wireType(kind: Kind): number {
  return kind === "double" ? 1 : kind === "uint" || kind === "int" || kind === "sint" ? 0 : 2;
}

function read(reader: Reader, kind: Kind): DecodedValue {
  switch (kind) {
    case "string":
      return new TextDecoder("utf-8", { fatal: true }).decode(reader.bytes(Number(reader.varint())));
    case "double":
      return reader.double();
    case "uint":
      return small(reader.varint());
    case "int":
      return small(BigInt.asIntN(64, reader.varint()));
    case "sint":
      return small(unzigzag(reader.varint()));
    case "packed-sint": {
      const packed = new Reader(reader.bytes(Number(reader.varint())));
      const values: DecodedValue[] = [];
      while (!packed.atEnd) values.push(small(unzigzag(packed.varint())));
      return values;
    }
    default:
      return decode(new Reader(reader.bytes(Number(reader.varint()))), kind);
  }
}

function unzigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

function small(value: bigint): number | bigint {
  return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value;
}

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#view.getUint8(this.#at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a varint of more than ten bytes");
  }

  double(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  bytes(length: number): Uint8Array {
    const start = this.#view.byteOffset + this.#at;
    if (length > this.#view.byteLength - this.#at) throw new Error("a length beyond the end");
    this.#at += length;
    return new Uint8Array(this.#view.buffer, start, length);
  }
}

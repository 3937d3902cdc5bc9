import { LoadError } from "../model/errors.ts";
import { SMALL_BIGINTS } from "./small-bigints.ts";
import { MAX_CACHED_BYTES, sharedStrings } from "./string-cache.ts";
import { isUtf8 } from "./utf8.ts";
import type { WireNotes } from "./wire-notes.ts";

/** Wire types of a field tag (protobuf.dev/programming-guides/encoding: the lowest three bits). 3 and 4 are groups, which OTLP never had. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;

/**
 * A bounds-checked cursor over protobuf bytes, with which the decoders in this folder walk a message without making objects for its parts.
 *
 * `end` is the end of the message being read: `open` narrows it to a nested one, `close` widens it again. A field of a known number but
 * another wire type than its table says counts as unknown, as protobuf has it. Strings share one bounded cache.
 *
 * Throws: E_WIRE_TRUNCATED where a field runs past the end of its message, E_WIRE_MALFORMED for everything that no protobuf writer
 * makes. Both messages carry the offset in bytes from the start of the request.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly notes: WireNotes | undefined;
  /** Next byte to read. */
  pos = 0;
  /** End of the message being read; never beyond `bytes.length`. */
  end: number;
  readonly #buffer: Buffer;
  readonly #base: number;

  /** `baseOffset`: bytes of the request before this piece, for messages only. */
  constructor(bytes: Uint8Array, notes?: WireNotes, baseOffset = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.notes = notes;
    this.end = bytes.length;
    this.#base = baseOffset;
  }

  /** Field number × 8 + wire type. Callers switch on it whole. */
  tag(): number {
    const start = this.pos;
    const tag = this.varint32();
    if (tag >>> 3 === 0) throw this.malformed(`a field has number 0`, start);
    return tag;
  }

  /** The lowest 32 bits of a varint, unsigned: uint32, and tags. */
  varint32(): number {
    const { bytes, end } = this;
    let pos = this.pos;
    if (pos >= end) throw this.#truncated(pos, 1);
    let byte = bytes[pos++] as number;
    if (byte < 0x80) {
      this.pos = pos;
      return byte;
    }
    let value = byte & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      if (pos >= end) throw this.#truncated(pos, 1);
      byte = bytes[pos++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.pos = pos;
        return value >>> 0;
      }
    }
    throw this.malformed("a varint is longer than 10 bytes", this.pos);
  }

  /** int32 and enums: negative ones arrive sign-extended to 64 bits. */
  int32(): number {
    return this.varint32() | 0;
  }

  sint32(): number {
    const value = this.varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    const { low, high } = this.#varint64();
    return (low | high) !== 0;
  }

  /** int64: a number where it is safe, else a bigint. */
  int64(): number | bigint {
    const first = this.bytes[this.pos] as number;
    if (first < 0x80 && this.pos < this.end) {
      this.pos++;
      return first;
    }
    const { low, high } = this.#varint64();
    return joinSigned(high | 0, low >>> 0);
  }

  uint64(): bigint {
    const first = this.bytes[this.pos] as number;
    if (first < 0x80 && this.pos < this.end) {
      this.pos++;
      return SMALL_BIGINTS[first] as bigint;
    }
    const { low, high } = this.#varint64();
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  fixed32(): number {
    const pos = this.pos;
    if (pos + 4 > this.end) throw this.#truncated(pos, 4);
    this.pos = pos + 4;
    return this.view.getUint32(pos, true);
  }

  fixed64(): bigint {
    const pos = this.pos;
    if (pos + 8 > this.end) throw this.#truncated(pos, 8);
    this.pos = pos + 8;
    if (this.view.getUint32(pos + 4, true) === 0) {
      const low = this.view.getUint32(pos, true);
      if (low < SMALL_BIGINTS.length) return SMALL_BIGINTS[low] as bigint;
    }
    return this.view.getBigUint64(pos, true);
  }

  /** sfixed64: a number where it is safe, else a bigint. */
  sfixed64(): number | bigint {
    const pos = this.pos;
    if (pos + 8 > this.end) throw this.#truncated(pos, 8);
    this.pos = pos + 8;
    return joinSigned(this.view.getInt32(pos + 4, true), this.view.getUint32(pos, true));
  }

  double(): number {
    const pos = this.pos;
    if (pos + 8 > this.end) throw this.#truncated(pos, 8);
    this.pos = pos + 8;
    return this.view.getFloat64(pos, true);
  }

  /** The length of a length-delimited field, checked to lie inside the message. */
  length(): number {
    const start = this.pos;
    const length = this.varint32();
    if (length > this.end - this.pos) throw this.#truncated(start, length);
    return length;
  }

  /** Narrows the reader to the nested message that begins here; what it returns goes to `close`. */
  open(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.pos + length;
    return outer;
  }

  close(outer: number): void {
    this.pos = this.end;
    this.end = outer;
  }

  /** A copy: received memory is reused. */
  copyBytes(): Uint8Array {
    const length = this.length();
    const start = this.pos;
    this.pos = start + length;
    // Not `slice`: on a Buffer that would be a view.
    return new Uint8Array(this.bytes.subarray(start, this.pos));
  }

  /** Trace and span ids: lower-case hex of however many bytes there are. */
  hex(): string {
    const length = this.length();
    const start = this.pos;
    this.pos = start + length;
    return this.#buffer.toString("hex", start, this.pos);
  }

  string(): string {
    const length = this.length();
    const start = this.pos;
    const end = start + length;
    this.pos = end;
    if (length <= MAX_CACHED_BYTES) {
      const cached = sharedStrings.get(this.#buffer, this.view, start, end);
      if (cached !== undefined) return cached;
    }
    const text = this.#buffer.toString("utf8", start, end);
    if (this.notes !== undefined && text.includes("\uFFFD") && !isUtf8(this.bytes.subarray(start, end))) this.notes.invalidUtf8++;
    return text;
  }

  skip(wireType: number): void {
    switch (wireType) {
      case VARINT:
        this.#varint64();
        return;
      case FIXED64:
        if (this.pos + 8 > this.end) throw this.#truncated(this.pos, 8);
        this.pos += 8;
        return;
      case LENGTH: {
        const length = this.length();
        this.pos += length;
        return;
      }
      case FIXED32:
        if (this.pos + 4 > this.end) throw this.#truncated(this.pos, 4);
        this.pos += 4;
        return;
      default:
        throw this.malformed(`wire type ${wireType} does not exist in OTLP`, this.pos);
    }
  }

  /** Skips a field that is in no table, and counts it. */
  unknown(message: string, tag: number): void {
    this.skip(tag & 7);
    this.notes?.unknownField(message, tag >>> 3);
  }

  malformed(what: string, at: number): LoadError {
    return new LoadError("E_WIRE_MALFORMED", `Malformed protobuf: ${what}, at byte ${this.#base + at}.`);
  }

  #truncated(at: number, wanted: number): LoadError {
    return new LoadError(
      "E_WIRE_TRUNCATED",
      `Truncated protobuf: ${wanted} bytes wanted at byte ${this.#base + at}, but its message ends at byte ${this.#base + this.end}.`,
    );
  }

  /** Both halves as the wire has them; bits beyond 64 are dropped, as other readers do. */
  #varint64(): { low: number; high: number } {
    const { bytes, end } = this;
    let pos = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw this.#truncated(pos, 1);
      const byte = bytes[pos++] as number;
      const seven = byte & 0x7f;
      if (shift < 28) low |= seven << shift;
      else if (shift === 28) {
        low |= seven << 28;
        high = seven >>> 4;
      } else high |= seven << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        return { low, high };
      }
    }
    throw this.malformed("a varint is longer than 10 bytes", this.pos);
  }
}

/** `high` signed, `low` unsigned. */
function joinSigned(high: number, low: number): number | bigint {
  const value = high * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
}

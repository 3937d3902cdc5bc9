import { LoadError } from "../model/errors.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * The steps that all selective scanners share: positions go in, positions come out, and nothing is allocated.
 *
 * A reader returns the position behind what it read and leaves the value in `VARINT`. Every position is checked against the end of
 * the message it stands in, so that whatever a scan accepts can be decoded; what it refuses is E_WIRE_TRUNCATED or E_WIRE_MALFORMED.
 * A field whose wire type is not the one of the table counts as unknown, as protobuf has it.
 *
 * Source: protobuf.dev/programming-guides/encoding
 */

/** The value of the last varint or length read: [0] its low 32 bits, [1] its high 32 bits. */
export const VARINT = new Uint32Array(2);

/** Wire types. */
const VARINT_TYPE = 0;
const FIXED64_TYPE = 1;
const BYTES_TYPE = 2;
const FIXED32_TYPE = 5;

/** Counts what the running scan passes over; undefined = nobody asks. */
let notes: WireNotes | undefined;

export function noteInto(target: WireNotes | undefined): void {
  notes = target;
}

export function truncated(position: number): never {
  throw new LoadError("E_WIRE_TRUNCATED", `Truncated protobuf: a message ends inside the field at byte ${position}.`);
}

export function malformed(what: string, position: number): never {
  throw new LoadError("E_WIRE_MALFORMED", `Malformed protobuf: ${what}, at byte ${position}.`);
}

export function readVarint(bytes: Uint8Array, position: number, end: number): number {
  const start = position;
  let low = 0;
  let high = 0;
  for (let index = 0; index < 10; index++) {
    if (position >= end) truncated(position);
    const byte = bytes[position++] as number;
    if (index < 4) low |= (byte & 0x7f) << (7 * index);
    else if (index === 4) {
      low |= byte << 28;
      high = (byte & 0x7f) >>> 4;
    } else if (index < 9) high |= (byte & 0x7f) << (7 * index - 32);
    else high |= byte << 31;
    if (byte < 0x80) {
      VARINT[0] = low;
      VARINT[1] = high;
      return position;
    }
  }
  return malformed("a varint is longer than ten bytes", start);
}

/** A tag of more than one byte: `VARINT[0]` is field number × 8 + wire type. Bits above the 32nd are ignored, here and in lengths. */
export const readTag = readVarint;

/** A length prefix: `VARINT[0]` bytes follow, and they lie inside the message. */
export function readLength(bytes: Uint8Array, position: number, end: number): number {
  let after: number;
  if (position < end && (bytes[position] as number) < 0x80) {
    VARINT[0] = bytes[position] as number;
    after = position + 1;
  } else after = readVarint(bytes, position, end);
  if (after + (VARINT[0] as number) > end) truncated(position);
  return after;
}

/** Passes one length-prefixed field. */
export function skipBytes(bytes: Uint8Array, position: number, end: number): number {
  return readLength(bytes, position, end) + (VARINT[0] as number);
}

export function skipVarint(bytes: Uint8Array, position: number, end: number): number {
  if (position < end && (bytes[position] as number) < 0x80) return position + 1;
  return readVarint(bytes, position, end);
}

export function skipFixed64(position: number, end: number): number {
  if (position + 8 > end) truncated(position);
  return position + 8;
}

export function skipFixed32(position: number, end: number): number {
  if (position + 4 > end) truncated(position);
  return position + 4;
}

/** Passes a field outside the tables (its tag is read already) and notes it under the message's name. */
export function skipUnknown(bytes: Uint8Array, position: number, end: number, tag: number, message: string): number {
  const field = tag >>> 3;
  if (field === 0) malformed("field number 0", position);
  notes?.unknownField(message, field);
  switch (tag & 7) {
    case VARINT_TYPE:
      return readVarint(bytes, position, end);
    case FIXED64_TYPE:
      return skipFixed64(position, end);
    case BYTES_TYPE:
      return skipBytes(bytes, position, end);
    case FIXED32_TYPE:
      return skipFixed32(position, end);
    default:
      return malformed(`wire type ${tag & 7} (groups are not part of OTLP)`, position);
  }
}

export function noteTooDeep(): void {
  if (notes !== undefined) notes.tooDeep++;
}

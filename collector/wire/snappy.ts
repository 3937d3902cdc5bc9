import { LoadError } from "../model/errors.ts";
import { crc32c } from "./crc32c.ts";

/**
 * Snappy in either of its formats, told apart by the first chunk of a frame stream.
 *
 * The decoder is our own because snappyjs 0.7 never returns from a block whose literal has a length above 2^31 (`fc fa ff ff ff` behind
 * the preamble sends it back to the same tag for ever), and does not notice an output that comes out shorter than announced.
 *
 * Memory: at most `maxBytes` of output. Throws: E_WIRE_TOO_LARGE when more is announced, E_WIRE_MALFORMED for anything invalid.
 * Source: google/snappy: format_description.txt, framing_format.txt
 */
export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return isFramed(bytes) ? decompressFramed(bytes, maxBytes) : decompressBlock(bytes, maxBytes);
}

/** A stream begins with these ten bytes; a block that did would hold a copy from 1.9 GB back, and be invalid. */
const STREAM_IDENTIFIER = Uint8Array.of(0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59);

function isFramed(bytes: Uint8Array): boolean {
  return bytes.length >= STREAM_IDENTIFIER.length && STREAM_IDENTIFIER.every((byte, index) => bytes[index] === byte);
}

/** Of framing_format.txt: the most that one chunk may expand to. */
const MAX_CHUNK_BYTES = 65_536;

function decompressFramed(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let pos = STREAM_IDENTIFIER.length; pos < bytes.length; ) {
    if (pos + 4 > bytes.length) throw malformed("a chunk header is cut off", pos);
    const type = bytes[pos] as number;
    const length = (bytes[pos + 1] as number) | ((bytes[pos + 2] as number) << 8) | ((bytes[pos + 3] as number) << 16);
    const start = pos + 4;
    if (start + length > bytes.length) throw malformed("a chunk is cut off", pos);
    pos = start + length;
    if (type <= 1) {
      if (length < 4) throw malformed("a chunk has no checksum", start);
      const body = bytes.subarray(start + 4, pos);
      if (type === 1 && body.length > MAX_CHUNK_BYTES) throw malformed("a chunk is larger than 65536 bytes", start);
      const part = type === 1 ? body : decompressBlock(body, MAX_CHUNK_BYTES);
      size += part.length;
      if (size > maxBytes) throw tooLarge(size, maxBytes);
      if (maskedCrc(part) !== new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0, true)) throw malformed("wrong checksum", start);
      parts.push(part);
    } else if (type === 0xff) {
      if (length !== 6 || !isFramed(bytes.subarray(start - 4))) throw malformed("a wrong stream identifier", start);
    } else if (type < 0x80) {
      // 0x80 to 0xfe are padding and chunks that a reader may pass over.
      throw malformed(`chunk type 0x${type.toString(16).padStart(2, "0")} must not be skipped`, start);
    }
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const output = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    output.set(part, at);
    at += part.length;
  }
  return output;
}

/** CRC-32C rotated and shifted, so that a checksum over data that holds checksums stays good (framing_format.txt §3). */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function decompressBlock(bytes: Uint8Array, maxBytes: number): Uint8Array {
  let pos = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[pos++];
    if (byte === undefined || shift > 28) throw malformed("the preamble is no length", 0);
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (size > maxBytes) throw tooLarge(size, maxBytes);
  // A copy makes 64 bytes of 3 at best: a preamble that promises more is a lie, and its memory need not be allocated.
  if (size > bytes.length * 22) throw malformed(`the preamble promises ${size} bytes, which ${bytes.length} cannot hold`, 0);
  const output = new Uint8Array(size);
  let at = 0;
  while (pos < bytes.length) {
    const tag = bytes[pos] as number;
    const upper = tag >>> 2;
    if ((tag & 3) === 0) {
      // Lengths from 61 on stand in the 1 to 4 bytes behind the tag.
      const extra = Math.max(0, upper - 59);
      const length = extra === 0 ? upper + 1 : littleEndian(bytes, pos + 1, extra) + 1;
      const start = pos + 1 + extra;
      if (start + length > bytes.length) throw malformed("a literal is cut off", pos);
      if (at + length > size) throw malformed("a literal runs past the end of the output", pos);
      output.set(bytes.subarray(start, start + length), at);
      at += length;
      pos = start + length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const extra = isShort ? 1 : (tag & 3) === 2 ? 2 : 4;
    const length = isShort ? (upper & 7) + 4 : upper + 1;
    const offset = littleEndian(bytes, pos + 1, extra) + (isShort ? (tag >>> 5) << 8 : 0);
    if (offset === 0 || offset > at) throw malformed(`a copy reaches back ${offset} bytes, but ${at} are there`, pos);
    if (at + length > size) throw malformed("a copy runs past the end of the output", pos);
    if (offset >= length) output.copyWithin(at, at - offset, at - offset + length);
    else for (let index = 0; index < length; index++) output[at + index] = output[at + index - offset] as number;
    at += length;
    pos += 1 + extra;
  }
  if (at !== size) throw malformed(`${at} bytes came out, ${size} were promised`, bytes.length);
  return output;
}

function littleEndian(bytes: Uint8Array, start: number, length: number): number {
  if (start + length > bytes.length) throw malformed("a tag is cut off", start);
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[start + index] as number);
  return value;
}

function malformed(what: string, at: number): LoadError {
  return new LoadError("E_WIRE_MALFORMED", `Malformed snappy: ${what}, at byte ${at}.`);
}

function tooLarge(size: number, maxBytes: number): LoadError {
  return new LoadError("E_WIRE_TOO_LARGE", `The snappy body expands to ${size} bytes or more; the limit is ${maxBytes} bytes.`);
}

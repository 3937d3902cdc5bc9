/**
 * A block of snappy, without the length that stands before it: to be joined with other such pieces, or put behind `snappyPreamble`.
 *
 * Our own because pieces of one block are compressed apart from one another (remote-write-template.ts), which snappyjs cannot, and it is
 * not slower. As every encoder does, it works on fragments of 64 KiB and skips faster the longer nothing was found.
 *
 * Owns: nothing; gives how many bytes were written into `output` from `at` on, where `maxCompressedBytes` must be free.
 * Source: google/snappy: format_description.txt
 */
export function compressSnappyPiece(input: Uint8Array, inputLength: number, output: Uint8Array, at: number): number {
  const view = new DataView(input.buffer, input.byteOffset, inputLength);
  let end = at;
  for (let start = 0; start < inputLength; start += FRAGMENT_BYTES) {
    end = compressFragment(input, view, start, Math.min(start + FRAGMENT_BYTES, inputLength), output, end);
  }
  return end - at;
}

/** The most that `compressSnappyPiece` makes of so many bytes (google/snappy: snappy.cc MaxCompressedLength). */
export function maxCompressedBytes(inputBytes: number): number {
  return 32 + inputBytes + Math.floor(inputBytes / 6);
}

/** The varint with which a block begins: the length of what comes out of it. */
export function snappyPreamble(uncompressedBytes: number): Uint8Array {
  const bytes: number[] = [];
  let rest = uncompressedBytes;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A whole block. */
export function compressSnappy(input: Uint8Array): Uint8Array {
  const preamble = snappyPreamble(input.length);
  const output = new Uint8Array(preamble.length + maxCompressedBytes(input.length));
  output.set(preamble);
  return output.slice(0, preamble.length + compressSnappyPiece(input, input.length, output, preamble.length));
}

const FRAGMENT_BYTES = 65_536;
const HASH_BITS = 14;
/** google/snappy: snappy-internal.h; any odd number that spreads well would do. */
const HASH_FACTOR = 0x1e35_a7bd;
/** Near its end a fragment goes out as it is: nothing reads beyond it. */
const MARGIN_BYTES = 15;

/** Of the last four bytes that hashed to it: where they stand, counted from the fragment's start. */
const table = new Uint16Array(1 << HASH_BITS);

function compressFragment(input: Uint8Array, view: DataView, start: number, end: number, output: Uint8Array, outputAt: number): number {
  let at = outputAt;
  let emitted = start;
  const limit = end - MARGIN_BYTES;
  if (limit > start) {
    table.fill(0);
    let position = start + 1;
    let misses = 32;
    while (position <= limit) {
      const word = view.getUint32(position, true);
      const hash = Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS);
      const candidate = start + (table[hash] as number);
      table[hash] = position - start;
      if (candidate >= position || view.getUint32(candidate, true) !== word) {
        position += misses++ >>> 5;
        continue;
      }
      let length = 4;
      while (position + length + 4 <= end && view.getUint32(position + length, true) === view.getUint32(candidate + length, true)) length += 4;
      while (position + length < end && input[position + length] === input[candidate + length]) length++;
      at = putLiteral(input, emitted, position, output, at);
      at = putCopy(output, at, position - candidate, length);
      position += length;
      emitted = position;
      misses = 32;
      if (position <= limit) {
        table[Math.imul(view.getUint32(position - 1, true), HASH_FACTOR) >>> (32 - HASH_BITS)] = position - 1 - start;
      }
    }
  }
  return putLiteral(input, emitted, end, output, at);
}

/** Literal of `input` from `start` up to `end`; gives where the output goes on. */
export function putLiteral(input: Uint8Array, start: number, end: number, output: Uint8Array, outputAt: number): number {
  let at = outputAt;
  const length = end - start;
  if (length === 0) return at;
  at = putLiteralTag(length, output, at);
  if (length <= SHORT_LITERAL_BYTES) for (let index = start; index < end; index++) output[at++] = input[index] as number;
  else {
    output.set(input.subarray(start, end), at);
    at += length;
  }
  return at;
}

/** Below this a loop beats the call into the runtime. */
const SHORT_LITERAL_BYTES = 32;

function putLiteralTag(length: number, output: Uint8Array, outputAt: number): number {
  let at = outputAt;
  const rest = length - 1;
  if (rest < 60) {
    output[at++] = rest << 2;
    return at;
  }
  const extra = rest < 0x100 ? 1 : rest < 0x1_0000 ? 2 : rest < 0x100_0000 ? 3 : 4;
  output[at++] = (59 + extra) << 2;
  for (let index = 0; index < extra; index++) output[at++] = (rest >>> (8 * index)) & 0xff;
  return at;
}

/** A match of at least 4 bytes, from at most 65 535 bytes back, as one or more copies. */
export function putCopy(output: Uint8Array, outputAt: number, offset: number, matched: number): number {
  let at = outputAt;
  let length = matched;
  // At least four bytes must remain for the last one.
  while (length >= 68) {
    at = putTwoByteCopy(output, at, offset, 64);
    length -= 64;
  }
  if (length > 64) {
    at = putTwoByteCopy(output, at, offset, 60);
    length -= 60;
  }
  if (length >= 12 || offset >= 2048) return putTwoByteCopy(output, at, offset, length);
  output[at++] = 1 | ((length - 4) << 2) | ((offset >>> 8) << 5);
  output[at++] = offset & 0xff;
  return at;
}

function putTwoByteCopy(output: Uint8Array, outputAt: number, offset: number, length: number): number {
  let at = outputAt;
  output[at++] = 2 | ((length - 1) << 2);
  output[at++] = offset & 0xff;
  output[at++] = offset >>> 8;
  return at;
}

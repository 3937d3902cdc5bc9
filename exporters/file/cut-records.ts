import { createReadStream } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { LENGTH_BYTES } from "./record-bytes.ts";
import { isZstd, zstdFrameLength } from "./zstd-frames.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Of one record, before and after decompression: more is taken for damage. */
const MAX_RECORD_BYTES = 512 * 1024 * 1024;

/** `number`: of the line or message, from 1. */
export interface RawBytes {
  readonly number: number;
  readonly bytes: Buffer;
  readonly isLine: boolean;
  readonly problem?: undefined;
}
export type RawRecord = RawBytes | { readonly number: number; readonly problem: string };

/**
 * The lines or messages of a file as they stand there, unpacked. Damage ends it with a problem that says so.
 * Rejects with the system's error where the file cannot be read.
 */
export async function* recordsOf(path: string): AsyncGenerator<RawRecord> {
  const chunks = createReadStream(path, { highWaterMark: CHUNK_BYTES })[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  if (first.done === true) return;
  const all = prepended(first.value, chunks);
  if (isZstd(first.value)) yield* plainRecords(decompressed(all));
  else if (isZstd(first.value, LENGTH_BYTES)) yield* unpacked(cut(all, delimitedLength));
  else yield* plainRecords(all);
}

/** What an OTLP/JSON line may begin with: "{" or white space. As part of a length it would mean half a gigabyte or more. */
const LINE_STARTS = [0x7b, 0x20, 0x0a, 0x0d, 0x09];

async function* plainRecords(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawRecord> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const isLines = first.value.length === 0 || LINE_STARTS.includes(first.value[0] as number);
  yield* cut(prepended(first.value, iterator), isLines ? lineLength : delimitedLength, isLines ? 0 : LENGTH_BYTES);
}

/** otelcol's older compressed form: every message is a frame behind its length. */
async function* unpacked(records: AsyncIterable<RawRecord>): AsyncGenerator<RawRecord> {
  for await (const record of records) {
    if (record.problem !== undefined) yield record;
    else yield inflated(record.number, record.bytes.subarray(LENGTH_BYTES));
  }
}

function inflated(number: number, frame: Buffer): RawRecord {
  try {
    return { number, isLine: false, bytes: zstdDecompressSync(frame, { maxOutputLength: MAX_RECORD_BYTES }) };
  } catch (error) {
    return { number, problem: `not readable as zstd: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** A damaged frame ends the file: what follows cannot be found again. */
async function* decompressed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const frame of cut(chunks, zstdFrameLength)) {
    const plain = frame.problem === undefined ? inflated(frame.number, frame.bytes) : frame;
    if (plain.problem !== undefined) throw new DamagedRecording(`zstd frame ${plain.number}: ${plain.problem}`);
    yield plain.bytes;
  }
}

class DamagedRecording extends Error {}

function lineLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(0x0a);
  return end < 0 ? undefined : end + 1;
}

function delimitedLength(bytes: Buffer): number | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length > MAX_RECORD_BYTES) throw new RangeError(`a length of ${length} bytes`);
  return bytes.length < LENGTH_BYTES + length ? undefined : LENGTH_BYTES + length;
}

/**
 * Cuts a stream into records; `lengthOf` says how long the first one is (undefined: more bytes are needed), `skip` what of it is no content.
 * What remains at the end is a record only where it is a line.
 */
async function* cut(chunks: AsyncIterable<Buffer>, lengthOf: (bytes: Buffer) => number | undefined, skip = 0): AsyncGenerator<RawRecord> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  try {
    for await (const chunk of chunks) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let length = lengthOf(rest); length !== undefined && rest.length > 0; length = lengthOf(rest)) {
        yield { number: ++number, isLine: lengthOf === lineLength, bytes: rest.subarray(skip, length) };
        rest = rest.subarray(length);
      }
      if (rest.length > MAX_RECORD_BYTES) throw new RangeError(`a record of more than ${MAX_RECORD_BYTES} bytes`);
    }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof DamagedRecording)) throw error;
    yield { number: number + 1, problem: `damaged, and what follows cannot be read: ${error.message}` };
    return;
  }
  if (rest.length === 0) return;
  if (lengthOf === lineLength) yield { number: number + 1, isLine: true, bytes: rest };
  else yield { number: number + 1, problem: `cut short: ${rest.length} bytes remain at the end of the file` };
}

async function* prepended(first: Buffer, others: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) yield next.value;
}

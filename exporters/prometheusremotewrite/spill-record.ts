import { crc32c } from "../../collector/wire/crc32c.ts";
import type { EncodedBody, RequestCounts } from "./write-request.ts";

/*
 * One record of a spill file, little-endian:
 *   0 u32 magic, 4 u32 length of the whole record, 8 u32 CRC-32C of everything from 12 on
 *   12 u32 version (1 or 2), 16 u32 points, 20 u32 samples, 24 u32 histograms, 28 u32 exemplars, 32 f64 wall-clock ms of the newest sample
 *   40 … the request's body
 */
const MAGIC = 0x52_57_50_31;
/** What a record begins with. */
export const MAGIC_BYTES = Buffer.from([0x31, 0x50, 0x57, 0x52]);
export const RECORD_HEADER_BYTES = 40;
const CHECKED_FROM = 12;
/** A longer one is taken for damage. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

export interface SpillRecord {
  readonly counts: RequestCounts;
  readonly body: EncodedBody;
  readonly newestMs: number;
}

export function encodeRecord({ counts, body, newestMs }: SpillRecord): Buffer {
  const bytes = Buffer.alloc(RECORD_HEADER_BYTES + body.bytes.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt32LE(body.version, 12);
  bytes.writeUInt32LE(counts.points, 16);
  bytes.writeUInt32LE(counts.samples, 20);
  bytes.writeUInt32LE(counts.histograms, 24);
  bytes.writeUInt32LE(counts.exemplars, 28);
  bytes.writeDoubleLE(newestMs, 32);
  bytes.set(body.bytes, RECORD_HEADER_BYTES);
  bytes.writeUInt32LE(crc32c(bytes.subarray(CHECKED_FROM)), 8);
  return bytes;
}

/** Length of the record that begins with this header; undefined where none does. */
export function recordLength(header: Buffer): number | undefined {
  if (header.length < RECORD_HEADER_BYTES || header.readUInt32LE(0) !== MAGIC) return undefined;
  const length = header.readUInt32LE(4);
  return length >= RECORD_HEADER_BYTES && length <= MAX_RECORD_BYTES ? length : undefined;
}

/** Undefined where the checksum or a field is wrong. */
export function decodeRecord(bytes: Buffer): SpillRecord | undefined {
  if (recordLength(bytes) !== bytes.length || crc32c(bytes.subarray(CHECKED_FROM)) !== bytes.readUInt32LE(8)) return undefined;
  const version = bytes.readUInt32LE(12);
  if (version !== 1 && version !== 2) return undefined;
  return {
    counts: {
      points: bytes.readUInt32LE(16),
      samples: bytes.readUInt32LE(20),
      histograms: bytes.readUInt32LE(24),
      exemplars: bytes.readUInt32LE(28),
    },
    body: { version, bytes: bytes.subarray(RECORD_HEADER_BYTES) },
    newestMs: bytes.readDoubleLE(32),
  };
}

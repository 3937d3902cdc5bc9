import { zstdCompressSync } from "node:zlib";
import type { Batch } from "../../collector/model/batch.ts";
import { formatOtlpJson } from "../../collector/wire/otlp-json.ts";

export interface RecordFormat {
  readonly format: "json" | "proto";
  readonly compression: "none" | "zstd";
}

/**
 * One batch as it stands in a file: an OTLP/JSON line, or the protobuf message behind its length (4 bytes, big-endian).
 * Compressed, each record is a zstd frame of its own: frames in a row are again a zstd file (`zstd -d` reads it), and one that a crash cut short
 * costs no other.
 */
export function recordBytes(batch: Batch, { format, compression }: RecordFormat): Uint8Array {
  const record = format === "json" ? Buffer.from(`${formatOtlpJson(batch)}\n`) : delimited(batch.encoded);
  return compression === "zstd" ? zstdCompressSync(record) : record;
}

function delimited(pieces: readonly Uint8Array[]): Uint8Array {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return Buffer.concat([length, ...pieces]);
}

/** Of the length that stands before each protobuf message. */
export const LENGTH_BYTES = 4;

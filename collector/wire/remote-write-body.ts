import type { ForwardWriter } from "./protobuf-forward-writer.ts";
import type { WriteBatch } from "./remote-write-batch.ts";

export interface BodyOptions {
  readonly sendMetadata: boolean;
  readonly sendExemplars: boolean;
  /** Start timestamps; 2.0 only. */
  readonly sendStarts: boolean;
}

/** Writes the uncompressed message of one protocol version. Its memory is reused: bytes are good until the next `begin` of `output`. */
export interface BodyWriter {
  readonly output: ForwardWriter;
  /**
   * Where the value of each sample stands in what `writeHead` wrote, its tag before it and timestamp tag and timestamp behind it. Undefined where
   * a series had several samples, or things that change stand between them.
   */
  readonly valueOffsets: Uint32Array | undefined;
  /** Whether `writeHead` takes nothing from the batch but its samples. */
  isHeadOfSamples(batch: WriteBatch): boolean;
  /** The message, or its first part. */
  writeHead(batch: WriteBatch): void;
  /** Whether there is a second part, to be appended to the first one. */
  hasTail(batch: WriteBatch): boolean;
  writeTail(batch: WriteBatch): void;
}

/** The values bit by bit: a number that is a NaN cannot be relied on to stay the same NaN. */
export function bitsOf(values: Float64Array): BigUint64Array {
  return new BigUint64Array(values.buffer, values.byteOffset, values.length);
}

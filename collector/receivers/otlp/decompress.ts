import zlib from "node:zlib";
import { decompressSnappy } from "../../wire/snappy.ts";
import { type Body, BodyCollector, BodyTooLarge, ownBody } from "./body.ts";
import { type Lease, NoRoom } from "./in-flight.ts";
import { splitZstdFrames } from "./zstd-frames.ts";

export type Encoding = "identity" | "gzip" | "deflate" | "zstd" | "snappy";

/** Bytes of output up to which inflating at once costs less than going through the thread pool (measured: 1.9 to 5.5 times less). */
const SYNC_OUTPUT_BYTES = 1_048_576;
/** Bytes; zlib refuses chunks below 64. */
const SMALLEST_CHUNK_BYTES = 64;
const STREAM_CHUNK_BYTES = 65_536;
/** log2 of the largest window that zstd may ask memory for, at least 8 MiB as RFC 8878 §3.1.1.1.2 recommends (CVE-2024-36129). */
const SMALLEST_WINDOW_LOG = 23;
const LARGEST_WINDOW_LOG = 27;

/** The body does not follow its Content-Encoding (C-06, C-07). */
export class BadCompression extends Error {
  override readonly name = "BadCompression";
}

/**
 * Expands a body, at most to `limitBytes`; memory stays within that and a few windows whatever the body claims.
 *
 * Throws: BodyTooLarge at the limit; NoRoom where other requests leave none; BadCompression for bytes that are not of this encoding, or end too early.
 */
export async function decompress(encoding: Encoding, bytes: Uint8Array, limitBytes: number, lease: Lease): Promise<Body> {
  if (encoding === "identity") return ownBody(bytes);
  try {
    switch (encoding) {
      case "snappy":
        return held(decompressSnappy(bytes, limitBytes), lease);
      case "zstd":
        return await expandZstd(bytes, limitBytes, lease);
      case "gzip":
        return await expand(zlib.gunzipSync, zlib.createGunzip, bytes, gzipSizeHint(bytes), limitBytes, lease);
      case "deflate":
        return await expand(zlib.inflateSync, zlib.createInflate, bytes, undefined, limitBytes, lease);
    }
  } catch (error) {
    if (error instanceof BodyTooLarge || error instanceof NoRoom) throw error;
    if (isTooLarge(error)) throw new BodyTooLarge(limitBytes);
    throw new BadCompression(`${encoding}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

type ExpandAll = (bytes: Uint8Array, options: zlib.ZlibOptions & zlib.ZstdOptions) => Buffer;
type OpenStream = (options: zlib.ZlibOptions & zlib.ZstdOptions) => NodeJS.ReadWriteStream & { destroy(): void };

/** `hintBytes` comes from the sender: it only sizes the first chunk, and decides which way is tried first. */
async function expand(
  expandAll: ExpandAll,
  openStream: OpenStream,
  bytes: Uint8Array,
  hintBytes: number | undefined,
  limitBytes: number,
  lease: Lease,
  options: zlib.ZlibOptions & zlib.ZstdOptions = {},
): Promise<Body> {
  if (hintBytes === undefined || hintBytes <= SYNC_OUTPUT_BYTES) {
    const outputBytes = Math.min(SYNC_OUTPUT_BYTES, limitBytes);
    const guess = hintBytes ?? bytes.length * 8;
    const chunkSize = Math.max(SMALLEST_CHUNK_BYTES, Math.min(guess + 1, outputBytes));
    try {
      return held(expandAll(bytes, { ...options, chunkSize, maxOutputLength: outputBytes }), lease);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (outputBytes === limitBytes) throw new BodyTooLarge(limitBytes);
    }
  }
  return expandStream(openStream({ ...options, chunkSize: STREAM_CHUNK_BYTES }), bytes, limitBytes, lease);
}

function held(expanded: Uint8Array, lease: Lease): Body {
  lease.hold(expanded.length);
  return ownBody(expanded);
}

function expandStream(stream: ReturnType<OpenStream>, bytes: Uint8Array, limitBytes: number, lease: Lease): Promise<Body> {
  return new Promise((resolve, reject) => {
    const collector = new BodyCollector(lease.pool, limitBytes, 0);
    let failed = false;
    const fail = (error: unknown) => {
      if (failed) return;
      failed = true;
      collector.discard();
      stream.destroy();
      reject(error);
    };
    stream.on("data", (chunk: Buffer) => {
      if (failed) return;
      try {
        lease.hold(chunk.length);
        if (!collector.add(chunk)) fail(new BodyTooLarge(limitBytes));
      } catch (error) {
        fail(error);
      }
    });
    stream.on("end", () => resolve(collector.finish()));
    stream.on("error", fail);
    stream.end(bytes);
  });
}

/** Node's decoder stops after the first frame: the frames of a body are expanded one by one. */
async function expandZstd(bytes: Uint8Array, limitBytes: number, lease: Lease): Promise<Body> {
  const windowLog = Math.min(LARGEST_WINDOW_LOG, Math.max(SMALLEST_WINDOW_LOG, Math.ceil(Math.log2(limitBytes))));
  const options = { params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLog } };
  const frames = splitZstdFrames(bytes);
  const one = (frame: { readonly bytes: Uint8Array; readonly contentBytes: number | undefined }, limit: number) =>
    expand(zlib.zstdDecompressSync, zlib.createZstdDecompress, frame.bytes, frame.contentBytes, limit, lease, options);
  const [first, ...others] = frames;
  if (first === undefined) return ownBody(Buffer.alloc(0));
  if (others.length === 0) return one(first, limitBytes);
  const all = new BodyCollector(lease.pool, limitBytes, 0);
  for (const frame of frames) {
    const part = await one(frame, limitBytes);
    // The collector may keep the first chunk as it is: it must not be one that goes back to the pool.
    const fits = all.add(Buffer.from(part.bytes));
    part.release();
    if (!fits) throw new BodyTooLarge(limitBytes);
  }
  return all.finish();
}

/** ISIZE, the last four bytes (RFC 1952 §2.3.1): the expanded length of the last member modulo 2^32, or whatever the sender wrote. */
function gzipSizeHint(bytes: Uint8Array): number {
  if (bytes.length < 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ERR_BUFFER_TOO_LARGE" || error.code === "E_WIRE_TOO_LARGE");
}

import { promisify } from "node:util";
import { constants, deflate, deflateSync, gzip, gzipSync, zstdCompress, zstdCompressSync } from "node:zlib";

export const COMPRESSIONS = ["gzip", "zstd", "deflate", "zlib", "none"] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** Up to this many bytes compressing at once costs less than a trip to the thread pool. */
const SYNC_LIMIT_BYTES = 1024 * 1024;

/** On a local link the time saved by level 1 is worth more than the bytes that level 6 would save. */
const DEFAULT_LEVEL = 1;

interface Codec {
  sync(body: Uint8Array, level: number | undefined): Buffer;
  async(body: Uint8Array, level: number | undefined): Promise<Buffer>;
}

const zlibOptions = (level = DEFAULT_LEVEL) => ({ level });
const zstdOptions = (level?: number) => (level === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: level } });

const GZIP: Codec = {
  sync: (body, level) => gzipSync(body, zlibOptions(level)),
  async: (body, level) => promisify(gzip)(body, zlibOptions(level)),
};
const DEFLATE: Codec = {
  sync: (body, level) => deflateSync(body, zlibOptions(level)),
  async: (body, level) => promisify(deflate)(body, zlibOptions(level)),
};
const ZSTD: Codec = {
  sync: (body, level) => zstdCompressSync(body, zstdOptions(level)),
  async: (body, level) => promisify(zstdCompress)(body, zstdOptions(level)),
};

const CODECS: Readonly<Record<Exclude<Compression, "none">, Codec>> = { gzip: GZIP, zstd: ZSTD, deflate: DEFLATE, zlib: DEFLATE };

/** The body compressed; `level` undefined = this codec's default here. */
export function compress(body: Uint8Array, compression: Exclude<Compression, "none">, level?: number): Buffer | Promise<Buffer> {
  const codec = CODECS[compression];
  return body.length <= SYNC_LIMIT_BYTES ? codec.sync(body, level) : codec.async(body, level);
}

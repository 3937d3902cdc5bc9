/** First bytes of a zstd frame, little-endian. */
const MAGIC = 0xfd2fb528;
/** Frames that decoders pass over: sixteen magic numbers from this one. */
const SKIPPABLE_MAGIC = 0x184d2a50;

const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const RLE_BLOCK = 1;

const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

export function isZstd(bytes: Buffer, at = 0): boolean {
  return bytes.length >= at + MAGIC_BYTES && bytes.readUInt32LE(at) === MAGIC;
}

/**
 * Bytes of the frame that begins here; undefined where it is not all there yet. node:zlib ends with the first frame and does not say where.
 * Throws: RangeError where no frame begins.
 * Source: RFC 8878 §3.1.
 */
export function zstdFrameLength(bytes: Buffer): number | undefined {
  if (bytes.length < MAGIC_BYTES + 1) return undefined;
  const magic = bytes.readUInt32LE(0);
  if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
    return bytes.length < 2 * MAGIC_BYTES ? undefined : within(bytes, 2 * MAGIC_BYTES + bytes.readUInt32LE(MAGIC_BYTES));
  }
  if (magic !== MAGIC) throw new RangeError("no zstd frame begins here");

  const descriptor = bytes[MAGIC_BYTES] as number;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const contentSizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  let at = MAGIC_BYTES + 1 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + contentSizeBytes;
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + (((header >>> 1) & 3) === RLE_BLOCK ? 1 : header >>> 3);
    if ((header & 1) === 1) break;
  }
  return within(bytes, at + ((descriptor & 4) !== 0 ? CHECKSUM_BYTES : 0));
}

function within(bytes: Buffer, length: number): number | undefined {
  return length <= bytes.length ? length : undefined;
}

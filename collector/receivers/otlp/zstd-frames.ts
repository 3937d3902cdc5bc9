/** One frame of a zstd body and what it says about its expanded size (undefined where it does not). */
export interface ZstdFrame {
  readonly bytes: Uint8Array;
  readonly contentBytes: number | undefined;
}

/** RFC 8878 §3.1.1 and §3.1.2: little-endian magic numbers. */
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
/** §3.1.1.2.2: a block of one byte that is repeated. */
const RLE_BLOCK = 1;

/**
 * Cuts a zstd body into its frames, skippable ones left out: Node's decoder reads the first one and passes over what follows.
 *
 * Throws: Error for a body that is not a whole number of frames.
 */
export function splitZstdFrames(bytes: Uint8Array): readonly ZstdFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: ZstdFrame[] = [];
  let at = 0;
  do {
    if (at + 4 > bytes.length) throw new Error("unexpected end of data");
    const magic = view.getUint32(at, true);
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      if (at + 8 > bytes.length) throw new Error("unexpected end of data");
      at += 8 + view.getUint32(at + 4, true);
    } else if (magic === FRAME_MAGIC) {
      const { end, contentBytes } = readFrame(view, at);
      frames.push({ bytes: bytes.subarray(at, end), contentBytes });
      at = end;
    } else {
      throw new Error("no zstd frame (bad magic number)");
    }
  } while (at < bytes.length);
  if (at > bytes.length) throw new Error("unexpected end of data");
  return frames;
}

function readFrame(view: DataView, start: number): { readonly end: number; readonly contentBytes: number | undefined } {
  const need = (end: number) => {
    if (end > view.byteLength) throw new Error("unexpected end of data");
  };
  // §3.1.1.1: descriptor, window (unless single segment), dictionary id, content size.
  need(start + 5);
  const descriptor = view.getUint8(start + 4);
  const sizeFlag = descriptor >> 6;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number);
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  let at = sizeAt + sizeBytes;
  need(at);
  for (let isLast = false; !isLast; ) {
    need(at + 3);
    const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) !== 0;
    at += 3 + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
    need(at);
  }
  if (hasChecksum) at += 4;
  need(at);
  return { end: at, contentBytes: contentSize(view, sizeAt, sizeBytes) };
}

function contentSize(view: DataView, at: number, sizeBytes: number): number | undefined {
  switch (sizeBytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

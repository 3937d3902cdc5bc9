import type { FileHandle } from "node:fs/promises";

/** By so many bytes before the position a file is known again; a line of a log holds its time within less. */
export const TAIL_MARK_BYTES = 256;

const BLOCK_BYTES = 65_536;
/** A longer unfinished line is passed over. */
const MAX_LINE_BYTES = 1_048_576;
const LINE_FEED = 0x0a;

/** The position after the last line feed before `size`; 0 where there is none. */
export async function lineStartBefore(handle: FileHandle, size: number): Promise<number> {
  const block = new Uint8Array(BLOCK_BYTES);
  for (let end = size; end > 0; ) {
    if (size - end >= MAX_LINE_BYTES) return size;
    const start = Math.max(0, end - BLOCK_BYTES);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Whether the bytes before `position` are still these. */
export async function matchesMark(handle: FileHandle, position: number, mark: Uint8Array): Promise<boolean> {
  const found = new Uint8Array(mark.length);
  const { bytesRead } = await handle.read(found, 0, found.length, position - mark.length);
  return bytesRead === mark.length && found.every((byte, index) => byte === mark[index]);
}

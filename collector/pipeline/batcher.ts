import type { Batch } from "../model/batch.ts";
import type { SendingQueue } from "./settings.ts";

export type Sizer = SendingQueue["sizer"];

/** In the unit of the sizer: 1 a request, its items, or its encoded bytes (a batch made from items is encoded for it). */
export function sizeOf(batch: Batch, sizer: Sizer): number {
  switch (sizer) {
    case "requests":
      return 1;
    case "items":
      return batch.count;
    case "bytes":
      return batch.encoded.reduce((sum, piece) => sum + piece.length, 0);
  }
}

/** One batch of all, in order. Throws a RangeError for none. */
export function merge(batches: readonly Batch[]): Batch {
  const [first, ...others] = batches;
  if (first === undefined) throw new RangeError("nothing to merge");
  return others.length === 0 ? first : first.concat(others);
}

/**
 * Pieces of at most `maxSize`; 0 = no limit. Bytes are an aim, not a promise: batches are cut between items, by their mean size.
 */
export function cut(batch: Batch, maxSize: number, sizer: Exclude<Sizer, "requests">): readonly Batch[] {
  if (maxSize === 0 || sizeOf(batch, sizer) <= maxSize) return [batch];
  const maxItems = sizer === "items" ? maxSize : Math.max(1, Math.floor((batch.count * maxSize) / sizeOf(batch, sizer)));
  return batch.split(maxItems);
}

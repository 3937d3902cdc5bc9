import type { Batch } from "../model/batch.ts";
import { ACCEPTED, isRefused, isRejected, Rejected, rejectedParts, type Sink } from "./sink.ts";
import { startPush } from "./watch.ts";

/** The reason by which an exporter says that the target found the request as a whole too large (HTTP 413, RESOURCE_EXHAUSTED by size). */
export const TOO_LARGE = "too_large";

/**
 * Cuts what the target finds too large into halves until the pieces fit, so that only an item that is too large by itself is lost (L-09).
 * Pieces go out one after the other, in order. A piece that is refused (only where no queue owns the batch) refuses the whole:
 * the sender sends all again, and the target may see the delivered pieces twice.
 */
export function splitTooLarge(next: Sink): Sink {
  const push = (batch: Batch): Promise<void> => {
    const pushed = startPush(next, batch);
    if (pushed === ACCEPTED) return pushed;
    return pushed.catch((error: unknown) => {
      if (batch.count < 2 || !isRejected(error) || error.reason !== TOO_LARGE || error.items < batch.count) throw error;
      return pushPieces(batch.split(Math.ceil(batch.count / 2)), push);
    });
  };
  return { push };
}

/** Pushes the pieces in order; their rejections become one, with its parts by reason. A fault costs its own piece only. */
export async function pushPieces(pieces: readonly Batch[], push: (batch: Batch) => Promise<void>): Promise<void> {
  const lost = new Map<string, number>();
  let last: Rejected | undefined;
  for (const piece of pieces) {
    try {
      await push(piece);
    } catch (error) {
      if (isRefused(error)) throw error;
      last = isRejected(error) ? error : new Rejected(String(error), { items: piece.count, reason: "fault", cause: error });
      for (const { reason, items } of rejectedParts(last)) lost.set(reason, (lost.get(reason) ?? 0) + items);
    }
  }
  if (last === undefined) return;
  const parts = [...lost].map(([reason, items]) => ({ reason, items }));
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  throw new Rejected(last.message, { items, reason: last.reason, parts, cause: last });
}

import type { Batch } from "../model/batch.ts";
import type { LossLedger } from "./loss-ledger.ts";
import { ACCEPTED, isRefused, isRejected, type Refused, type Sink } from "./sink.ts";
import { startPush } from "./watch.ts";

/**
 * One stream into several. All ways are pushed at once; the slowest answers for all, because they share the batch's bytes.
 *
 * When a way refuses, the sender keeps its data and sends it again, so the ways that took it get it twice (at least once, never lost).
 * For the ledger the refused batch has not been received: each way that took it made a copy. Else n ways make n − 1 copies.
 * Of several rejections the one with the most items goes upstream.
 */
export function fanout(ways: readonly Sink[], ledger: LossLedger): Sink {
  const only = ways[0];
  if (only !== undefined && ways.length === 1) return only;
  return {
    push(batch) {
      const pushes = ways.map((way) => startPush(way, batch));
      if (pushes.every((pushed) => pushed === ACCEPTED)) {
        ledger.copied(batch.signal, batch.count * (ways.length - 1));
        return ACCEPTED;
      }
      return settle(pushes, batch, ledger);
    },
  };
}

async function settle(pushes: readonly Promise<void>[], batch: Batch, ledger: LossLedger): Promise<void> {
  const failures = (await Promise.allSettled(pushes)).filter((end) => end.status === "rejected").map((end): unknown => end.reason);
  const refusals = failures.filter(isRefused);
  const longest = refusals.reduce<Refused | undefined>(
    (most, one) => (most === undefined || one.retryAfterMs > most.retryAfterMs ? one : most),
    undefined,
  );
  ledger.copied(batch.signal, batch.count * (pushes.length - Math.max(1, refusals.length)));
  if (longest !== undefined) throw longest;
  const lost = (error: unknown): number => (isRejected(error) ? error.items : batch.count);
  if (failures.length > 0) throw failures.reduce((most, one) => (lost(one) > lost(most) ? one : most));
}

import type { Batch, Signal } from "../model/batch.ts";
import { ITEM_WORDS } from "../model/batch.ts";
import { accountExit, accountOwnExit, type Books } from "./accounting.ts";
import { type Pace, REAL_PACE } from "./backoff.ts";
import { cut } from "./batcher.ts";
import { LossLog } from "./loss-log.ts";
import type { Labels, Meter } from "./meter.ts";
import { Queue } from "./queue.ts";
import { GaveUp, retry } from "./retry.ts";
import { type RetryOnFailure, retryOnFailure, type SendingQueue, sendingQueue } from "./settings.ts";
import { orAbort, type Shutdown } from "./shutdown.ts";
import { ACCEPTED, isRefused, Refused, Rejected, type Running, type Sink } from "./sink.ts";
import { pushPieces, splitTooLarge } from "./split-too-large.ts";
import { TargetLog } from "./target-log.ts";
import { startPush, watch } from "./watch.ts";

/** What stands between the pipelines and one exporter, for one signal. */
export interface Delivery extends Sink, Running {}

export interface DeliveryParts extends Books {
  readonly signal: Signal;
  readonly exporter: Sink;
  readonly meter: Meter;
  readonly shutdown: Shutdown;
  readonly countsItself?: boolean;
  readonly pace?: Pace;
  readonly random?: () => number;
}

/** Where an exporter with `countsItself` says what became of the items that it took. Every item is told of exactly once. */
export interface OwnAccount {
  exported(items: number): void;
  /** `why` is for the log. */
  dropped(reason: string, items: number, why: string): void;
}

export function ownAccount(parts: Books & { readonly meter: Meter }, signal: Signal): OwnAccount {
  const { id, ledger } = parts;
  const meters = exporterMeters({ ...parts, signal });
  const log = new LossLog(parts.log);
  return {
    exported(items) {
      ledger.exported(id, signal, items);
      meters.delivered(items, 0);
    },
    dropped(reason, items, why) {
      ledger.dropped(id, reason, signal, items);
      meters.delivered(0, items);
      log.lost(reason, signal, items, why);
    },
  };
}

/** The keys of an exporter's config that belong to the river bed. */
export interface DeliverySettings {
  readonly sending_queue: SendingQueue;
  readonly retry_on_failure: RetryOnFailure;
}

export function deliverySettings(config: unknown): DeliverySettings {
  const known: Partial<DeliverySettings> = typeof config === "object" && config !== null ? config : {};
  return {
    sending_queue: known.sending_queue ?? sendingQueue().parse({}),
    retry_on_failure: known.retry_on_failure ?? retryOnFailure().parse({}),
  };
}

/** An exporter that is pushed to straight from the pipeline. */
export function directDelivery(parts: DeliveryParts): Delivery {
  const meters = exporterMeters(parts);
  if (parts.countsItself === true) {
    return { push: accountOwnExit(parts.exporter, parts, (items) => meters.delivered(0, items)).push, async [Symbol.asyncDispose]() {} };
  }
  return { push: accountExit(parts.exporter, parts, meters.delivered).push, async [Symbol.asyncDispose]() {} };
}

/** queue(account(cut(split(retry(exporter))))): every loss is counted once, where the queue's ownership ends. */
export function queuedDelivery(parts: DeliveryParts, settings: DeliverySettings): Delivery {
  const { id, meter, shutdown, exporter, pace = REAL_PACE } = parts;
  const meters = exporterMeters(parts);
  const queueSettings = settings.sending_queue;
  const targetLog = new TargetLog(parts.log, pace.nowMs);
  const heard = watch(
    exporter,
    () => targetLog.taken(),
    (_batch, error) => (error instanceof Error ? error : new Error(String(error), { cause: error })),
  );
  const refused = (error: Refused, waitMs: number): void => targetLog.refused(error, waitMs);
  const retried = retry(heard, { ...parts, settings: settings.retry_on_failure, refused });
  if (!queueSettings.enabled) {
    return { push: accountExit(splitTooLarge(retried), parts, meters.delivered).push, async [Symbol.asyncDispose]() {} };
  }

  const bounded = untilOutOfTime(retried, shutdown);
  const split = splitTooLarge(queueSettings.wait_for_result ? bounded : answerForRefusals(bounded));
  const { batch: batching } = queueSettings;
  const delivery = accountExit(batching === undefined ? split : cutting(split, batching.max_size, batching.sizer), parts, meters.delivered);
  const queue = new Queue({ id, settings: queueSettings, delivery, overflowed: meters.overflowed });

  const gauges = [
    meter.gauge("otelcol_exporter_queue_size", "Waiting in the sending queue, in the unit of its sizer.", meters.labels, () => queue.size),
    meter.gauge("otelcol_exporter_queue_capacity", "The most that the sending queue holds.", meters.labels, () => queue.capacity),
    meter.gauge(
      "otelcol_exporter_in_flight_requests",
      "Requests that the exporter is sending or waiting to send again.",
      meters.labels,
      () => queue.inFlight,
    ),
  ];
  return {
    push: (batch) => queue.push(batch),
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      for (const remove of gauges) remove();
    },
  };
}

/** What the retries gave up is lost, because the queue has told the sender that it was taken. */
function answerForRefusals(next: Sink): Sink {
  return {
    push(batch) {
      const pushed = startPush(next, batch);
      if (pushed === ACCEPTED) return pushed;
      return pushed.catch((error: unknown) => {
        if (!isRefused(error)) throw error;
        const reason = error instanceof GaveUp ? error.reason : "send_failed";
        throw new Rejected(error.message, { items: batch.count, reason, cause: error });
      });
    },
  };
}

/** A target that hangs must not hold up the end: what it has not answered by then counts as not delivered. */
function untilOutOfTime(next: Sink, { outOfTime }: Shutdown): Sink {
  return {
    push(batch) {
      const late = (): never => {
        throw new GaveUp("shutdown", new Refused("not delivered before the end", { retryAfterMs: 0, overload: false }));
      };
      if (outOfTime.aborted) return orAbort(ACCEPTED, outOfTime, late);
      const pushed = startPush(next, batch);
      return pushed === ACCEPTED ? pushed : orAbort(pushed, outOfTime, late);
    },
  };
}

function cutting(next: Sink, maxSize: number, sizer: "items" | "bytes"): Sink {
  return {
    push(batch) {
      const pieces = cut(batch, maxSize, sizer);
      return pieces.length === 1 ? startPush(next, batch) : pushPieces(pieces, (piece) => startPush(next, piece));
    },
  };
}

interface ExporterMeters {
  readonly labels: Labels;
  delivered(items: number, lost: number): void;
  overflowed(batch: Batch): void;
}

function exporterMeters({ id, meter, signal }: Pick<DeliveryParts, "id" | "meter" | "signal">): ExporterMeters {
  const labels = { exporter: id, data_type: signal };
  const words = ITEM_WORDS[signal];
  const sent = meter.counter(`otelcol_exporter_sent_${words}`, "Items that the target took.", labels);
  const failed = meter.counter(`otelcol_exporter_send_failed_${words}`, "Items that the target refused for good or that were given up.", labels);
  const overflowed = meter.counter(`otelcol_exporter_enqueue_failed_${words}`, "Items that found the sending queue full.", labels);
  return {
    labels,
    delivered: (items, lost) => {
      sent.add(items);
      failed.add(lost);
    },
    overflowed: (batch) => overflowed.add(batch.count),
  };
}

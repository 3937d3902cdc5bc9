import type { Clock } from "../../collector/model/time.ts";
import { type Pace, REAL_PACE } from "../../collector/pipeline/backoff.ts";
import { ACCEPTED, type ComponentContext, Refused, type Running, type Sink } from "../../collector/pipeline/define.ts";
import { ownAccount } from "../../collector/pipeline/delivery.ts";
import { randomHashKey } from "../../collector/pipeline/hash-key.ts";
import { ExpiryGuard } from "../../collector/series/expiry-guard.ts";
import { SeriesStore } from "../../collector/series/series-store.ts";
import { storeLog } from "../../collector/series/store-log.ts";
import { translationOf } from "../../collector/series/translation-settings.ts";
import { turnedDown } from "../../collector/series/turned-down.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { ListenerSlot } from "./listener-slot.ts";
import { openEndpoint } from "./open-endpoint.ts";
import { openOutbox } from "./open-outbox.ts";
import { PointWriter } from "./point-writer.ts";
import type { PrometheusRemoteWriteConfig } from "./prometheusremotewrite-config.ts";
import { TargetInfo } from "./target-info.ts";
import { WriteMeters } from "./write-meters.ts";

/** What tests replace. */
export interface RemoteWriteSurroundings {
  /** Wall clock. */
  readonly clock: Clock;
  readonly pace: Pace;
  readonly random: () => number;
}

const REAL: RemoteWriteSurroundings = { clock: { nowMs: () => Date.now() }, pace: REAL_PACE, random: Math.random };
/** What a sender is told to wait when the queue is full, ms. */
const RETRY_AFTER_MS = 1000;
/** 10 min: what Prometheus and Mimir take from the future. */
const MAX_AHEAD_MS = 600_000;
const NEVER = new AbortController().signal;

export interface RemoteWrite extends Sink, Running {
  /** Sends what has been taken without waiting for the deadline. */
  flush(): void;
  /** Ends the series that nothing has renewed. How many. */
  expire(): number;
}

export async function openPrometheusRemoteWrite(
  settings: PrometheusRemoteWriteConfig,
  context: ComponentContext,
  { clock, pace, random }: RemoteWriteSurroundings = REAL,
): Promise<RemoteWrite> {
  const translation = translationOf(settings, settings.external_labels);
  await using opened = new AsyncDisposableStack();
  const meters = opened.use(new WriteMeters(context.meter, context.id));
  const { endpoint, dialect } = opened.use(openEndpoint(settings, translation.strategy, context, clock));
  const account = ownAccount(context, "metrics");
  const outbox = openOutbox(settings, { context, endpoint, account, meters, pace, random, outOfTime: context.outOfTime ?? NEVER });

  const slot = new ListenerSlot();
  const store = new SeriesStore(
    translation,
    { maxSeries: settings.max_series, expirationMs: settings.metric_expiration },
    {
      keepExemplars: settings.send_exemplars,
      hashKey: randomHashKey(),
      listener: slot,
      maxAheadMs: MAX_AHEAD_MS,
      spreadCollisions: settings.spread_collisions,
      ...storeLog(context.log),
    },
  );
  const targetInfo = settings.target_info.enabled ? new TargetInfo(() => outbox.buffer(0), settings.namespace) : undefined;
  const writer = new PointWriter(
    store,
    outbox,
    {
      nativeHistograms: settings.native_histograms !== false,
      classicToNhcb: settings.convert_classic_to_nhcb,
      staleMarkers: settings.stale_markers,
      maxLabels: settings.max_labels_per_series,
      targetInfo,
    },
    clock,
  );
  slot.listener = writer;

  meters.gauge("protocol", "Remote write version that the receiver is spoken to in.", () => dialect.version);
  meters.gauge("queue_bytes", "What waits in memory.", () => outbox.memoryBytes, { place: "memory" });
  meters.gauge("queue_bytes", "What waits in memory.", () => outbox.diskBytes, { place: "disk" });
  meters.gauge("queue_age_seconds", "Age of the oldest request that waits.", () => outbox.ageMs / 1000);
  meters.gauge("series", "Series that are known.", () => store.table.live);

  let deadline: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(deadline);
    deadline = undefined;
    outbox.flush();
  };
  const expire = (): number => {
    const count = settings.metric_expiration === 0 ? 0 : store.expire(clock.nowMs());
    if (count > 0) flush();
    return count;
  };
  const guard = new ExpiryGuard(settings.metric_expiration, clock.nowMs(), performance.now());
  const expireInTime = (): void => {
    if (guard.mayExpire(clock.nowMs(), performance.now())) expire();
  };
  const expiry = setInterval(expireInTime, Math.min(Math.max(settings.metric_expiration / 4, 1000), 60_000)).unref();
  outbox.begin();
  const stack = opened.move();
  let closed: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    clearInterval(expiry);
    // What waits goes first: the stale markers come behind the last samples.
    flush();
    store.end(undefined, clock.nowMs());
    await outbox.close();
    await stack.disposeAsync();
  };
  return {
    push(batch) {
      if (batch.signal !== "metrics") return ACCEPTED;
      if (closed !== undefined || outbox.isFull) {
        const message = closed === undefined ? `the queue of ${context.id} is full` : `${context.id} is shutting down`;
        return Promise.reject(new Refused(message, { retryAfterMs: RETRY_AFTER_MS, overload: closed === undefined }));
      }
      writer.begin();
      const rejected = turnedDown(store.ingest(metricColumnsOf(batch), clock.nowMs()), writer.losses);
      // Points that say nothing new (the same again, the end of a series) are done with.
      account.exported(batch.count - writer.written - (rejected?.items ?? 0));
      deadline ??= setTimeout(flush, settings.batch_send_deadline).unref();
      return rejected === undefined ? ACCEPTED : Promise.reject(rejected);
    },
    flush,
    expire,
    [Symbol.asyncDispose]() {
      closed ??= close();
      return closed;
    },
  };
}

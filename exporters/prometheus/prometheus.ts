import type { Clock } from "../../collector/model/time.ts";
import { ACCEPTED, type ComponentContext, exporter, type Running, type Sink, z } from "../../collector/pipeline/define.ts";
import { randomHashKey } from "../../collector/pipeline/hash-key.ts";
import { duration, hostPort } from "../../collector/pipeline/settings.ts";
import { ExpiryGuard } from "../../collector/series/expiry-guard.ts";
import { SeriesStore } from "../../collector/series/series-store.ts";
import { storeLog } from "../../collector/series/store-log.ts";
import { labelRecord, translationOf, translationSettings } from "../../collector/series/translation-settings.ts";
import { turnedDown } from "../../collector/series/turned-down.ts";
import { allowsUtf8 } from "../../collector/wire/prometheus-name.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { Bodies } from "./bodies.ts";
import { NATIVE_HISTOGRAMS } from "./metric-writer.ts";
import { openScrapeServer } from "./scrape-server.ts";

const config = z.strictObject({
  endpoint: hostPort(),
  path: z
    .string()
    .regex(/^\/[^?#\s]*$/, "a path begins with /, and has no query and no blanks")
    .default("/metrics"),
  ...translationSettings,
  const_labels: labelRecord(),
  send_timestamps: z.boolean().default(false),
  /** OpenMetrics: `_created` lines, which servers without `created-timestamp-zero-ingestion` take for series. Protobuf always carries start times. */
  send_created: z.boolean().default(false),
  /** Exponential histograms in protobuf; text has them in classic buckets. */
  native_histograms: z.enum(NATIVE_HISTOGRAMS).default("with_classic_buckets"),
  /** Rendered lines that are kept from one scrape to the next, bytes; what does not fit is rendered anew, which costs ten times as much. */
  line_cache_bytes: z.int().min(0).default(33_554_432),
  /** 0 = never. */
  metric_expiration: duration().default(300_000),
  enable_open_metrics: z.boolean().default(true),
  /** OTLP series; their names, labels and values may take 1 KiB each on average. */
  max_series: z.int().min(1).default(500_000),
});
export type PrometheusConfig = z.output<typeof config>;

export const prometheus = exporter({
  type: "prometheus",
  about: "Holds the newest value of every series for Prometheus to scrape.",
  signals: ["metrics"],
  config,
  open: (settings, context) => openPrometheus(settings, context),
});

/** `clock` decides over expiry. */
export async function openPrometheus(
  settings: PrometheusConfig,
  context: ComponentContext,
  clock: Clock = { nowMs: () => Date.now() },
): Promise<Sink & Running & { expire(): number }> {
  const translation = translationOf(settings, settings.const_labels);
  const store = new SeriesStore(
    translation,
    { maxSeries: settings.max_series, expirationMs: settings.metric_expiration },
    { keepExemplars: true, hashKey: randomHashKey(), ...storeLog(context.log) },
  );
  const bodies = new Bodies(store, {
    utf8Names: allowsUtf8(translation.strategy),
    timestamps: settings.send_timestamps,
    created: settings.send_created,
    nativeHistograms: settings.native_histograms,
    keptBytes: settings.line_cache_bytes,
    onHidden: (family, name) =>
      context.log.warn({ metric: family.sample, name }, "this metric is not shown to some scrapers: as they ask for names, it has another one's"),
  });
  const server = await openScrapeServer({
    endpoint: settings.endpoint,
    path: settings.path,
    openMetrics: settings.enable_open_metrics,
    protobuf: true,
    log: context.log,
    render: (format) => bodies.render(format),
  });
  context.listening("", server.address);
  const labels = { exporter: context.id };
  const unmeters = [
    context.meter.gauge("pitwall_prometheus_series", "Series that the scrape endpoint shows.", labels, () => store.table.live),
    context.meter.gauge("pitwall_prometheus_hidden", HIDDEN_HELP, labels, () => bodies.hidden),
  ];
  const expire = () => (settings.metric_expiration === 0 ? 0 : store.expire(clock.nowMs()));
  const guard = new ExpiryGuard(settings.metric_expiration, clock.nowMs(), performance.now());
  const expireInTime = (): void => {
    if (guard.mayExpire(clock.nowMs(), performance.now())) expire();
  };
  const timer = setInterval(expireInTime, Math.min(Math.max(settings.metric_expiration / 4, 1000), 60_000)).unref();
  return {
    push(batch) {
      if (batch.signal !== "metrics") return ACCEPTED;
      const rejected = turnedDown(store.ingest(metricColumnsOf(batch), clock.nowMs()));
      return rejected === undefined ? ACCEPTED : Promise.reject(rejected);
    },
    expire,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const unmeter of unmeters) unmeter();
      await server[Symbol.asyncDispose]();
    },
  };
}

const HIDDEN_HELP =
  "Metrics and series that some scraper does not see, since under the escaping that it asks for they have the name or labels of another one.";

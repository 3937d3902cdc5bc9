import type { Clock } from "../../collector/model/time.ts";
import { ACCEPTED, type ComponentContext, exporter, Rejected, type Running, type Sink, z } from "../../collector/pipeline/define.ts";
import { randomHashKey } from "../../collector/pipeline/hash-key.ts";
import { duration, hostPort } from "../../collector/pipeline/settings.ts";
import { type Losses, SeriesStore } from "../../collector/series/series-store.ts";
import { allowsUtf8, TRANSLATION_STRATEGIES } from "../../collector/wire/prometheus-name.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { renderExposition } from "./exposition.ts";
import { Page } from "./page.ts";
import { openScrapeServer } from "./scrape-server.ts";

const config = z.strictObject({
  endpoint: hostPort(),
  path: z.string().regex(/^\//, "a path begins with /").default("/metrics"),
  namespace: z.string().default(""),
  const_labels: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "not a label name"), z.string()).default({}),
  send_timestamps: z.boolean().default(false),
  /** 0 = never. */
  metric_expiration: duration().default(300_000),
  enable_open_metrics: z.boolean().default(true),
  add_metric_suffixes: z.boolean().default(true),
  translation_strategy: z.enum(TRANSLATION_STRATEGIES).optional(),
  resource_to_telemetry_conversion: z.strictObject({ enabled: z.boolean().default(false) }).default({ enabled: false }),
  without_scope_info: z.boolean().default(false),
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
  const strategy =
    settings.translation_strategy ?? (settings.add_metric_suffixes ? "UnderscoreEscapingWithSuffixes" : "UnderscoreEscapingWithoutSuffixes");
  const store = new SeriesStore(
    {
      strategy,
      namespace: settings.namespace,
      constLabels: settings.const_labels,
      promoteResource: settings.resource_to_telemetry_conversion.enabled,
      scopeInfo: !settings.without_scope_info,
    },
    { maxSeries: settings.max_series, expirationMs: settings.metric_expiration },
    {
      keepExemplars: settings.enable_open_metrics,
      hashKey: randomHashKey(),
      onConflict: (metric, name) =>
        context.log.warn({ metric, name }, "this metric is not shown: its Prometheus name is empty, or taken by another type"),
    },
  );
  const server = await openScrapeServer({
    endpoint: settings.endpoint,
    path: settings.path,
    openMetrics: settings.enable_open_metrics,
    utf8: allowsUtf8(strategy),
    log: context.log,
    render: rendererOf(store, settings.send_timestamps),
  });
  context.listening("", server.address);
  const unmeter = context.meter.gauge(
    "pitwall_prometheus_series",
    "Series that the scrape endpoint shows.",
    { exporter: context.id },
    () => store.table.live,
  );
  const expire = () => (settings.metric_expiration === 0 ? 0 : store.expire(clock.nowMs()));
  const timer = setInterval(expire, Math.min(Math.max(settings.metric_expiration / 4, 1000), 60_000)).unref();
  return {
    push(batch) {
      if (batch.signal !== "metrics") return ACCEPTED;
      const losses = store.ingest(metricColumnsOf(batch), clock.nowMs());
      return losses === undefined ? ACCEPTED : Promise.reject(rejected(losses));
    },
    expire,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      unmeter();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Above this a body is rendered anew for every scrape, and its memory is free again when it has been sent. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/** Renders anew only when something has changed since: two scrapers cost one. */
function rendererOf(store: SeriesStore, timestamps: boolean): (format: { readonly openMetrics: boolean }) => Buffer {
  let page = new Page(0);
  const kept = new Map<boolean, { readonly version: number; readonly body: Buffer }>();
  return ({ openMetrics }) => {
    const known = kept.get(openMetrics);
    if (known?.version === store.version) return known.body;
    renderExposition(store, page, { openMetrics, timestamps });
    if (page.length > MAX_KEPT_BYTES) {
      const body = page.bytes.subarray(0, page.length);
      kept.clear();
      page = new Page(body.length);
      return body;
    }
    // A copy: an earlier body may still be on its way to a slow scraper.
    const body = Buffer.from(page.bytes.subarray(0, page.length));
    kept.set(openMetrics, { version: store.version, body });
    return body;
  };
}

/** What the reasons mean, for the sender's eyes. */
const REASONS: Readonly<Record<string, string>> = {
  series_limit: "new series beyond max_series, or with longer names and labels than there is room for",
  type_conflict: "the Prometheus name belongs to a metric of another type",
  invalid_name: "nothing of the name is left in Prometheus' alphabet",
  unspecified_temporality: "aggregation temporality is not set",
  duplicate: "the same delta twice",
  late: "a delta that overlaps what was counted",
  invalid_histogram: "bucket bounds out of order or too many, or a scale out of range",
  invalid_summary: "quantiles out of order or too many",
  no_value: "a data point without a value",
};

function rejected(losses: Losses): Rejected {
  const parts = [...losses].map(([reason, items]) => ({ reason, items })).sort((a, b) => b.items - a.items);
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  const message = parts.map((part) => `${part.items} × ${part.reason} (${REASONS[part.reason] ?? part.reason})`).join("; ");
  return new Rejected(message, { items, reason: parts[0]?.reason ?? "rejected", parts });
}

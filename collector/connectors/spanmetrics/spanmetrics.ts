import type { Clock } from "../../model/time.ts";
import { ACCEPTED, type ComponentContext, type Outlet, type Running, type Sink, stage, z } from "../../pipeline/define.ts";
import { randomHashKey } from "../../pipeline/hash-key.ts";
import { duration } from "../../pipeline/settings.ts";
import { batchOf } from "../../wire/otlp-batch.ts";
import { traceColumns, traceColumnsOf } from "../../wire/scan-batch.ts";
import { redMetrics } from "./red-metrics.ts";
import { SpanCells } from "./span-cells.ts";

/** otelcol's default bounds, in ms. */
const DEFAULT_BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];

/** Route, method and status by their names in the semantic conventions; otelcol has no dimensions unless told. */
const DEFAULT_DIMENSIONS = [{ name: "http.route" }, { name: "http.request.method" }, { name: "http.response.status_code" }];

/** What older instrumentations call the same thing. */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  "http.request.method": "http.method",
  "http.response.status_code": "http.status_code",
};

const rising = (bounds: readonly number[]) => bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] as number));

const config = z.strictObject({
  namespace: z.string().default("traces.span.metrics"),
  dimensions: z
    .array(z.strictObject({ name: z.string().min(1).max(127), default: z.string().optional() }))
    .max(16)
    .default(DEFAULT_DIMENSIONS),
  histogram: z
    .strictObject({
      unit: z.enum(["ms", "s"]).default("ms"),
      explicit: z
        .strictObject({ buckets: z.array(duration()).min(1).max(160).refine(rising, "bucket bounds must rise") })
        .default({ buckets: DEFAULT_BOUNDS_MS }),
    })
    .default({ unit: "ms", explicit: { buckets: DEFAULT_BOUNDS_MS } }),
  /** otelcol's is a minute, which is half of a short load test. */
  metrics_flush_interval: duration().default(5000),
  aggregation_temporality: z.literal("AGGREGATION_TEMPORALITY_CUMULATIVE").default("AGGREGATION_TEMPORALITY_CUMULATIVE"),
  /** 0 = no limit (otelcol's default). */
  aggregation_cardinality_limit: z.int().min(0).default(10_000),
});
export type SpanmetricsConfig = z.output<typeof config>;

export const spanmetrics = stage({
  type: "spanmetrics",
  about: "Counts spans and measures their durations, by service, span name, kind, status and chosen attributes.",
  signals: ["traces"],
  produces: ["metrics"],
  config,
  open: (settings, next, context) => openSpanmetrics(settings, next, context),
});

/** `flush` writes what has been counted so far; the interval calls it. */
export async function openSpanmetrics(
  settings: SpanmetricsConfig,
  next: Outlet,
  context: ComponentContext,
  clock: Clock = { nowMs: () => Date.now() },
): Promise<Sink & Running & { flush(): Promise<void> }> {
  const boundsMs = settings.histogram.explicit.buckets;
  const dimensions = settings.dimensions.map(({ name }) => {
    const older = OLDER_NAMES[name];
    return { slot: traceColumns.want(name), olderSlot: older === undefined ? -1 : traceColumns.want(older) };
  });
  const cells = new SpanCells({ boundsMs, dimensions, hashKey: randomHashKey(), limit: settings.aggregation_cardinality_limit });
  const options = { namespace: settings.namespace, unit: settings.histogram.unit, boundsMs, dimensions: settings.dimensions };
  let lastFlushMs = clock.nowMs();
  let flushing: Promise<void> | undefined;

  /** What a refusing exporter does not take now it gets with the next flush: the counts are cumulative. */
  async function push(): Promise<void> {
    if (cells.length === 0) return;
    const nowMs = clock.nowMs();
    try {
      const metrics = redMetrics(cells, options, nowMs);
      lastFlushMs = nowMs;
      await next.push(batchOf("metrics", metrics));
    } catch (error) {
      context.log.warn({ error: String(error) }, "the span metrics were not taken; the next flush repeats them");
    }
  }
  function flush(): Promise<void> {
    flushing ??= push().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }
  const timer = settings.metrics_flush_interval > 0 ? setInterval(flush, settings.metrics_flush_interval).unref() : undefined;
  return {
    push(batch) {
      if (batch.signal !== "traces") return ACCEPTED;
      cells.observe(traceColumnsOf(batch), lastFlushMs);
      return ACCEPTED;
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flushing;
      await flush();
    },
  };
}

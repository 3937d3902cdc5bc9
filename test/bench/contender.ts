import type { Signal } from "../../collector/model/batch.ts";
import { OTLP_RECEIVER, startCollector, TELEMETRY } from "../interop/collector-process.ts";
import { counterTotal, type Sample, scrape } from "../interop/exposition.ts";
import { startOtelcol } from "../interop/otelcol-process.ts";
import { type LoadTarget, SERVER_CORE } from "./load.ts";

/** A server under test, pinned to its core. */
export interface Contender extends LoadTarget, AsyncDisposable {
  readonly name: "pitwall" | "otelcol";
  readonly pid: number;
  selfMetrics(): Promise<readonly Sample[]>;
  /** Only ours: where its `prometheus` exporter is scraped. */
  readonly scrapeUrl?: string;
}

const ITEM_NAMES: Readonly<Record<Signal, string>> = { traces: "spans", metrics: "metric_points", logs: "log_records" };

/** What its own counters say it has accepted from senders. */
export async function accepted(contender: Contender, signal: Signal): Promise<number> {
  return counterTotal(await contender.selfMetrics(), `otelcol_receiver_accepted_${ITEM_NAMES[signal]}`, { receiver: "otlp" });
}

/** What its exporter has delivered. */
export async function sent(contender: Contender, signal: Signal): Promise<number> {
  return counterTotal(await contender.selfMetrics(), `otelcol_exporter_sent_${ITEM_NAMES[signal]}`);
}

/** The peer of most benches: decodes and throws away. */
export function otelcolNop(): Promise<Contender> {
  return otelcol({ nop: {} });
}

export async function otelcol(exporters: Readonly<Record<string, unknown>>): Promise<Contender> {
  const pipeline = { exporters: Object.keys(exporters) };
  const pipelines = { traces: pipeline, metrics: pipeline, logs: pipeline };
  const started = await startOtelcol({ exporters, pipelines, cores: SERVER_CORE, discardStderr: true });
  return {
    ...started,
    name: "otelcol",
    selfMetrics: () => scrape(started.selfMetricsUrl),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

/** Bounds of the 15 buckets of http.server.request.duration, as the span metrics get them. */
const DURATION_BUCKETS = ["5ms", "10ms", "25ms", "50ms", "75ms", "100ms", "250ms", "500ms", "750ms", "1s", "2500ms", "5s", "7500ms", "10s"];

/** Spans into request rates, errors and durations by service, route, method and status. */
const SPANMETRICS = {
  histogram: { explicit: { buckets: DURATION_BUCKETS } },
  dimensions: [{ name: "http.route" }, { name: "http.request.method" }, { name: "http.response.status_code" }],
};

/** The work of the ingest benches: every value and bucket of metrics into scrapeable state, spans into span metrics. */
export function pitwallScrapeable(): Promise<Contender> {
  return pitwall({
    receivers: { otlp: OTLP_RECEIVER },
    connectors: { spanmetrics: SPANMETRICS },
    exporters: { prometheus: { endpoint: "127.0.0.1:0" } },
    service: {
      telemetry: TELEMETRY,
      pipelines: {
        traces: { receivers: ["otlp"], exporters: ["spanmetrics"] },
        metrics: { receivers: ["otlp", "spanmetrics"], exporters: ["prometheus"] },
      },
    },
  });
}

export async function pitwall(config: object): Promise<Contender> {
  const started = await startCollector({ config, form: "built", cores: SERVER_CORE, discardStdout: true });
  const scrapeEndpoint = started.endpointOrNone("prometheus");
  return {
    name: "pitwall",
    pid: started.pid,
    httpEndpoint: started.endpoint("otlp.http"),
    grpcEndpoint: started.endpoint("otlp.grpc"),
    ...(scrapeEndpoint === undefined ? {} : { scrapeUrl: `http://${scrapeEndpoint}/metrics` }),
    selfMetrics: () => scrape(started.selfMetricsUrl),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, ChildFailed } from "./child.ts";

/** The two processes of the demo. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Generous for a slow or busy machine; usually well under a second. */
const READY_MS = 20_000;

export interface DemoCollector {
  readonly child: Child;
  readonly otlpUrl: string;
  readonly scrapeUrl: string;
  readonly selfMetricsUrl: string;
  /** `host:port` of the run API. */
  readonly api: string;
  /** All telemetry as OTLP/JSON lines. */
  readonly telemetryFile: string;
}

/** Starts the collector as anybody would, by its command line, from its built form where there is one. Throws `ChildFailed`. */
export async function startCollector(folder: string, runsFolder: string): Promise<DemoCollector> {
  const telemetryFile = join(folder, "telemetry.jsonl");
  const configFile = join(folder, "collector.yaml");
  await writeFile(configFile, collectorConfig(telemetryFile, runsFolder));
  const child = new Child({ name: "collector", args: [launcher(), "start", "--config", configFile, "--log-format", "json"], env: {} });
  try {
    const ready = await child.waitFor("ready", READY_MS);
    const endpoints = typeof ready["endpoints"] === "object" && ready["endpoints"] !== null ? ready["endpoints"] : {};
    const address = (key: string) => {
      const found: unknown = Reflect.get(endpoints, key);
      if (typeof found === "string") return found;
      throw new ChildFailed(`the collector's ready line names no ${key}: ${JSON.stringify(ready)}`);
    };
    const url = (key: string) => `http://${address(key)}`;
    return {
      child,
      otlpUrl: url("otlp.http"),
      scrapeUrl: `${url("prometheus")}/metrics`,
      selfMetricsUrl: `${url("telemetry.metrics")}/metrics`,
      api: address("runs"),
      telemetryFile,
    };
  } catch (error) {
    child[Symbol.dispose]();
    throw error;
  }
}

/** The program as anybody would start it; from its built form where there is one. Throws `ChildFailed`. */
export function launcher(): string {
  const found = ["bin/pitwall.cjs", "collector/cli/main.ts"].map((file) => join(ROOT, file)).find(existsSync);
  if (found === undefined) throw new ChildFailed("the collector is not there: neither bin/pitwall.cjs nor collector/cli/main.ts exists");
  return found;
}

/** JSON is YAML, and needs no thought about quoting. */
function collectorConfig(telemetryFile: string, runsFolder: string): string {
  const free = "127.0.0.1:0";
  return JSON.stringify(
    {
      receivers: { otlp: { protocols: { http: { endpoint: free } } } },
      exporters: { prometheus: { endpoint: free }, file: { path: telemetryFile } },
      connectors: { spanmetrics: { metrics_flush_interval: "1s" }, runs: { endpoint: free, directory: runsFolder } },
      service: {
        telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: "127.0.0.1", port: 0 } } } }] } },
        pipelines: {
          traces: { receivers: ["otlp"], exporters: ["file", "spanmetrics", "runs"] },
          metrics: { receivers: ["otlp"], exporters: ["file", "prometheus", "runs"] },
          "metrics/runs": { receivers: ["runs"], exporters: ["prometheus"] },
          "logs/runs": { receivers: ["runs"], exporters: ["file"] },
          "metrics/spans": { receivers: ["spanmetrics"], exporters: ["prometheus"] },
          logs: { receivers: ["otlp"], exporters: ["file", "runs"] },
        },
      },
    },
    null,
    2,
  );
}

export interface DemoServer {
  readonly child: Child;
  readonly baseUrl: string;
}

/**
 * Starts the sample server with telemetry on. Its store is slow (150 ms a scan) and a play outdates its gallery cache twice in three seconds, so that
 * each rebuild holds the requests that come meanwhile, and permits sink near the peak.
 */
export async function startServer(otlpUrl: string, maxConcurrentRequests: number): Promise<DemoServer> {
  const child = new Child({
    name: "sample server",
    args: [join(ROOT, "loadtest/api-server/main.ts")],
    hasIpc: true,
    env: {
      ...withoutTelemetrySettings(),
      GENARRATIVE_OTEL_ENABLED: "true",
      GENARRATIVE_API_LISTEN: "127.0.0.1:0",
      PORT: undefined,
      GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: String(maxConcurrentRequests),
      GENARRATIVE_STORE_LATENCY_MS: "150",
      GENARRATIVE_PLAY_INTERVAL_MS: "1500",
      GENARRATIVE_API_LOG: "warn",
      OTEL_SERVICE_NAME: "genarrative-api",
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
      OTEL_METRIC_EXPORT_INTERVAL: "1000",
      OTEL_BSP_SCHEDULE_DELAY: "500",
      OTEL_BLRP_SCHEDULE_DELAY: "500",
      // The SDK drops silently what does not fit into its queues (2048 by default).
      OTEL_BSP_MAX_QUEUE_SIZE: "50000",
      OTEL_BLRP_MAX_QUEUE_SIZE: "50000",
    },
  });
  try {
    const ready = await child.waitFor("ready", READY_MS);
    return { child, baseUrl: `http://${String(ready["address"])}` };
  } catch (error) {
    child[Symbol.dispose]();
    throw error;
  }
}

/** What the shell says about telemetry or the server (another endpoint, a sampler, a switched-off entry) must not reach the demo. */
function withoutTelemetrySettings(): Readonly<Record<string, undefined>> {
  return Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:OTEL_|GENARRATIVE_)/.test(name))
      .map((name) => [name, undefined]),
  );
}

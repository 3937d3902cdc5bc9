import * as api from "@opentelemetry/api";
import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import type { RequestLogger } from "./http-metrics.ts";

export interface Telemetry extends AsyncDisposable {
  readonly meter: api.Meter;
  readonly tracer: api.Tracer;
  readonly logger: RequestLogger;
}

export interface TelemetryOptions {
  /** Used unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES names the service. */
  readonly serviceName: string;
  /** Between two exports of metrics, unless OTEL_METRIC_EXPORT_INTERVAL says so. Default 5000 ms: the SDK's 60 s are longer than many a load test. */
  readonly metricIntervalMs?: number;
  /** How long closing may take until what is left is given up. Default 10 000 ms. */
  readonly closeTimeoutMs?: number;
  /** Told in words when telemetry cannot be sent; at most once a minute. Default: a line on stderr. */
  readonly warn?: (message: string) => void;
}

/**
 * Starts the OpenTelemetry SDK that is installed beside the server: `await using telemetry = await startTelemetry({ serviceName: "my-api" })`.
 * Disposing sends what is left, and never throws: a server must not fail because its telemetry does.
 *
 * All `OTEL_*` variables count. Metrics go by @opentelemetry/exporter-metrics-otlp-http (OTLP/JSON) unless a protocol is asked for in
 * OTEL_EXPORTER_OTLP[_METRICS]_PROTOCOL; traces and logs as the SDK does (http/protobuf).
 * Throws an Error that says what to install where @opentelemetry/sdk-node is missing.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const warn = options.warn ?? ((message: string) => process.stderr.write(`${message}\n`));
  warnAboutExports(warn);
  const { NodeSDK } = await loadSdk();
  const reader = await metricReader(options.metricIntervalMs ?? 5000);
  const sdk = new NodeSDK({
    ...(namedByEnvironment() ? {} : { serviceName: options.serviceName }),
    ...(reader === undefined ? {} : { metricReaders: [reader] }),
  });
  sdk.start();

  let closing: Promise<void> | undefined;
  const close = async () => {
    const { promise: timedOut, resolve: giveUp } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => giveUp("late"), options.closeTimeoutMs ?? 10_000);
    try {
      if ((await Promise.race([sdk.shutdown(), timedOut])) === "late") warn("OpenTelemetry: not sent in time; what was left is lost.");
    } catch (error) {
      warn(`OpenTelemetry: what was left could not be sent: ${words(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    meter: api.metrics.getMeter(SCOPE),
    tracer: api.trace.getTracer(SCOPE),
    logger: await loggerOf(SCOPE),
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Measures, traces and logs nothing: for servers that have telemetry switched off. */
export function noTelemetry(): Telemetry {
  return {
    meter: api.createNoopMeter(),
    tracer: new api.ProxyTracerProvider().getTracer(SCOPE),
    logger: { emit: () => undefined },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Name of the instrumentation scope. */
const SCOPE = "pitwall/instrument";

async function loadSdk(): Promise<typeof import("@opentelemetry/sdk-node")> {
  try {
    return await import("@opentelemetry/sdk-node");
  } catch (error) {
    throw new Error("startTelemetry needs the OpenTelemetry SDK: npm install @opentelemetry/api @opentelemetry/sdk-node", { cause: error });
  }
}

/** Undefined = the SDK makes its own from the environment. */
async function metricReader(defaultIntervalMs: number): Promise<IMetricReader | undefined> {
  const env = process.env;
  const exporters = env["OTEL_METRICS_EXPORTER"]?.trim();
  const asksForProtocol = env["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] || env["OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (asksForProtocol || (exporters && exporters !== "otlp")) {
    env["OTEL_METRIC_EXPORT_INTERVAL"] ??= String(defaultIntervalMs);
    return undefined;
  }
  const [sdkMetrics, otlp] = await Promise.all([import("@opentelemetry/sdk-metrics"), import("@opentelemetry/exporter-metrics-otlp-http")]).catch(
    () => [undefined, undefined],
  );
  if (sdkMetrics === undefined || otlp === undefined) return undefined;
  const intervalMs = positive(env["OTEL_METRIC_EXPORT_INTERVAL"]) ?? defaultIntervalMs;
  return new sdkMetrics.PeriodicExportingMetricReader({
    exporter: new otlp.OTLPMetricExporter(),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(positive(env["OTEL_METRIC_EXPORT_TIMEOUT"]) ?? 30_000, intervalMs),
  });
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return value > 0 ? value : undefined;
}

function namedByEnvironment(): boolean {
  return Boolean(process.env["OTEL_SERVICE_NAME"]) || /(?:^|,)\s*service\.name=/.test(process.env["OTEL_RESOURCE_ATTRIBUTES"] ?? "");
}

async function loggerOf(scope: string): Promise<RequestLogger> {
  const inApi: typeof api.logs | undefined = api.logs;
  if (inApi !== undefined) return inApi.getLogger(scope);
  // Before 1.10 the logs API was a package of its own, which the SDK of that time brings.
  const { logs } = await import("@opentelemetry/api-logs");
  return logs.getLogger(scope) as RequestLogger;
}

const MS_BETWEEN_WARNINGS = 60_000;

/** The SDK reports failed exports only to its diagnostic log, which is off by default: then nobody learns that a port is wrong. */
function warnAboutExports(warn: (message: string) => void): void {
  if (process.env["OTEL_LOG_LEVEL"]) return;
  let quietUntil = 0;
  const say = (message: string, ...more: unknown[]) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + MS_BETWEEN_WARNINGS;
    warn(`OpenTelemetry: ${[message, ...more].map(words).join(" ")}`);
  };
  const nothing = () => undefined;
  api.diag.setLogger({ error: say, warn: nothing, info: nothing, debug: nothing, verbose: nothing }, { logLevel: api.DiagLogLevel.ERROR });
}

/** The SDK's error handler gives an error as the JSON of its fields (@opentelemetry/core, logging-error-handler). */
function words(part: unknown): string {
  if (part instanceof Error) return part.message;
  const text = String(part);
  return /^\{.*"message":"((?:[^"\\]|\\.)*)"/s.exec(text)?.[1] ?? text;
}

import { OTLPLogExporter as GrpcLogs } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonLogs } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogs } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as GrpcMetrics } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as JsonMetrics } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetrics } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcTraces } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonTraces } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraces } from "@opentelemetry/exporter-trace-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

export const JS_PROTOCOLS = ["http/protobuf", "http/json", "grpc"] as const;
export type JsProtocol = (typeof JS_PROTOCOLS)[number];

export interface JsClient {
  readonly protocol: JsProtocol;
  readonly gzip: boolean;
  readonly serviceName: string;
  readonly httpEndpoint: string;
  readonly grpcEndpoint: string;
}

const TRACES = { "http/protobuf": ProtoTraces, "http/json": JsonTraces, grpc: GrpcTraces };
const METRICS = { "http/protobuf": ProtoMetrics, "http/json": JsonMetrics, grpc: GrpcMetrics };
const LOGS = { "http/protobuf": ProtoLogs, "http/json": JsonLogs, grpc: GrpcLogs };

/** An hour: what is sent goes with the shutdown, in one request. */
const NEVER_MS = 3_600_000;

export async function sendSpans(client: JsClient, items: number): Promise<void> {
  const exporter = new TRACES[client.protocol](exporterOptions(client, "traces"));
  const provider = new TracerProvider({ resource: resource(client), spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const tracer = provider.getTracer("client");
  for (let index = 0; index < items; index++) {
    const span = tracer.startSpan(`request ${index}`, { attributes: { "http.route": "/works", "client.index": index, nested: ["a", "b"] } });
    span.addEvent("written", { bytes: index });
    span.end();
  }
  await provider.shutdown();
}

export async function sendMetrics(client: JsClient, items: number): Promise<void> {
  const exporter = new METRICS[client.protocol](exporterOptions(client, "metrics"));
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER_MS });
  const provider = new MeterProvider({ resource: resource(client), readers: [reader] });
  const meter = provider.getMeter("client");
  const counter = meter.createCounter("client.requests", { unit: "{request}" });
  const histogram = meter.createHistogram("client.duration", { unit: "s" });
  const route = { "http.route": "/works" };
  for (let index = 0; index < items; index++) {
    counter.add(1, route);
    histogram.record(index / 100, route);
  }
  meter.createGauge("client.memory", { unit: "By" }).record(1_048_576);
  await provider.shutdown();
}

export async function sendLogs(client: JsClient, items: number): Promise<void> {
  const exporter = new LOGS[client.protocol](exporterOptions(client, "logs"));
  const provider = new LoggerProvider({ resource: resource(client), processors: [new BatchLogRecordProcessor({ exporter })] });
  const logger = provider.getLogger("client");
  for (let index = 0; index < items; index++) {
    logger.emit({ severityNumber: 9, severityText: "INFO", body: `request ${index} done`, attributes: { "client.index": index } });
  }
  await provider.shutdown();
}

function resource(client: JsClient) {
  return resourceFromAttributes({ "service.name": client.serviceName, "loadtest.run.id": "interop" });
}

function exporterOptions(client: JsClient, signal: "traces" | "metrics" | "logs") {
  const compression = client.gzip ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
  const url = client.protocol === "grpc" ? `http://${client.grpcEndpoint}` : `http://${client.httpEndpoint}/v1/${signal}`;
  return { url, compression, timeoutMillis: 5000 };
}

import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Attributes, SpanKind } from "@opentelemetry/api";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { type CatalogMetric, METRICS } from "../../collector/model/catalog.ts";
import { PROJECT_FOLDER } from "../peers/peers.ts";

/** The request bodies that the bench posts: what the official JS SDK sends for the seeds' server. Made once, kept in `.pitwall/bench`. */

export type PayloadName = "metrics-200" | "metrics-700" | "traces-100" | "traces-1k";
export type PayloadForm = "protobuf" | "protobuf-gzip" | "json" | "grpc";

export interface Payload {
  readonly name: PayloadName;
  readonly form: PayloadForm;
  readonly signal: "metrics" | "traces";
  /** Data points or spans in one body. */
  readonly items: number;
  readonly file: string;
  readonly sizeBytes: number;
}

const FOLDER = join(PROJECT_FOLDER, ".pitwall/bench");
const EXTENSIONS: Readonly<Record<PayloadForm, string>> = { protobuf: "pb", "protobuf-gzip": "pb.gz", json: "json", grpc: "grpc" };
const SHAPES: Readonly<Record<PayloadName, { readonly signal: "metrics" | "traces"; readonly items: number }>> = {
  "metrics-200": { signal: "metrics", items: 200 },
  "metrics-700": { signal: "metrics", items: 700 },
  "traces-100": { signal: "traces", items: 100 },
  "traces-1k": { signal: "traces", items: 1000 },
};
const ROUTES = [
  "/api/runtime/puzzle/gallery",
  "/api/runtime/puzzle/gallery/{profile_id}",
  "/api/runtime/custom-world-gallery",
  "/api/runtime/custom-world-gallery/{owner_user_id}/{profile_id}",
  "/api/runtime/custom-world-gallery/by-code/{code}",
  "/api/runtime/puzzle/works",
  "/api/runtime/puzzle/works/{profile_id}",
  "/api/runtime/custom-world/works",
];
const METHODS = ["GET", "POST", "PUT", "DELETE"];
const STATUSES = [200, 201, 204, 304, 400, 401, 404, 429, 500, 502, 503, 504];
const RESOURCE = resourceFromAttributes({
  "service.name": "genarrative-api",
  "service.namespace": "genarrative",
  "service.version": "1.4.2",
  "service.instance.id": "627cc493-f310-47de-96bd-71410b7dec09",
  "deployment.environment.name": "loadtest",
  "host.name": "loadtest-target-01",
  "os.type": "linux",
  "process.pid": 4711,
  "telemetry.distro.name": "pitwall-bench",
});

export async function loadPayload(name: PayloadName, form: PayloadForm): Promise<Payload> {
  const { signal, items } = SHAPES[name];
  const file = join(FOLDER, `${name}.${EXTENSIONS[form]}`);
  if (!existsSync(file)) {
    mkdirSync(FOLDER, { recursive: true });
    const [protobuf, json] = signal === "metrics" ? await metricBodies(items) : await traceBodies(items);
    const write = (written: PayloadForm, body: Buffer) => writeFileSync(join(FOLDER, `${name}.${EXTENSIONS[written]}`), body);
    write("protobuf", protobuf);
    write("protobuf-gzip", gzipSync(protobuf));
    write("json", json);
    write("grpc", grpcMessage(protobuf));
  }
  return { name, form, signal, items, file, sizeBytes: readFileSync(file).length };
}

/** A gRPC length-prefixed message, uncompressed (PROTOCOL-HTTP2.md of the grpc repository). */
function grpcMessage(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

async function metricBodies(points: number): Promise<readonly [Buffer, Buffer]> {
  return captureBoth(async (url, json) => {
    const exporter = json ? new JsonMetricExporter({ url }) : new ProtoMetricExporter({ url });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] });
    recordMetrics(provider, points);
    await provider.shutdown();
  });
}

/** One point of every metric of the catalogue, then request durations and counts by route, method and status until there are `points`. */
function recordMetrics(provider: MeterProvider, points: number): void {
  const meter = provider.getMeter("pitwall-bench", "1.0.0");
  const singles = Object.values(METRICS).filter((metric) => metric.name !== METRICS.httpServerRequestDuration.name);
  for (const [index, metric] of singles.entries()) recordOnce(meter, metric, index);
  const duration: CatalogMetric = METRICS.httpServerRequestDuration;
  const histogram = meter.createHistogram(duration.name, {
    unit: duration.unit,
    advice: { explicitBucketBoundaries: [...(duration.boundaries ?? [])] },
  });
  const counter = meter.createCounter("http.server.requests", { unit: "{request}" });
  for (let index = singles.length; index < points; index++) {
    const pair = (index - singles.length) >> 1;
    const attributes = requestAttributes(pair);
    if ((index - singles.length) % 2 === 1) counter.add(1000 + pair, attributes);
    else for (let sample = 0; sample < 40; sample++) histogram.record(0.004 * 1.17 ** ((sample * 7 + pair) % 40), attributes);
  }
}

function recordOnce(meter: ReturnType<MeterProvider["getMeter"]>, metric: CatalogMetric, index: number): void {
  const attributes: Attributes = Object.fromEntries(metric.attributes.map((key) => [key, "gallery"]));
  const { unit, description } = metric;
  const value = 1000 + index * 7919;
  if (metric.instrument === "counter") meter.createCounter(metric.name, { unit, description }).add(value, attributes);
  else if (metric.instrument === "updowncounter") meter.createUpDownCounter(metric.name, { unit, description }).add(value, attributes);
  else if (metric.instrument === "gauge") meter.createGauge(metric.name, { unit, description }).record(value, attributes);
  else {
    const advice = metric.boundaries === undefined ? {} : { advice: { explicitBucketBoundaries: [...metric.boundaries] } };
    const histogram = meter.createHistogram(metric.name, { unit, description, ...advice });
    for (let sample = 0; sample < 40; sample++) histogram.record(0.5 * 1.2 ** sample, attributes);
  }
}

function requestAttributes(index: number): Attributes {
  return {
    "http.route": ROUTES[index % ROUTES.length] as string,
    "http.request.method": METHODS[Math.floor(index / ROUTES.length) % METHODS.length] as string,
    "http.response.status_code": STATUSES[Math.floor(index / (ROUTES.length * METHODS.length)) % STATUSES.length] as number,
  };
}

async function traceBodies(spans: number): Promise<readonly [Buffer, Buffer]> {
  return captureBoth(async (url, json) => {
    const exporter = json ? new JsonTraceExporter({ url }) : new ProtoTraceExporter({ url });
    const processor = new BatchSpanProcessor({ exporter, maxExportBatchSize: spans, maxQueueSize: spans, scheduledDelayMillis: 3_600_000 });
    const provider = new TracerProvider({ resource: RESOURCE, spanProcessors: [processor] });
    const tracer = provider.getTracer("pitwall-bench", "1.0.0");
    const startMs = 1_790_000_000_000;
    for (let index = 0; index < spans; index++) {
      const route = ROUTES[index % ROUTES.length] as string;
      const method = METHODS[index % 10 < 8 ? 0 : index % METHODS.length] as string;
      const status = STATUSES[index % 20 < 17 ? 0 : index % STATUSES.length] as number;
      const span = tracer.startSpan(`${method} ${route}`, {
        kind: SpanKind.SERVER,
        startTime: startMs + index,
        attributes: {
          "http.request.method": method,
          "http.route": route,
          "http.response.status_code": status,
          "url.scheme": "http",
          "url.path": `${route}?n=${index}`,
          "server.address": "127.0.0.1",
          "server.port": 8082,
          "client.address": `10.0.3.${index % 250}`,
          "client.port": 40_000 + index,
          "user_agent.original": "k6/2.2.0 (https://k6.io/)",
          "network.protocol.version": "1.1",
          "http.response.body.size": 1000 + index * 13,
          "genarrative.cache.hit": index % 10 !== 0,
        },
      });
      if (status >= 500) span.setStatus({ code: 2 });
      span.end(startMs + index + 0.3 * 1.11 ** (index % 60));
    }
    await provider.shutdown();
  });
}

/** Lets the SDK export to a server of ours and keeps the bodies: first protobuf, then JSON. */
async function captureBoth(exportTo: (url: string, json: boolean) => Promise<void>): Promise<readonly [Buffer, Buffer]> {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks));
      response
        .setHeader("content-type", request.headers["content-type"] ?? "")
        .end(request.headers["content-type"] === "application/json" ? "{}" : "");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  const url = `http://127.0.0.1:${address.port}/`;
  await exportTo(url, false);
  await exportTo(url, true);
  server.close();
  server.closeAllConnections();
  const [protobuf, json, ...more] = bodies;
  if (protobuf === undefined || json === undefined || more.length > 0) throw new Error(`the SDK made ${bodies.length} requests instead of two`);
  return [protobuf, json];
}

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { type ReceivedPoint, receivedFrom, startRecordingCollector } from "./received.ts";

const ITERATIONS = 40;
/** Every tenth request fails, so that failures have something to count. */
const FAILURES = ITERATIONS / 10;

let collector: CollectorProcess;
let served = 0;
let target: Server;
let targetPort: number;

beforeAll(async () => {
  target = createServer((_request, response) => {
    served++;
    response.statusCode = served % 10 === 0 ? 500 : 200;
    response.end("works");
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  targetPort = (target.address() as AddressInfo).port;
  collector = await startRecordingCollector();
  return async () => {
    await collector[Symbol.asyncDispose]();
    target.close();
    target.closeAllConnections();
  };
});

describe.each(["http/protobuf", "grpc"])("k6 --out opentelemetry over %s", (protocol) => {
  test("its counts are those of the server that it loaded", async () => {
    served = 0;
    const serviceName = `k6 ${protocol}`;
    const script = join(collector.folder, "script.js");
    writeFileSync(script, `import http from "k6/http"; export default () => { http.get("http://127.0.0.1:${targetPort}/works"); };`);
    const { file, arguments: first, environment } = peerCommand("k6");
    await using k6 = new Process({
      file,
      arguments: [...first, "run", "--quiet", "--no-usage-report", "--vus=4", `--iterations=${ITERATIONS}`, "--out=opentelemetry", script],
      environment: {
        ...environment,
        K6_OTEL_SERVICE_NAME: serviceName,
        K6_OTEL_EXPORT_INTERVAL: "200ms",
        K6_OTEL_FLUSH_INTERVAL: "100ms",
        K6_OTEL_EXPORTER_PROTOCOL: protocol,
        K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
        K6_OTEL_HTTP_EXPORTER_ENDPOINT: collector.endpoint("otlp.http"),
        K6_OTEL_GRPC_EXPORTER_INSECURE: "true",
        K6_OTEL_GRPC_EXPORTER_ENDPOINT: collector.endpoint("otlp.grpc"),
      },
    });
    expect(await k6.end(), k6.stderr).toBe(0);
    expect(served).toBe(ITERATIONS);

    const { points } = await receivedFrom(collector, serviceName, (received) => total(received.points, "http_reqs") === ITERATIONS);
    expect(total(points, "http_reqs")).toBe(ITERATIONS);
    expect(total(points, "iterations")).toBe(ITERATIONS);
    expect(total(points, "http_reqs", { status: "500" })).toBe(FAILURES);
    expect(total(points, "http_req_failed.total", { condition: "nonzero" })).toBe(FAILURES);
    expect(total(points, "http_req_duration")).toBe(ITERATIONS);
    expect(points.find(({ metric }) => metric === "http_req_duration")).toMatchObject({ type: "histogram", unit: "ms" });
  });
});

/** Over the last point of each series (they are cumulative): values of a counter, counts of a histogram. */
function total(points: readonly ReceivedPoint[], metric: string, attributes: Readonly<Record<string, string>> = {}): number {
  const last = new Map<string, ReceivedPoint>();
  for (const point of points) {
    if (point.metric !== metric || !Object.entries(attributes).every(([key, value]) => point.attributes[key] === value)) continue;
    const key = JSON.stringify(Object.entries(point.attributes).sort());
    const known = last.get(key);
    if (known === undefined || BigInt(known.timeUnixNano) <= BigInt(point.timeUnixNano)) last.set(key, point);
  }
  return [...last.values()].reduce((sum, point) => sum + (point.value ?? point.count ?? 0), 0);
}

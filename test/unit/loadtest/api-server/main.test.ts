import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { METRICS } from "../../../../collector/model/catalog.ts";

const MAIN = fileURLToPath(new URL("../../../../loadtest/api-server/main.ts", import.meta.url));

interface Received {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Takes OTLP/HTTP exports and answers 200. */
async function openSink() {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ path: request.url ?? "", contentType: request.headers["content-type"], body: Buffer.concat(chunks) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function startServer(env: Record<string, string>): {
  child: ChildProcess;
  stderr: () => string;
  line: (msg: string) => Record<string, unknown> | undefined;
  ended: Promise<number | null>;
} {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:OTEL_|GENARRATIVE_|PORT$)/.test(name)));
  const child = spawn(process.execPath, [MAIN], {
    env: { ...inherited, GENARRATIVE_API_LISTEN: "127.0.0.1:0", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const line = (msg: string) =>
    text
      .split("\n")
      .filter((candidate) => candidate.startsWith("{"))
      .map((candidate) => JSON.parse(candidate) as Record<string, unknown>)
      .find((candidate) => candidate["msg"] === msg);
  return { child, stderr: () => text, line, ended: new Promise((resolve) => child.once("close", resolve)) };
}

async function ready(server: ReturnType<typeof startServer>): Promise<string> {
  await expect.poll(() => server.line("ready"), { timeout: 15_000, message: "ready line" }).toBeDefined();
  return `http://${String(server.line("ready")?.["address"])}`;
}

/** name → unit of every metric in OTLP/JSON bodies. */
function metricUnits(received: readonly Received[]): ReadonlyMap<string, string> {
  const units = new Map<string, string>();
  for (const { path, body } of received) {
    if (path !== "/v1/metrics") continue;
    const { resourceMetrics } = JSON.parse(body.toString()) as {
      resourceMetrics: { scopeMetrics: { metrics: { name: string; unit: string }[] }[] }[];
    };
    for (const { scopeMetrics } of resourceMetrics)
      for (const { metrics } of scopeMetrics) for (const { name, unit } of metrics) units.set(name, unit);
  }
  return units;
}

test("switched on, every metric of the catalogue that this system can tell arrives as OTLP/JSON, with its unit; traces and logs as protobuf", async () => {
  const sink = await openSink();
  const server = startServer({ GENARRATIVE_OTEL_ENABLED: "true", OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  const baseUrl = await ready(server);
  expect((await fetch(`${baseUrl}/api/runtime/puzzle/gallery`)).status).toBe(200);
  expect((await fetch(`${baseUrl}/api/runtime/puzzle/gallery`)).status).toBe(200);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(server.line("stopped")).toMatchObject({ requests: 2, store_reads: 1, by_route_and_status: { "/api/runtime/puzzle/gallery 200": 2 } });

  const bySignal = (path: string) => sink.received.filter((request) => request.path === path);
  expect(new Set(bySignal("/v1/metrics").map(({ contentType }) => contentType))).toEqual(new Set(["application/json"]));
  expect(new Set(bySignal("/v1/traces").map(({ contentType }) => contentType))).toEqual(new Set(["application/x-protobuf"]));
  expect(new Set(bySignal("/v1/logs").map(({ contentType }) => contentType))).toEqual(new Set(["application/x-protobuf"]));
  expect(bySignal("/v1/traces").some(({ body }) => body.includes("GET /api/runtime/puzzle/gallery"))).toBe(true);
  expect(bySignal("/v1/traces").some(({ body }) => body.includes("spacetimedb"))).toBe(true);
  expect(bySignal("/v1/logs").some(({ body }) => body.includes("slow_request"))).toBe(true);
  expect(bySignal("/v1/metrics").some(({ body }) => body.includes('"genarrative-api"'))).toBe(true);

  const units = metricUnits(sink.received);
  const told = Object.values(METRICS).filter(({ name }) => process.platform === "linux" && name !== METRICS.processWindowsHandleCount.name);
  for (const { name, unit } of told) expect([name, units.get(name)]).toEqual([name, unit]);
});

test("OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_PROTOCOL are obeyed", async () => {
  const sink = await openSink();
  const server = startServer({
    GENARRATIVE_OTEL_ENABLED: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_SERVICE_NAME: "another-name",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
  });
  await ready(server);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const metrics = sink.received.filter(({ path }) => path === "/v1/metrics");
  expect(metrics[0]?.contentType).toBe("application/x-protobuf");
  expect(metrics[0]?.body.includes("another-name")).toBe(true);
});

test("telemetry is off by default: nothing is sent, and the server serves", async () => {
  const sink = await openSink();
  const server = startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, GENARRATIVE_API_LOG: "info" });
  const baseUrl = await ready(server);
  expect((await fetch(`${baseUrl}/healthz`, { headers: { "x-request-id": "local" } })).status).toBe(200);
  server.child.kill("SIGINT");
  expect(await server.ended).toBe(0);
  expect(sink.received).toEqual([]);
  expect(server.line("request completed")).toMatchObject({
    request_id: "local",
    "http.route": "/healthz",
    "http.response.status_code": 200,
    status_class: "2xx",
  });
});

test("a collector that is away does not hurt the server, and is told in one line", async () => {
  const server = startServer({
    GENARRATIVE_OTEL_ENABLED: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "500",
  });
  const baseUrl = await ready(server);
  expect((await fetch(`${baseUrl}/healthz`)).status).toBe(200);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(server.stderr()).toContain("ECONNREFUSED 127.0.0.1:1");
});

test("wrong settings end it with 78 and every mistake; a port in use with 69", async () => {
  const wrong = startServer({ PORT: "none", GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: "-1" });
  expect(await wrong.ended).toBe(78);
  expect(wrong.stderr()).toMatch(/GENARRATIVE_API_MAX_CONCURRENT_REQUESTS=-1 .*\nPORT=none /);
  const sink = await openSink();
  const busy = startServer({ PORT: new URL(sink.url).port });
  expect(await busy.ended).toBe(69);
  expect(busy.stderr()).toContain("EADDRINUSE");
});

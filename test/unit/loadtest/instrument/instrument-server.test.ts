import { createServer, get, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import express from "express";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type InstrumentServerOptions, instrumentServer } from "../../../../loadtest/instrument/instrument.ts";
import { collecting, histogramPointsOf, onlyValue } from "./collect.ts";

const DURATION = "http.server.request.duration";
const AVAILABLE = "genarrative.http.server.request_permits.available";
const BODIES = "genarrative.http.server.response_bodies.in_flight";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A plain node:http server whose requests wait until they are released. */
async function heldServer(options: InstrumentServerOptions) {
  const sdk = collecting();
  const middleware = instrumentServer(sdk.telemetry, options);
  const held: ((finish: boolean) => void)[] = [];
  const server = createServer((incoming, response) =>
    middleware(incoming, response, () => {
      held.push((finish) => (finish ? response.end("done") : response.write("part")));
    }),
  );
  return { ...sdk, held, baseUrl: await listen(server) };
}

async function fetchText(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: IncomingMessage["headers"] }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get(url, { headers, agent: false }, resolve).once("error", reject);
  const response = await promise;
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, text, headers: response.headers };
}

test("at the limit the next request gets 429 with a JSON error at once, and permits come back", async () => {
  const { held, baseUrl, metrics } = await heldServer({ maxConcurrentRequests: 2, route: () => "/held" });
  const first = fetchText(baseUrl);
  const second = fetchText(baseUrl);
  await expect.poll(() => held.length).toBe(2);
  const refused = await fetchText(baseUrl);
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toBe("1");
  expect(JSON.parse(refused.text)).toMatchObject({ error: { code: "too_many_requests" } });
  expect(onlyValue(await metrics(), AVAILABLE)).toBe(0);
  for (const release of held) release(true);
  expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
  await expect.poll(async () => onlyValue(await metrics(), AVAILABLE)).toBe(2);
  const points = histogramPointsOf(await metrics(), DURATION);
  expect(points.map(({ attributes, value }) => [attributes["http.response.status_code"], value.count]).sort()).toEqual([
    [200, 2],
    [429, 1],
  ]);
});

test("who got a permit waited for none and says so; who got none, or needs none, says nothing of it", async () => {
  const { held, baseUrl, spans } = await heldServer({ maxConcurrentRequests: 1, exempt: (incoming) => incoming.url === "/healthz" });
  const busy = fetchText(`${baseUrl}/busy`);
  await expect.poll(() => held.length).toBe(1);
  await fetchText(`${baseUrl}/refused`);
  const health = fetchText(`${baseUrl}/healthz`);
  await expect.poll(() => held.length).toBe(2);
  for (const release of held) release(true);
  await Promise.all([busy, health]);
  await expect.poll(() => spans.getFinishedSpans().length).toBe(3);
  const waits = spans.getFinishedSpans().map(({ attributes }) => [attributes["url.path"], attributes["permit_wait_ms"]]);
  expect(new Map(waits as [string, unknown][])).toEqual(
    new Map([
      ["/busy", 0],
      ["/refused", undefined],
      ["/healthz", undefined],
    ]),
  );
});

test("exempt requests need no permit", async () => {
  const { held, baseUrl } = await heldServer({ maxConcurrentRequests: 1, exempt: (incoming) => incoming.url === "/healthz" });
  const busy = fetchText(`${baseUrl}/busy`);
  await expect.poll(() => held.length).toBe(1);
  const health = fetchText(`${baseUrl}/healthz`);
  await expect.poll(() => held.length).toBe(2);
  for (const release of held) release(true);
  expect((await health).status).toBe(200);
  expect((await busy).status).toBe(200);
});

test("a body is in flight from its head until it is through", async () => {
  const { held, baseUrl, metrics } = await heldServer({});
  const answer = fetchText(baseUrl);
  await expect.poll(() => held.length).toBe(1);
  expect(onlyValue(await metrics(), BODIES)).toBe(0);
  held[0]?.(false);
  expect(onlyValue(await metrics(), BODIES)).toBe(1);
  held[0]?.(true);
  expect((await answer).text).toBe("partdone");
  await expect.poll(async () => onlyValue(await metrics(), BODIES)).toBe(0);
});

test("a client that leaves is status 499 and gives its permit and body back", async () => {
  const { held, baseUrl, metrics, spans } = await heldServer({ maxConcurrentRequests: 1 });
  const leaving = request(baseUrl).on("error", () => undefined);
  leaving.end();
  await expect.poll(() => held.length).toBe(1);
  held[0]?.(false);
  leaving.destroy();
  await expect.poll(async () => onlyValue(await metrics(), AVAILABLE)).toBe(1);
  const exported = await metrics();
  expect(onlyValue(exported, BODIES)).toBe(0);
  expect(histogramPointsOf(exported, DURATION)[0]?.attributes).toMatchObject({
    "http.response.status_code": 499,
    "error.type": "client_closed_request",
  });
  expect(spans.getFinishedSpans()[0]?.attributes).toMatchObject({ "http.response.status_code": 499 });
});

test("express: span, measurement and log record of a request carry what diagnosis reads, in the caller's trace", async () => {
  const sdk = collecting();
  const app = express();
  app.use(instrumentServer(sdk.telemetry, { slowRequestMs: 60_000 }));
  app.get("/works/:id", (_request, response) => {
    sdk.telemetry.tracer.startSpan("inner").end();
    response.json({ ok: true });
  });
  app.get("/fails", (_request, response) => void response.status(503).end());
  const baseUrl = await listen(createServer(app));
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const answer = await fetchText(`${baseUrl}/works/7?page=2`, { traceparent: `00-${traceId}-b7ad6b7169203331-01`, "x-request-id": "req-1" });
  await fetchText(`${baseUrl}/fails`);
  await fetchText(`${baseUrl}/nowhere/123`);
  await expect.poll(() => sdk.logs.length).toBe(3);

  expect(answer.headers["x-request-id"]).toBe("req-1");
  const spans = sdk.spans.getFinishedSpans();
  const server = spans.find((span) => span.name === "GET /works/:id");
  expect(server?.kind).toBe(1);
  expect(server?.spanContext().traceId).toBe(traceId);
  expect(server?.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
  expect(server?.attributes).toEqual({
    "http.request.method": "GET",
    "http.route": "/works/:id",
    "url.path": "/works/7",
    "url.scheme": "http",
    "http.response.status_code": 200,
  });
  expect(spans.find((span) => span.name === "inner")?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
  expect(spans.find((span) => span.name === "GET /fails")?.status.code).toBe(2);

  const [log, failed, unmatched] = sdk.logs;
  expect(log?.attributes).toEqual({
    request_id: "req-1",
    "http.request.method": "GET",
    "http.route": "/works/:id",
    "url.scheme": "http",
    "url.path": "/works/7",
    "http.response.status_code": 200,
    status_class: "2xx",
    latency_ms: expect.any(Number),
    slow_request: false,
  });
  expect(log?.severityText).toBe("INFO");
  expect(log?.context && trace.getSpanContext(log.context)?.spanId).toBe(server?.spanContext().spanId);
  expect(failed?.severityText).toBe("ERROR");
  expect(unmatched?.attributes).not.toHaveProperty(["http.route"]);

  const points = histogramPointsOf(await sdk.metrics(), DURATION);
  const byStatus = new Map(points.map((point) => [point.attributes["http.response.status_code"], point]));
  expect(byStatus.get(200)?.attributes).toEqual({
    "http.request.method": "GET",
    "http.route": "/works/:id",
    "url.scheme": "http",
    "http.response.status_code": 200,
  });
  expect(byStatus.get(503)?.attributes).toMatchObject({ "error.type": "503" });
  expect(byStatus.get(404)?.attributes).not.toHaveProperty(["http.route"]);
  expect(byStatus.get(200)?.value.buckets.boundaries).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
});

test("a request id that is not a short visible word is replaced", async () => {
  const sdk = collecting();
  const app = express();
  app.use(instrumentServer(sdk.telemetry));
  app.get("/", (_request, response) => void response.end());
  const baseUrl = await listen(createServer(app));
  const { headers } = await fetchText(baseUrl, { "x-request-id": "a b" });
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

import { expect, test } from "vitest";
import type { LoadRequest, UpstreamTry } from "../../../../collector/model/load-record.ts";
import type { Span } from "../../../../collector/model/span.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { API, identity, type Lab, log, lost, NGINX, openLab, request, resource, START_MS, span } from "./lab.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN = "00f067aa0ba902b7";
const TRY: UpstreamTry = { address: "127.0.0.1:8082", status: 200, connectMs: 1, headerMs: 37, responseMs: 42, redirect: 0 };
const DB = { "db.system.name": "spacetimedb", "db.operation.name": "get", "db.collection.name": "works" };

/** Sent at 100 ms, over at 150: 3 to get a connection, 1 to send, 40 to wait, 6 to receive. */
function clientSaw(over: Partial<LoadRequest> = {}): LoadRequest {
  const phases = { blocked: 3, send: 1, wait: 40, recv: 6 };
  return request(150, { startUnixNano: unixNanoFromMs(START_MS + 100), durationMs: 47, phases, traceId: TRACE, ...over });
}
function proxySaw(over: Partial<LoadRequest> = {}, tries: readonly UpstreamTry[] = [TRY]): LoadRequest {
  return request(149, {
    endpoint: { method: "GET", name: "/works/42", url: "", source: "path" },
    startUnixNano: unixNanoFromMs(START_MS + 103),
    durationMs: 46,
    durationMeans: "first_byte_in_to_last_byte_out",
    traceId: TRACE,
    parentSpanId: CLIENT_SPAN,
    proxy: { tries, complete: true, askedUpstream: true, connection: 1 },
    ...over,
  });
}
/** 30 ms, of which 22 in two reads one after the other. */
function appSaw(over: Omit<Partial<Span>, "attributes"> = {}): readonly Span[] {
  const trace = { traceId: TRACE, ...over };
  const attributes = { "http.request.method": "GET", "http.route": "/works/:id", "http.response.status_code": 200, permit_wait_ms: 2 };
  return [
    span({ fromMs: 115, toMs: 127, kind: 3, name: "get works", attributes: DB, ...trace, spanId: "db1", parentSpanId: "app" }),
    span({ fromMs: 128, toMs: 138, kind: 3, name: "get works", attributes: DB, ...trace, spanId: "db2", parentSpanId: "app" }),
    span({ fromMs: 110, toMs: 140, attributes, ...trace, spanId: "app", parentSpanId: CLIENT_SPAN }),
  ];
}
function settle({ recorder, clock }: Lab): void {
  for (let second = 1; second <= 8; second++) {
    clock.ms += 1000;
    recorder.flush();
  }
}

test("a request that all hops saw is taken apart, and the residuals are of that request", () => {
  const lab = openLab();
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  lab.recorder.item(proxySaw(), NGINX);
  lab.recorder.item(clientSaw(), identity());
  settle(lab);
  const [join] = lab.writer.joins;
  expect(lab.writer.joins).toHaveLength(1);
  expect(join).toMatchObject({ second: START_MS / 1000, by: "trace", count: 1 });
  expect(lab.writer.endpoints[join?.endpoint ?? -1]).toMatchObject({ name: "works", source: "name" });
  const sums = Object.fromEntries(Object.entries(join?.parts ?? {}).map(([part, { n, sum }]) => [part, [n, Math.round(sum * 1000) / 1000]]));
  expect(sums).toEqual({
    client_total: [1, 50],
    client_blocked: [1, 3],
    client_send: [1, 1],
    client_wait: [1, 40],
    client_recv: [1, 6],
    proxy_total: [1, 46],
    proxy_connect: [1, 1],
    proxy_header: [1, 37],
    proxy_upstream: [1, 42],
    app: [1, 30],
    app_children: [1, 22],
    store: [1, 22],
    store_calls: [1, 2],
    permit_wait: [1, 2],
    r1_network: [1, 3],
    r2_egress: [1, 4],
    r3_app_queue: [1, 7],
    r4_app_self: [1, 8],
  });
});

test("names of one request vote for one another, from the outside inwards", () => {
  const lab = openLab();
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  lab.recorder.item(proxySaw(), NGINX);
  lab.recorder.item(clientSaw(), identity());
  lab.recorder.close();
  const name = (index: number) => lab.writer.endpoints[index]?.name;
  expect(lab.writer.votes.map(({ endpoint, as, count }) => [name(endpoint), name(as), count])).toEqual([
    ["works", "/works/{id}", 1],
    ["works", "/works/:id", 1],
    ["/works/{id}", "/works/:id", 1],
  ]);
});

test("a request that waits for a hop goes after twenty seconds, with what is known", () => {
  const lab = openLab();
  lab.recorder.push(batchOf("traces", [...appSaw({ traceId: "other" })]));
  lab.recorder.item(proxySaw(), NGINX);
  lab.recorder.item(clientSaw(), identity());
  settle(lab);
  expect(lab.writer.joins).toEqual([]);
  for (let second = 0; second < 13; second++) {
    lab.clock.ms += 1000;
    lab.recorder.flush();
  }
  expect(lab.writer.joins).toHaveLength(1);
  expect(lab.writer.joins[0]?.parts).toMatchObject({ r1_network: { n: 1, sum: 3 }, r2_egress: { n: 1, sum: 4 } });
  expect(lab.writer.joins[0]?.parts.app).toBeUndefined();
  expect(lab.writer.joins[0]?.parts.r3_app_queue).toBeUndefined();
});

test("without a proxy the network is what the client waited longer than the span; with one that did not tell of it, nobody knows", () => {
  const direct = openLab();
  direct.recorder.push(batchOf("traces", [...appSaw()]));
  direct.recorder.item(clientSaw(), identity());
  direct.recorder.close();
  expect(direct.writer.joins[0]?.parts.r1_network).toEqual({ n: 1, sum: 10 });
  const proxied = openLab();
  proxied.recorder.push(batchOf("traces", [...appSaw()]));
  proxied.recorder.item(clientSaw(), identity());
  proxied.recorder.item(proxySaw({ traceId: "" }), NGINX);
  proxied.recorder.close();
  expect(proxied.writer.joins[0]?.parts.r1_network).toBeUndefined();
});

test("of several tries nobody tells which one the span is of", () => {
  const lab = openLab();
  const failed: UpstreamTry = { ...TRY, address: "127.0.0.1:9", status: 502, connectMs: undefined, headerMs: undefined, responseMs: 2 };
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  lab.recorder.item(proxySaw({}, [failed, TRY]), NGINX);
  lab.recorder.item(clientSaw(), identity());
  lab.recorder.close();
  const parts = lab.writer.joins[0]?.parts;
  expect(parts?.proxy_header).toEqual({ n: 1, sum: 39 });
  expect(parts?.r1_network).toEqual({ n: 1, sum: 1 });
  expect(parts?.r3_app_queue).toBeUndefined();
});

test("a request id joins where there is no trace, and a log that has both ids says whose trace it is", () => {
  const lab = openLab();
  lab.recorder.item(proxySaw({ traceId: "", parentSpanId: "", requestId: "rid-7" }), NGINX);
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  lab.recorder.push(
    batchOf("logs", [log(140, { request_id: "rid-7", "http.route": "/works/:id", "http.response.status_code": 200 }, { traceId: TRACE })]),
  );
  lab.recorder.close();
  expect(lab.writer.joins).toMatchObject([{ by: "request", count: 1, parts: { r3_app_queue: { n: 1, sum: 7 }, proxy_total: { n: 1, sum: 46 } } }]);
});

test("what the application asks of others through the same proxy is no request of the client", () => {
  const lab = openLab();
  const inner = resource({ "service.name": "billing" });
  lab.recorder.item(clientSaw(), identity());
  lab.recorder.item(proxySaw(), NGINX);
  lab.recorder.item(proxySaw({ parentSpanId: "call" }), NGINX);
  lab.recorder.push(
    batchOf("traces", [
      ...appSaw(),
      span({ fromMs: 111, toMs: 114, kind: 3, traceId: TRACE, spanId: "call", parentSpanId: "app" }),
      span({ fromMs: 112, toMs: 113, resource: inner, traceId: TRACE, spanId: "inner", parentSpanId: "call" }),
    ]),
  );
  lab.recorder.close();
  expect(lab.writer.joins).toMatchObject([
    { count: 1, parts: { app: { n: 1, sum: 30 }, app_children: { n: 1, sum: 25 }, store: { n: 1, sum: 22 } } },
  ]);
});

test("one id for two requests joins neither, and is counted", () => {
  const lab = openLab();
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  for (let twice = 0; twice < 2; twice++) lab.recorder.item(clientSaw(), identity());
  lab.recorder.close();
  expect(lab.writer.joins).toEqual([]);
  expect(lost(lab.recorder.ownLosses(), /could not be told apart/)).toBe(1);
});

test("where nobody outside gives ids, the application's own times are told", () => {
  const lab = openLab();
  lab.recorder.item(clientSaw({ traceId: "" }), identity());
  lab.recorder.push(batchOf("traces", [...appSaw()]));
  lab.recorder.close();
  expect(lab.writer.joins).toMatchObject([{ count: 1, parts: { app: { n: 1, sum: 30 }, store: { n: 1, sum: 22 }, r4_app_self: { n: 1, sum: 8 } } }]);
});

test("clocks of each two hops are kept in pairs, as many as allowed and from all of the run", () => {
  const lab = openLab({ limits: { clockPairs: 50 } });
  for (let index = 0; index < 1000; index++) {
    const traceId = `trace-${index}`;
    lab.recorder.item(clientSaw({ traceId, endUnixNano: unixNanoFromMs(START_MS + 150 + index) }), identity());
    lab.recorder.item(proxySaw({ traceId }), NGINX);
    lab.recorder.push(batchOf("traces", [...appSaw({ traceId })]));
  }
  lab.recorder.close();
  const pairs = lab.writer.clockPairs;
  expect(
    pairs
      .map(({ outer, inner }) => `${outer} ${inner}`)
      .sort()
      .filter((pair, index, all) => pair !== all[index - 1]),
  ).toEqual(["client application", "client proxy", "proxy application"]);
  const ends = pairs.filter(({ outer, inner }) => outer === "client" && inner === "proxy").map(({ outerEndMs }) => outerEndMs - START_MS - 150);
  expect(ends).toHaveLength(50);
  const early = ends.filter((end) => end < 500).length;
  expect(early).toBeGreaterThan(10);
  expect(early).toBeLessThan(40);
  // Stamps of whole seconds order nothing.
  const coarse = openLab();
  coarse.recorder.item(clientSaw({ stampStepMs: 1000 }), identity());
  coarse.recorder.item(proxySaw(), NGINX);
  coarse.recorder.close();
  expect(coarse.writer.clockPairs).toEqual([]);
});

test("the slowest and the failed are kept whole, joined or not, and of the others an unbiased few", () => {
  const lab = openLab({ limits: { slowTraces: 3, failedTraces: 2, sampledTraces: 5 } });
  for (let index = 0; index < 100; index++) {
    const traceId = `trace-${index}`;
    lab.recorder.item(clientSaw({ traceId, durationMs: index }), identity());
    lab.recorder.push(batchOf("traces", [...appSaw({ traceId })]));
  }
  for (let index = 0; index < 9; index++) {
    const failure = { outcome: "timeout", errorKind: "timeout_recv", status: 0, errorText: "request timeout" } as const;
    lab.recorder.item(clientSaw({ traceId: "", durationMs: 500 + index, ...failure }), identity());
  }
  lab.recorder.close();
  const of = (why: string) => lab.writer.traces.filter((trace) => trace.why === why);
  expect(of("slow").map(({ durationMs }) => durationMs)).toEqual([511, 510, 509]);
  expect(of("failed")).toHaveLength(2);
  expect(of("failed")[0]?.spans).toMatchObject([
    { hop: "client", failed: true, attributes: { error: "request timeout", error_kind: "timeout_recv" } },
  ]);
  expect(of("sample")).toHaveLength(5);
  const [sample] = of("sample");
  expect(sample?.spans.map(({ hop, spanId, parentSpanId }) => [hop, spanId, parentSpanId])).toEqual([
    ["client", CLIENT_SPAN, ""],
    ["store", "db1", "app"],
    ["store", "db2", "app"],
    ["application", "app", CLIENT_SPAN],
  ]);
  expect(API.attributes.size).toBe(2);
});

test("a hop that begins to speak late still finds what the first one told", () => {
  const lab = openLab();
  lab.recorder.item(clientSaw(), identity());
  settle(lab);
  lab.recorder.item(proxySaw(), NGINX);
  settle(lab);
  expect(lab.writer.joins).toMatchObject([{ count: 1, parts: { r1_network: { n: 1, sum: 3 } } }]);
});

test("files read one after the other are joined by who lifts the bounds", () => {
  const lab = openLab({ limits: { pendingJoins: Infinity, joinWaitMs: Infinity } });
  for (let index = 0; index < 100; index++) lab.recorder.item(clientSaw({ traceId: `t${index}` }), identity());
  for (let minutes = 0; minutes < 5; minutes++) settle(lab);
  for (let index = 0; index < 100; index++) lab.recorder.item(proxySaw({ traceId: `t${index}` }), NGINX);
  lab.recorder.close();
  expect(lab.writer.joins).toMatchObject([{ count: 100 }]);
});

test("no call of the store means none only where such calls are told at all", () => {
  const silent = openLab();
  silent.recorder.push(batchOf("traces", appSaw().slice(2)));
  silent.recorder.item(clientSaw(), identity());
  silent.recorder.close();
  expect(silent.writer.joins[0]?.parts).toMatchObject({ app: { n: 1, sum: 30 }, r4_app_self: { n: 1, sum: 30 } });
  expect(silent.writer.joins[0]?.parts.store).toBeUndefined();
  const telling = openLab();
  telling.recorder.push(batchOf("traces", [...appSaw().slice(2), ...appSaw({ traceId: "other" })]));
  telling.recorder.item(clientSaw(), identity());
  telling.recorder.close();
  expect(telling.writer.joins[0]?.parts.store_calls).toEqual({ n: 1, sum: 0 });
});

test("requests that failed, as the outermost hop saw it, stand in rows of their own", () => {
  const lab = openLab();
  const timedOut = { outcome: "timeout", errorKind: "timeout_wait", status: 0, durationMs: 30_000 } as const;
  for (const [index, over] of [{}, timedOut, timedOut].entries()) {
    const traceId = `${index}`.repeat(32);
    lab.recorder.push(batchOf("traces", [...appSaw({ traceId })]));
    lab.recorder.item(proxySaw({ traceId }), NGINX);
    lab.recorder.item(clientSaw({ ...over, traceId }), identity());
  }
  // What the client never told of is judged by the proxy.
  lab.recorder.push(batchOf("traces", [...appSaw({ traceId: "f".repeat(32) })]));
  lab.recorder.item(proxySaw({ traceId: "f".repeat(32), outcome: "http_error", errorKind: "http_5xx", status: 502 }), NGINX);
  lab.recorder.close();
  const rows = lab.writer.joins.map(({ failed, count, parts }) => [failed, count, parts.client_total?.sum]);
  expect(rows).toEqual([
    [undefined, 1, 50],
    [true, 2, 60_006],
    [true, 1, undefined],
  ]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Batch, Signal } from "../../../../collector/model/batch.ts";
import { batchOf, encodedBatch } from "../../../../collector/wire/otlp-batch.ts";
import {
  API,
  buckets,
  counter,
  histogram,
  type Lab,
  log,
  lost,
  measured,
  metric,
  number,
  openLab,
  RUN_ID,
  resource,
  START_MS,
  scope,
  seriesOf,
  span,
  total,
} from "./lab.ts";

const SECONDS = [0.005, 0.01, 0.1, 1];
const OK = { "http.request.method": "GET", "http.route": "/works/:id", "http.response.status_code": 200 };

function capture(signal: Signal): Batch {
  const bytes = readFileSync(new URL(`../../../fixtures/sdk-captures/${signal}.bin`, import.meta.url));
  return encodedBatch(signal, [bytes], 1, { owned: true });
}

test("what the JavaScript SDK sends is counted by metrics, logs and spans apart", () => {
  // The capture is older than these runs: it belongs to a run that began before it.
  const lab = openLab({ startUnixMs: 1_795_000_000_000, nowMs: () => 1_795_260_720_000 });
  for (const signal of ["metrics", "traces", "logs"] as const) lab.recorder.push(capture(signal));
  lab.recorder.close();
  const { cells, witnesses } = lab.writer;
  expect(total(cells, { hop: "application", source: "metrics", witness: "api-server", instance: "capture-1" })).toBe(40);
  expect(total(cells, { source: "metrics", status: 503, outcome: "http_error", errorKind: "http_5xx" })).toBe(4);
  const servers = (capture("traces") as Extract<Batch, { signal: "traces" }>).items.filter(({ kind }) => kind === 2);
  expect(servers.length).toBeGreaterThan(0);
  expect(total(cells, { hop: "application", source: "spans" })).toBe(servers.length);
  expect(witnesses.map(({ hop, name, format }) => [hop, name, format])).toContainEqual(["application", "api-server", "otlp"]);
  expect(lab.faults).toEqual([]);
});

test("one request told three ways gives three cells of one endpoint, and latencies in ms", () => {
  const { recorder, writer } = openLab();
  recorder.push(
    batchOf("metrics", [metric("http.server.request.duration", histogram([buckets(5200, SECONDS, [0, 0, 1, 0, 0], 0.05, OK)]), { unit: "s" })]),
  );
  recorder.push(batchOf("logs", [log(5100, { ...OK, latency_ms: 50, request_id: "r1" })]));
  recorder.push(batchOf("traces", [span({ fromMs: 5050, toMs: 5100, attributes: OK, traceId: "t1", spanId: "s1" })]));
  recorder.close();
  expect(writer.cells.map(({ source, count, endpoint, status }) => [source, count, endpoint, status]).sort()).toEqual([
    ["logs", 1, 0, 200],
    ["metrics", 1, 0, 200],
    ["spans", 1, 0, 200],
  ]);
  expect(writer.endpoints).toEqual([{ method: "GET", name: "/works/:id", source: "route" }]);
  expect(measured(writer.cells)).toBe(3);
  const [, p50] = [0, recorder.counts()[0]?.p50Ms];
  expect(p50).toBeGreaterThan(10);
  expect(p50).toBeLessThanOrEqual(100);
});

function pushCounts(lab: Lab, atMs: number, counts: readonly number[], startMs: number, attributes = OK): void {
  const point = buckets(atMs, SECONDS, counts, 1, attributes, startMs);
  lab.recorder.push(batchOf("metrics", [metric("http.server.request.duration", histogram([point]), { unit: "s" })]));
}

test("a server that ran before counts from its first point on, and says so once", () => {
  const lab = openLab();
  pushCounts(lab, 1000, [500, 0, 0, 0, 0], -60_000);
  pushCounts(lab, 2000, [507, 0, 2, 0, 0], -60_000);
  pushCounts(lab, 2000, [507, 0, 2, 0, 0], -60_000);
  pushCounts(lab, 3000, [507, 0, 3, 0, 0], -60_000);
  lab.recorder.close();
  expect(total(lab.writer.cells)).toBe(10);
  expect(lab.writer.notes.map(({ code }) => code)).toEqual(["cumulative_baseline"]);
});

test("a stream of such a server that appears later began empty: its first failures are counted", () => {
  const lab = openLab();
  pushCounts(lab, 1000, [500, 0, 0, 0, 0], -60_000);
  pushCounts(lab, 2000, [0, 0, 4, 0, 0], -60_000, { ...OK, "http.response.status_code": 503 });
  lab.recorder.close();
  expect(total(lab.writer.cells, { status: 503 })).toBe(4);
});

test("a restart within the run is no fall, and two processes of one name are no restarts", () => {
  const lab = openLab();
  pushCounts(lab, 1000, [10, 0, 0, 0, 0], 0);
  pushCounts(lab, 2000, [3, 0, 0, 0, 0], 1500);
  expect(lab.recorder.counts()[0]?.requests).toBe(13);
  for (const at of [3000, 4000, 5000]) {
    pushCounts(lab, at, [10 + at / 1000, 0, 0, 0, 0], 0);
    pushCounts(lab, at + 1, [3, 0, 0, 0, 0], 1500);
  }
  lab.recorder.close();
  expect(total(lab.writer.cells)).toBe(18);
});

test("cumulative points that fall without a new start begin anew; delta points add up", () => {
  const lab = openLab();
  const push = (points: Parameters<typeof counter>[0], temporality: number) =>
    lab.recorder.push(batchOf("metrics", [metric(temporality === 1 ? "d" : "c", counter(points, temporality))]));
  push([number(1000, 5)], 2);
  push([number(2000, 7)], 2);
  push([number(3000, 4)], 2);
  push([number(1000, 5)], 1);
  push([number(2000, 7)], 1);
  lab.recorder.close();
  expect(seriesOf(lab.writer, "c")[0]?.points.map(({ sum }) => sum)).toEqual([5, 2, 4]);
  expect(seriesOf(lab.writer, "d")[0]?.points.map(({ sum }) => sum)).toEqual([5, 7]);
});

test("old and new name of the server's histogram are the same requests", () => {
  const { recorder, writer } = openLab();
  const batch = () => [
    metric("http.server.duration", histogram([buckets(1000, [10, 100], [1, 2, 0], 90, OK)]), { unit: "ms" }),
    metric("http.server.request.duration", histogram([buckets(1000, SECONDS, [1, 0, 2, 0, 0], 0.09, OK)]), { unit: "s" }),
  ];
  recorder.push(batchOf("metrics", batch()));
  recorder.close();
  expect(total(writer.cells)).toBe(3);
});

test("a proxy that sends OTLP is the proxy; a service of another kind is the application", () => {
  const { recorder, writer } = openLab();
  const edge = resource({ "service.name": "edge-envoy" });
  recorder.push(
    batchOf("traces", [
      span({
        fromMs: 0,
        toMs: 10,
        resource: edge,
        attributes: { "http.request.method": "GET", "url.path": "/works/42", "http.response.status_code": 504 },
      }),
      span({ fromMs: 0, toMs: 10, attributes: { "http.method": "GET", "http.target": "/works/42?x=1", "http.status_code": 200 } }),
    ]),
  );
  recorder.close();
  expect(writer.cells.map(({ hop, witness, status }) => [hop, witness, status])).toEqual([
    ["proxy", "edge-envoy", 504],
    ["application", "api-server", 200],
  ]);
  expect(writer.endpoints).toEqual([{ method: "GET", name: "/works/{id}", source: "path" }]);
});

test("reads of the store are told by spans and by metrics, apart", () => {
  const { recorder, writer } = openLab();
  const attributes = { "db.system.name": "spacetimedb", "db.operation.name": "list_puzzle_gallery", "db.collection.name": "puzzle_work_profile" };
  recorder.push(
    batchOf("traces", [
      span({ fromMs: 0, toMs: 8, kind: 3, attributes }),
      span({ fromMs: 0, toMs: 8, kind: 3, attributes: { "http.url": "http://other" } }),
    ]),
  );
  const reads = buckets(900, [1, 5, 10], [0, 0, 3, 0], 24, { read: "list_puzzle_gallery" });
  recorder.push(
    batchOf("metrics", [
      metric("genarrative.spacetime.read.duration_ms", histogram([reads]), { unit: "ms" }),
      metric("genarrative.spacetime.read.calls", counter([number(900, 3, { read: "list_puzzle_gallery" })])),
    ]),
  );
  recorder.close();
  expect(writer.cells.map(({ hop, source, count }) => [hop, source, count])).toEqual([
    ["store", "spans", 1],
    ["store", "metrics", 3],
  ]);
  expect(writer.endpoints.map(({ name }) => name)).toEqual(["list_puzzle_gallery puzzle_work_profile", "list_puzzle_gallery"]);
  expect(seriesOf(writer, "genarrative.spacetime.read.calls")[0]).toMatchObject({ kind: "counter", hop: "store", points: [{ sum: 3 }] });
});

test("our own driver's requests, plans and drops are the client's", () => {
  const { recorder, writer } = openLab();
  const driver = resource({ "service.name": "pitwall-driver", "service.instance.id": "x", "loadtest.run.id": RUN_ID });
  const points = [
    buckets(1000, SECONDS, [3, 0, 0, 0, 0], 0.01, { "http.route": "/works", outcome: "ok" }),
    buckets(1000, SECONDS, [0, 0, 0, 0, 2], 20, { "http.route": "/works", outcome: "timeout" }),
    buckets(1000, SECONDS, [1, 0, 0, 0, 0], 0, { "http.route": "/works", outcome: "refused" }),
  ];
  recorder.push(
    batchOf("metrics", [
      metric("loadtest.client.request.duration", histogram(points), { unit: "s", resource: driver }),
      metric("loadtest.client.requests.planned", counter([number(1000, 8)]), { resource: driver }),
      metric("loadtest.run.active", { type: "gauge", points: [number(1000, 1)] }, { resource: driver }),
    ]),
  );
  recorder.close();
  const { cells } = writer;
  expect(total(cells, { hop: "client", source: "metrics", outcome: "ok", status: undefined })).toBe(3);
  expect(total(cells, { outcome: "timeout", errorKind: "timeout_unknown" })).toBe(2);
  expect(total(cells, { outcome: "connection_error", errorKind: "dial_refused" })).toBe(1);
  expect(seriesOf(writer, "loadtest.client.requests.planned")[0]).toMatchObject({ hop: "client", points: [{ sum: 8 }] });
  expect(seriesOf(writer, "loadtest.run.active")).toEqual([]);
  expect(writer.witnesses).toMatchObject([{ hop: "client", name: "pitwall-driver", durationMeans: "intended_start_to_last_byte" }]);
});

test("Locust's histogram of one bucket gives count and sum and no quantile", () => {
  const { recorder, writer } = openLab();
  const bounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
  const counts = [0, 40, ...bounds.slice(1).map(() => 0)];
  const locust = resource({ "service.name": "locust" });
  const points = [
    buckets(1000, bounds, counts, 12, { name: "/works" }),
    buckets(1000, bounds, counts, 9, { name: "/works", "error.type": "ConnectionResetError" }),
  ];
  recorder.push(batchOf("metrics", [metric("locust.client.duration", histogram(points), { unit: "s", resource: locust })]));
  recorder.close();
  expect(total(writer.cells, { hop: "client", outcome: "ok" })).toBe(40);
  expect(total(writer.cells, { errorKind: "reset" })).toBe(40);
  expect(writer.cells.every(({ latency }) => latency === undefined)).toBe(true);
  expect(seriesOf(writer, "locust.client.duration").map(({ points: [point] }) => [point?.n, point?.sum])).toEqual([
    [40, 12],
    [40, 9],
  ]);
  expect(writer.notes.map(({ code }) => code)).toEqual(["blind_histogram"]);
});

test("Artillery's periods make no new series, its percentiles stay gauges, and requests are counted by endpoint", () => {
  const { recorder, writer } = openLab();
  const meter = scope("Artillery.io_metrics");
  for (const period of [0, 1]) {
    const attributes = { startTime: START_MS + period * 10_000, endTime: START_MS + period * 10_000 + 9800 };
    const one = (name: string, value: number) => metric(name, counter([number(period * 10_000 + 10_300, value, attributes)], 1), { scope: meter });
    recorder.push(
      batchOf("metrics", [
        one("http.codes.200", 24),
        one("http.codes.500", 26),
        one("plugins.metrics-by-endpoint./ok (ok).codes.200", 24),
        one("plugins.metrics-by-endpoint./err (err).codes.500", 25),
        one("plugins.metrics-by-endpoint./err (err).errors.ETIMEDOUT", 1),
        one("vusers.created", 25),
        metric("http.response_time.p95", { type: "gauge", points: [number(period * 10_000 + 10_300, 5, attributes)] }, { scope: meter }),
      ]),
    );
  }
  recorder.close();
  const { cells } = writer;
  expect(total(cells)).toBe(100);
  expect(total(cells, { errorKind: "http_5xx", second: START_MS / 1000 + 9 })).toBe(25);
  expect(total(cells, { errorKind: "timeout_unknown" })).toBe(2);
  expect(seriesOf(writer, "vusers.created")).toHaveLength(1);
  expect(seriesOf(writer, "http.response_time.p95")).toMatchObject([{ kind: "gauge", points: [{ last: 5 }, { last: 5 }] }]);
});

test("resources of another run are passed over, those of none are taken", () => {
  const { recorder, writer } = openLab();
  for (const key of ["loadtest.run.id", "run.id", "testid", "test_id"]) {
    const foreign = resource({ "service.name": "api-server", [key]: "another" });
    recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 1, resource: foreign })]));
    recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 1, resource: resource({ "service.name": "api-server", [key]: RUN_ID }) })]));
  }
  recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 1 })]));
  recorder.close();
  expect(total(writer.cells)).toBe(5);
});

test("gauges, counters, levels and distributions become series with the hop that the catalogue knows", () => {
  const { recorder, writer } = openLab();
  const permits = "genarrative.http.server.request_permits.available";
  recorder.push(
    batchOf("metrics", [
      metric(permits, { type: "gauge", points: [number(100, 12), number(600, 2), number(900, 7)] }),
      metric(
        "process.memory.usage",
        { type: "sum", temporality: 2, isMonotonic: false, points: [number(100, 1e8), number(1100, 9e7)] },
        { unit: "By" },
      ),
      metric("in_flight", { type: "sum", temporality: 1, isMonotonic: false, points: [number(100, 3), number(200, -1)] }),
      metric("rebuild", histogram([buckets(500, [10], [3, 1], 60)]), { unit: "ms" }),
      metric("system.cpu.time", counter([number(500, 4)])),
      metric("gc", { type: "summary", points: [{ ...number(500, 0), count: 4n, sum: 12, quantiles: [{ quantile: 0.5, value: 3 }] }] }),
    ]),
  );
  recorder.close();
  expect(seriesOf(writer, permits)).toMatchObject([{ kind: "gauge", hop: "application", points: [{ min: 2, max: 12, last: 7, n: 3 }] }]);
  expect(seriesOf(writer, "process.memory.usage")[0]?.points.map(({ last }) => last)).toEqual([1e8, 9e7]);
  expect(seriesOf(writer, "in_flight")).toMatchObject([{ kind: "gauge", hop: undefined, points: [{ last: 2, max: 3 }] }]);
  expect(seriesOf(writer, "rebuild")).toMatchObject([{ kind: "histogram", points: [{ n: 4, sum: 60 }] }]);
  expect(seriesOf(writer, "gc")).toMatchObject([{ kind: "histogram", points: [{ n: 4, sum: 12 }] }]);
  expect(writer.witnesses.map(({ hop }) => hop).sort()).toEqual(["application", "host"]);
});

test("warnings and failures are kept, marks and ordinary logs are not, and no message crowds out the others", () => {
  const { recorder, writer } = openLab({ limits: { logs: 300 } });
  const many = Array.from({ length: 250 }, (_, index) => log(index, { ...OK, "http.response.status_code": 429, latency_ms: 0 }));
  recorder.push(
    batchOf("logs", [
      ...many,
      log(1, { ...OK, latency_ms: 3 }),
      log(2, {}, { severityNumber: 17, severityText: "", body: { kind: "string", value: "pool exhausted" }, traceId: "t9" }),
      log(3, {}, { eventName: "loadtest.mark", severityNumber: 13 }),
    ]),
  );
  recorder.close();
  expect(writer.logs).toHaveLength(201);
  expect(writer.logs.at(-1)).toMatchObject({ body: "pool exhausted", severity: "ERROR", traceId: "t9", witness: "api-server" });
  expect(lost(recorder.ownLosses(), /warnings and failures/)).toBe(50);
  expect(total(writer.cells, { source: "logs" })).toBe(251);
  expect(API.attributes.size).toBe(2);
});

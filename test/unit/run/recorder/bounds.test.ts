import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoadError } from "../../../../collector/model/errors.ts";
import { Recorder } from "../../../../collector/run/recorder/recorder.ts";
import { batchOf, encodedBatch } from "../../../../collector/wire/otlp-batch.ts";
import { buckets, counter, histogram, identity, log, lost, metric, number, openLab, request, START_MS, scope, span, total } from "./lab.ts";

describe("seconds are written when they are over", () => {
  test("three seconds after their end, and late requests as rows of their own", () => {
    const { recorder, writer, clock } = openLab();
    recorder.item(request(500), identity());
    clock.ms = START_MS + 3900;
    recorder.flush();
    expect(writer.cells).toEqual([]);
    clock.ms = START_MS + 4000;
    recorder.flush();
    expect(total(writer.cells)).toBe(1);
    recorder.item(request(600), identity());
    recorder.item(request(4100), identity());
    recorder.flush();
    expect(writer.cells.map(({ second, count }) => [second - START_MS / 1000, count])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    recorder.close();
    recorder.close();
    expect(total(writer.cells)).toBe(3);
    recorder.item(request(4200), identity());
    expect(total(writer.cells)).toBe(3);
    expect(lost(recorder.ownLosses(), /after the run was closed/)).toBe(1);
  });
});

describe("no request is lost for want of room", () => {
  test("detail goes first: instance, scenario, at last the endpoint", () => {
    const { recorder, writer } = openLab({ limits: { openCells: 20 } });
    for (let index = 0; index < 300; index++) {
      const over = { scenario: `s${index % 10}`, endpoint: { method: "GET", name: `n${index % 50}`, url: "", source: "name" as const } };
      recorder.item(request(100, over), identity({ instance: `i${index}` }));
    }
    recorder.close();
    expect(total(writer.cells)).toBe(300);
    expect(writer.cells.length).toBeLessThanOrEqual(31);
    expect(writer.cells.some(({ instance, scenario }) => instance === "(other)" && scenario === "(other)")).toBe(true);
    expect(writer.cells.some(({ endpoint }) => writer.endpoints[endpoint]?.name === "(other)")).toBe(true);
    expect(lost(recorder.ownLosses(), /detail of requests folded/)).toBe(280);
    expect(recorder.ownLosses().every(({ signal }) => signal === "series")).toBe(true);
  });

  test("a file of many seconds is written as it comes", () => {
    const { recorder, writer, clock } = openLab({ limits: { openCells: 20 } });
    clock.ms = START_MS + 3_600_000;
    for (let second = 0; second < 500; second++) recorder.item(request(second * 1000), identity());
    expect(writer.cells.length).toBeGreaterThan(400);
    recorder.close();
    expect(total(writer.cells)).toBe(500);
    expect(recorder.ownLosses()).toEqual([]);
  });

  test("URLs without end become (other), ids in them do not count", () => {
    const { recorder, writer } = openLab({ limits: { endpoints: 10 } });
    for (let index = 0; index < 500; index++) {
      recorder.item(request(100, { endpoint: { method: "GET", name: `http://h/works/${index}?p=1`, url: "", source: "url" } }), identity());
    }
    expect(writer.endpoints).toHaveLength(1);
    for (let index = 0; index < 500; index++) {
      recorder.item(request(100, { endpoint: { method: "GET", name: `word-${"x".repeat(index)}`, url: "", source: "name" } }), identity());
    }
    recorder.close();
    expect(writer.endpoints).toHaveLength(11);
    expect(total(writer.cells)).toBe(1000);
  });
});

test("series, streams, joins and spans of a trace are bounded, and what is left out is counted", () => {
  const { recorder } = openLab({ limits: { series: 5, streams: 5, pendingJoins: 10, spansPerTrace: 3 } });
  const points = Array.from({ length: 20 }, (_, index) => number(1000, 1, { id: index }));
  recorder.push(batchOf("metrics", [metric("g", { type: "gauge", points }), metric("c", counter(points))]));
  recorder.item(request(1000, { traceId: "t24" }), identity({ hop: "proxy", name: "nginx" }));
  for (let index = 0; index < 25; index++) recorder.item(request(1000, { traceId: `t${index}` }), identity());
  recorder.push(
    batchOf(
      "traces",
      Array.from({ length: 8 }, (_, index) => span({ fromMs: 0, toMs: 1, traceId: "t24", spanId: `s${index}`, kind: 1 })),
    ),
  );
  const losses = recorder.ownLosses();
  expect(lost(losses, /points of further series/)).toBe(15 + 5);
  expect(lost(losses, /cumulative streams/)).toBe(15);
  // 26 times an id that was not waiting, and 10 places.
  expect(lost(losses, /too many at once/)).toBe(16);
  expect(lost(losses, /spans of one trace/)).toBe(5);
});

describe("a ledger that fails", () => {
  test("loses what it was handed, is told of once, and gets the rest when it is back", () => {
    const { recorder, writer, clock, faults } = openLab();
    recorder.item(request(100), identity());
    writer.fault = new LoadError("E_LEDGER", "disk full");
    clock.ms = START_MS + 5000;
    recorder.flush();
    recorder.item(request(5000), identity());
    recorder.item(request(5000, { endpoint: { method: "GET", name: "never seen", url: "", source: "name" } }), identity());
    recorder.push(batchOf("metrics", [metric("g", { type: "gauge", points: [number(5000, 1)] })]));
    recorder.flush();
    expect(faults).toEqual([writer.fault]);
    expect(lost(recorder.ownLosses(), /could not be written/)).toBe(2);
    writer.fault = undefined;
    clock.ms = START_MS + 10_000;
    recorder.flush();
    recorder.close();
    expect(total(writer.cells)).toBe(1);
    expect(writer.points).toHaveLength(1);
    expect(lost(writer.losses.get("recorder") ?? [], /could not be written/)).toBe(2);
    expect(recorder.counts()[0]?.requests).toBe(2);
  });

  test("does not stop the recording even where whoever listens fails too", () => {
    const { recorder, writer } = openLab({
      onFault: () => {
        throw new Error("deaf");
      },
    });
    writer.fault = new Error("gone");
    recorder.item(request(100), identity());
    recorder.push(batchOf("logs", [log(1, {}, { severityNumber: 17 })]));
    recorder.losses([{ component: "otlp", signal: "traces", reason: "full", items: 3 }]);
    expect(() => recorder.close()).not.toThrow();
  });
});

test("bytes that are no telemetry are counted, and what follows is recorded", () => {
  const { recorder, writer, faults } = openLab();
  recorder.push(encodedBatch("traces", [Uint8Array.of(10, 200, 1, 2)], 7));
  recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 1 })]));
  recorder.close();
  expect(lost(recorder.ownLosses(), /could not be read/)).toBe(7);
  expect(faults).toHaveLength(1);
  expect(total(writer.cells)).toBe(1);
});

test("losses of others replace what was written of them", () => {
  const { recorder, writer } = openLab();
  recorder.losses([{ component: "otlp", signal: "traces", reason: "full", items: 3 }]);
  recorder.losses([{ component: "otlp", signal: "traces", reason: "full", items: 5 }]);
  expect(writer.losses.get("otlp")).toEqual([{ component: "otlp", signal: "traces", reason: "full", items: 5 }]);
});

test("people see the hops in order, the last ten seconds apart from the whole, by what arrived", () => {
  const { recorder, clock } = openLab();
  recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 30 })]));
  for (let index = 0; index < 100; index++) recorder.item(request(100, { durationMs: 10 }), identity());
  clock.ms += 20_000;
  for (let index = 0; index < 20; index++)
    recorder.item(request(100, { durationMs: 1000, outcome: "timeout", errorKind: "timeout_wait" }), identity());
  const [client, application] = recorder.counts();
  expect(client).toMatchObject({ hop: "client", source: "requests", requests: 120, failures: 20, lastUnixMs: clock.ms });
  expect(client?.recent).toMatchObject({ requests: 20, failures: 20 });
  expect(client?.p50Ms).toBeCloseTo(10, 0);
  expect(client?.recent.p50Ms).toBeCloseTo(1000, -2);
  expect(application).toMatchObject({ hop: "application", source: "spans", requests: 1, recent: { requests: 0, p50Ms: undefined } });
  expect(recorder.heard().map(({ hop, witness, items, requests, lastUnixMs }) => [hop, witness, items, requests, lastUnixMs - START_MS])).toEqual([
    ["application", "api-server", 1, 1, 0],
    ["client", "k6", 120, 120, 20_000],
  ]);
});

const K6_SCOPE = { scope: scope("k6") };

test("whatever is pushed, nothing throws and every count is a number", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "GET", "/a/1", "0", "1050", "http.route", "k6"));
  const plain = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.double(), fc.boolean()), { maxKeys: 4 });
  const names = fc.constantFrom(
    "http.server.request.duration",
    "http_reqs",
    "http_req_duration",
    "checks.total",
    "checks.occurred",
    "x",
    "http.codes.200",
  );
  const anyBatch = fc.oneof(
    fc
      .record({ a: plain, name: names, value: fc.double(), at: fc.integer() })
      .map(({ a, name, value, at }) => batchOf("metrics", [metric(name, counter([number(at, value, a)]), K6_SCOPE)])),
    fc
      .record({ a: plain, name: names, counts: fc.array(fc.nat(50), { maxLength: 4 }), sum: fc.double(), at: fc.nat(9e6) })
      .map(({ a, name, counts, sum, at }) => batchOf("metrics", [metric(name, histogram([buckets(at, [0, 1, 2], counts, sum, a)]), K6_SCOPE)])),
    fc
      .record({
        a: plain,
        kind: fc.integer({ min: 0, max: 6 }),
        from: fc.integer(),
        to: fc.integer(),
        traceId: text,
        spanId: text,
        parentSpanId: text,
      })
      .map(({ a, from, to, ...ids }) => batchOf("traces", [span({ attributes: a, fromMs: from, toMs: to, ...ids })])),
    fc
      .record({ a: plain, at: fc.integer(), severityNumber: fc.integer() })
      .map(({ a, at, severityNumber }) => batchOf("logs", [log(at, a, { severityNumber })])),
  );
  fc.assert(
    fc.property(fc.array(anyBatch, { maxLength: 12 }), (batches) => {
      const { recorder, writer, faults } = openLab();
      for (const batch of batches) recorder.push(batch);
      recorder.close();
      expect(faults).toEqual([]);
      for (const { count, second, endpoint } of writer.cells) {
        expect(Number.isSafeInteger(count) && Number.isSafeInteger(second)).toBe(true);
        expect(writer.endpoints[endpoint]).toBeDefined();
      }
      for (const { point } of writer.points) expect(Object.values(point).every(Number.isFinite)).toBe(true);
    }),
  );
});

test("it is disposable, and leaves its writer open", () => {
  const { writer } = openLab();
  let disposed = 0;
  Object.assign(writer, { [Symbol.dispose]: () => disposed++ });
  {
    using recorder = new Recorder({ writer, runId: "r", nowMs: () => START_MS });
    recorder.item(request(100), identity());
  }
  expect(total(writer.cells)).toBe(1);
  expect(disposed).toBe(0);
});

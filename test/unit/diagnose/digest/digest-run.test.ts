import { describe, expect, test } from "vitest";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import { clientTimeoutMs, failuresOf, meanDurationMs } from "../../../../collector/diagnose/digest/stream.ts";
import type { EndpointView, RunDigest, Stream } from "../../../../collector/diagnose/digest-types.ts";
import { phasesOf } from "../../../../collector/diagnose/phases/detect-phases.ts";
import type { Hop } from "../../../../collector/model/catalog.ts";
import type { LedgerCell } from "../../../../collector/model/ledger.ts";
import type { ExponentialHistogram } from "../../../../collector/stats/exponential-histogram.ts";
import { encodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import { histogramFromExplicit } from "../../../../collector/stats/histogram-from-explicit.ts";
import { endpointOf, type LedgerBuilder, ledgerOf, T0 } from "../ledger-builder.ts";

function digested(builder: LedgerBuilder): RunDigest {
  const ledger = builder.ledger();
  return digestRun(ledger, phasesOf(ledger));
}

function streamAt(digest: RunDigest, hop: Hop, endpoint = "", scope = "load"): Stream {
  const found = digest.scopes.find((one) => one.scope.name === scope);
  const view = endpoint === "" ? found?.total : found?.endpoints.find((one) => one.endpoint === endpoint);
  const stream = view?.streams.get(hop);
  if (stream === undefined) throw new Error(`nothing of ${endpoint} at the ${hop} in ${scope}`);
  return stream;
}

function view(digest: RunDigest, endpoint: string): EndpointView {
  return digest.scopes[0]?.endpoints.find((one) => one.endpoint === endpoint) as EndpointView;
}

describe("which requests are of a scope", () => {
  test("the whole load comes first, and rest before and after it is no scope", () => {
    const digest = digested(
      ledgerOf({ loadSeconds: 40, beforeSeconds: 20, afterSeconds: 60 })
        .phase("ramp", "ramp", 0, 10)
        .phase("hold", "hold", 10, 40)
        .client("GET /a", { ok: 400 })
        .application("GET /a", { ok: 30 }, { at: [-20, 0] })
        .application("GET /a", { ok: 400 }),
    );
    expect(digest.scopes.map(({ scope }) => [scope.name, scope.startSecond - T0, scope.endSecond - T0])).toEqual([
      ["load", 0, 40],
      ["ramp", 0, 10],
      ["hold", 10, 40],
    ]);
    expect(streamAt(digest, "application").count).toBe(400);
    expect(streamAt(digest, "client", "", "ramp").count).toBe(100);
    expect(digest.hops).toEqual(["client", "application"]);
  });

  test("what was under way when the load ended belongs to it, what others asked later does not", () => {
    const digest = digested(
      ledgerOf({ loadSeconds: 10, afterSeconds: 60 })
        .client("GET /a", { ok: 100, timeout_wait: 2 }, { timeoutMs: 30_000 })
        .proxy("GET /a", { 200: 100 })
        .proxy("GET /a", { 499: 2 }, { at: 25 })
        .proxy("GET /a", { 200: 50 }, { at: 55 })
        .proxy("GET /healthz", { 200: 9 }, { at: 39 }),
    );
    expect(digest.scopes[0]?.scope.endSecond).toBe(T0 + 26);
    expect(streamAt(digest, "proxy").count).toBe(102);
    expect(streamAt(digest, "proxy").perSecond).toHaveLength(26);
    expect(digest.scopes[0]?.offered.achievedPerSecond).toBeCloseTo(10.2);
  });

  test("where nobody said when the load was on, it is from the client's first to its last request", () => {
    const digest = digested(
      ledgerOf({ loadSeconds: 100, saysLoad: false })
        .client("GET /a", { ok: 300 }, { at: [20, 50] })
        .application("GET /a", { ok: 100 }, { at: [0, 100] }),
    );
    expect([digest.scopes[0]?.scope.startSecond, digest.scopes[0]?.scope.endSecond]).toEqual([T0 + 20, T0 + 51]);
    expect(streamAt(digest, "client").count).toBe(300);
  });

  test("a counter's last increase is exported after the load, and is of it", () => {
    const builder = ledgerOf({ loadSeconds: 60, afterSeconds: 60 }).client("GET /a", { ok: 600 });
    for (const second of [10, 20, 30, 40, 50]) builder.application("GET /a", { ok: 100 }, { source: "metrics", at: second });
    builder.application("GET /a", { ok: 100 }, { source: "metrics", at: 65 });
    builder.application("GET /a", { ok: 7 }, { source: "metrics", at: 75 });
    const application = streamAt(digested(builder), "application");
    expect(application.count).toBe(600);
    expect(application.perSecond.reduce((sum, count) => sum + count, 0)).toBe(600);
  });

  test("of scenarios side by side each has its own requests at the client", () => {
    const digest = digested(
      ledgerOf({ loadSeconds: 30 })
        .client("GET /a", { ok: 300 }, { scenario: "browse" })
        .client("GET /a", { ok: 60, timeout_wait: 30 }, { scenario: "search", at: [10, 20] }),
    );
    expect(streamAt(digest, "client", "", "search").count).toBe(90);
    expect(streamAt(digest, "client", "", "browse").count).toBe(300);
    expect(Object.fromEntries(streamAt(digest, "client").scenarios)).toEqual({ browse: 300, search: 90 });
  });
});

describe("which source a hop is counted by", () => {
  test("every single request before what the generator counted itself; never both", () => {
    const digest = digested(ledgerOf().client("GET /a", { ok: 100 }).client("GET /a", { ok: 97 }, { source: "metrics" }));
    expect(streamAt(digest, "client")).toMatchObject({ count: 100, source: "requests" });
    expect(streamAt(digest, "client", "GET /a").count).toBe(100);
  });

  test("two proxies and three instances are added up", () => {
    const digest = digested(
      ledgerOf()
        .client("GET /a", { ok: 300 })
        .proxy("GET /a", { 200: 100 }, { witness: "nginx-1" })
        .proxy("GET /a", { 200: 200 }, { witness: "nginx-2" })
        .application("GET /a", { ok: 100 }, { instance: "1" })
        .application("GET /a", { ok: 150 }, { instance: "2" })
        .application("GET /a", { ok: 50 }, { instance: "3" }),
    );
    expect(streamAt(digest, "proxy")).toMatchObject({ count: 300, witnesses: ["nginx-1", "nginx-2"] });
    expect(Object.fromEntries(streamAt(digest, "application").instances)).toEqual({ 1: 100, 2: 150, 3: 50 });
  });

  test.each([
    { metrics: 1000, logs: 1000, load: "metrics", hold: "logs" },
    { metrics: 900, logs: 1000, load: "logs", hold: "logs" },
    { metrics: 1000, logs: 800, load: "metrics", hold: "metrics" },
  ] as const)("of $metrics by metrics and $logs by logs: $load for the load, $hold for a phase", ({ metrics, logs, load, hold }) => {
    const digest = digested(
      ledgerOf({ loadSeconds: 50 })
        .phase("hold", "hold", 10, 50)
        .client("GET /a", { ok: 1000 })
        .application("GET /a", { ok: metrics }, { source: "metrics" })
        .application("GET /a", { ok: logs }, { source: "logs" }),
    );
    expect(streamAt(digest, "application").source).toBe(load);
    expect(streamAt(digest, "application", "GET /a").source).toBe(load);
    expect(streamAt(digest, "application", "GET /a", "hold").source).toBe(hold);
  });

  test("spans are the last resort, and unsure", () => {
    const digest = digested(ledgerOf().client("GET /a", { ok: 100 }).application("GET /a", { ok: 10 }, { source: "spans" }));
    expect(streamAt(digest, "application")).toMatchObject({ count: 10, isUnsure: true });
  });

  test("what the client never asked for is no part of the total, unless names do not meet", () => {
    const met = digested(ledgerOf().client("GET /a", { ok: 100 }).application("GET /a", { ok: 100 }).application("GET /healthz", { ok: 60 }));
    expect(streamAt(met, "application").count).toBe(100);
    const apart = digested(ledgerOf().client("list", { ok: 100 }).application("GET /a", { ok: 100 }));
    expect(streamAt(apart, "application").count).toBe(100);
    expect(apart.scopes[0]?.endpoints.map(({ endpoint }) => endpoint)).toEqual(["list"]);
  });
});

describe("what a stream says", () => {
  test("latencies of successes stand apart from those of failures, and refused connections have none", () => {
    const client = streamAt(
      digested(
        ledgerOf().client("GET /a", { ok: 100, http_5xx: 10, timeout_recv: 5, dial_refused: 40 }, { ms: { ok: 20, http_5xx: 3, dial_refused: 0 } }),
      ),
      "client",
    );
    expect(client.latencyOk).toMatchObject({ count: 100, max: 20 });
    expect(client.latencyFailed).toMatchObject({ count: 15, min: 3, max: 30_000 });
    expect(client.censored).toEqual([{ atMs: 30_000, count: 5 }]);
    expect(failuresOf(client)).toBe(55);
    expect(client.failedPerSecond.reduce((sum, count) => sum + count, 0)).toBe(55);
    expect(Object.fromEntries(client.statuses)).toEqual({ 200: 100, 500: 10, 0: 45 });
    expect(meanDurationMs(client)).toBeCloseTo((100 * 20 + 10 * 3 + 5 * 30_000) / 115);
  });

  test("timeouts that differ in the last digits are one, and one without a duration waited as long as they did", () => {
    const client = streamAt(
      digested(
        ledgerOf()
          .client("GET /a", { timeout_wait: 3 }, { timeoutMs: 30_001.7, at: 1 })
          .client("GET /a", { timeout_wait: 4 }, { timeoutMs: 30_000.2, at: 2 })
          .client("GET /a", { timeout_unknown: 2 }, { isUntimed: true, at: 3 }),
      ),
      "client",
    );
    expect(client.censored).toEqual([{ atMs: 30_000, count: 9 }]);
    expect(clientTimeoutMs(client)).toBe(30_000);
  });

  test("latencies of logs stand in for a metric's coarse buckets, while the metric counts", () => {
    const builder = ledgerOf()
      .client("GET /a", { ok: 1000 })
      .application("GET /a", { ok: 1000 }, { ms: (index) => 10 + (index % 5), at: 3 });
    const ledger = builder.ledger();
    const coarse = histogramFromExplicit({ bounds: [25, 250], counts: [1000, 0, 0] }) as ExponentialHistogram;
    const [cell] = ledger.cells.filter(({ hop }) => hop === "application") as [LedgerCell];
    const metric = { ...cell, source: "metrics", latency: encodeHistogram(coarse) } as const;
    const both = digestRun({ ...ledger, cells: [...ledger.cells, metric].toSorted((a, b) => a.second - b.second) }, []);
    const application = streamAt(both, "application");
    expect(application).toMatchObject({ source: "metrics", count: 1000 });
    expect(application.latencyOk).toMatchObject({ count: 1000, min: 10, max: 14, edges: undefined });
  });

  test("endpoints of different words meet under one name, with the surest of their namings", () => {
    const digest = digested(
      ledgerOf().client("GET /api/works", { ok: 10 }, { name: "works_list" }).proxy("GET /api/works", { 200: 10 }).store("list_works", { ok: 12 }),
    );
    expect(view(digest, "GET /api/works")).toMatchObject({ names: ["works_list", "/api/works"], by: "route" });
    expect([...view(digest, "GET /api/works").streams.keys()]).toEqual(["client", "proxy"]);
    expect([...view(digest, "list_works").streams.keys()]).toEqual(["store"]);
    expect(digest.scopes[0]?.endpoints.map(({ endpoint }) => endpoint)).toEqual(["GET /api/works", "list_works"]);
  });

  test("an endpoint without a name is in the total alone", () => {
    const digest = digested(ledgerOf().client("", { ok: 10 }).client("GET /a", { ok: 5 }));
    expect(streamAt(digest, "client").count).toBe(15);
    expect(digest.scopes[0]?.endpoints.map(({ endpoint }) => endpoint)).toEqual(["GET /a"]);
  });
});

describe("coordinated omission", () => {
  const run = () => ledgerOf({ loadSeconds: 60 }).client("GET /a", { ok: 600 }, { ms: 100 });

  test.each([
    {
      name: "dropped iterations: what was due was not sent",
      make: () => run().counter("iterations", { hop: "client", values: 10 }).counter("dropped_iterations", { hop: "client", values: 2 }),
      flag: "omits",
    },
    { name: "a plan that was kept", make: () => run().counter("loadtest.client.requests.planned", { hop: "client", values: 10 }), flag: "free" },
    { name: "workers that are busy all the time", make: () => run().gauge("vus_max", { hop: "client", values: 1 }), flag: "closed" },
    {
      name: "k6 at an arrival rate at which nothing was dropped",
      make: () => run().counter("iterations", { hop: "client", values: 10 }).gauge("vus_max", { hop: "client", values: 50 }),
      flag: "unknown",
    },
    {
      name: "an open generator",
      make: () => run().witness({ hop: "client", name: "k6", format: "otlp", correction: "corrected" }),
      flag: "free",
    },
    {
      name: "k6, which does not say its executor",
      make: () => run().witness({ hop: "client", name: "k6", correction: "not_needed" }),
      flag: "unknown",
    },
    {
      name: "busy workers of a generator that took a second to start",
      make: () =>
        run()
          .witness({ hop: "client", name: "k6", correction: "not_needed", firstUnixMs: (T0 + 12) * 1000, lastUnixMs: (T0 + 59) * 1000 })
          .gauge("iteration_duration", { hop: "client", kind: "histogram", values: 780 })
          .gauge("vus_max", { hop: "client", values: 1 }),
      flag: "closed",
    },
    { name: "a correction that is wrong", make: () => run().witness({ hop: "client", name: "k6", correction: "broken" }), flag: "unusable" },
  ])("$name", ({ make, flag }) => {
    expect(streamAt(digested(make()), "client").omission).toBe(flag);
  });

  test("dropped iterations are censored at 0 ms, shared out as requests are", () => {
    const digest = digested(
      ledgerOf({ loadSeconds: 10 })
        .client("GET /a", { ok: 100 })
        .client("GET /b", { ok: 100 })
        .counter("iterations", { hop: "client", values: 10 })
        .counter("dropped_iterations", { hop: "client", values: 3 }),
    );
    expect(digest.scopes[0]?.offered).toMatchObject({ iterations: 100, droppedIterations: 30, requestsPerIteration: 2 });
    expect(streamAt(digest, "client").censored).toEqual([{ atMs: 0, count: 60 }]);
    expect(streamAt(digest, "client", "GET /b").censored).toEqual([{ atMs: 0, count: 30 }]);
  });

  test("k6 without dropped_iterations dropped none; of another generator nobody knows", () => {
    const k6 = digested(run().counter("iterations", { hop: "client", values: 5 }));
    expect(k6.scopes[0]?.offered).toMatchObject({ iterations: 300, droppedIterations: 0, requestsPerIteration: 2 });
    // k6's file is read on a machine that has a name, its own telemetry tells of none: both are of the same generator.
    const byTwoWays = digested(
      ledgerOf()
        .client("GET /a", { ok: 600 })
        .counter("iterations", { hop: "client", values: 5, instance: "loader-1" })
        .counter("iterations", { hop: "client", values: 5, instance: "" })
        .gauge("vus_max", { hop: "client", values: 20, instance: "loader-1" })
        .gauge("vus_max", { hop: "client", values: 20, instance: "" }),
    );
    expect(byTwoWays.scopes[0]?.offered).toMatchObject({ iterations: 300, requestsPerIteration: 2, vusMax: 20 });
    const other = digested(
      ledgerOf({ run: { conditions: { ...ledgerOf().ledger().run.conditions, generator: "gatling" } } })
        .client("GET /a", { ok: 600 }, { witness: "gatling" })
        .witness({ hop: "client", name: "gatling", format: "gatling-log" })
        .counter("iterations", { hop: "client", witness: "gatling", values: 5 }),
    );
    expect(other.scopes[0]?.offered.droppedIterations).toBeUndefined();
  });

  test("iterations that the same k6 told by file and by OTLP are not added up, those of two instances are", () => {
    const twice = run().counter("iterations", { hop: "client", witness: "k6 file", values: 5 }).counter("iterations", { hop: "client", values: 5 });
    expect(digested(twice).scopes[0]?.offered.iterations).toBe(300);
    const two = run()
      .counter("iterations", { hop: "client", instance: "1", values: 5 })
      .counter("iterations", { hop: "client", instance: "2", values: 5 });
    expect(digested(two).scopes[0]?.offered.iterations).toBe(600);
  });
});

test("requests are joined by trace where those are enough, else by request id, and never both", () => {
  const joined = (trace: number, request: number) =>
    view(
      digested(
        ledgerOf()
          .client("GET /a", { ok: 500 })
          .joins("GET /a", trace, { client_total: 10 })
          .joins("GET /a", request, { client_total: 20 }, { by: "request" }),
      ),
      "GET /a",
    );
  expect(joined(40, 400)).toMatchObject({ joinedBy: "trace", joinedRequests: 40, joins: { client_total: { n: 40, sum: 400 } } });
  expect(joined(29, 400)).toMatchObject({ joinedBy: "request", joinedRequests: 400 });
});

test("an empty ledger is digested into one scope in which nothing happened", () => {
  const digest = digested(ledgerOf({ loadSeconds: 0, saysLoad: false }));
  expect(digest.hops).toEqual([]);
  expect(digest.scopes).toHaveLength(1);
  expect(digest.scopes[0]).toMatchObject({ endpoints: [], offered: { achievedPerSecond: undefined, iterations: undefined } });
  expect(endpointOf("GET /a").method).toBe("GET");
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decompose } from "../../../../collector/diagnose/decompose/decompose.ts";
import type { Decomposition } from "../../../../collector/diagnose/diagnosis.ts";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import type { CountedSum, JoinPart } from "../../../../collector/model/ledger.ts";
import { type LedgerBuilder, ledgerOf, T0 } from "../ledger-builder.ts";

const A = "GET /api/a";

function decomposed(builder: LedgerBuilder, endpoint = A): Decomposition | undefined {
  const ledger = builder.ledger();
  return decompose(digestRun(ledger, [])).find((one) => one.scope === "load" && one.endpoint === endpoint);
}

/** What really happened to a request, ms. */
interface Truth {
  readonly blocked: number;
  readonly send: number;
  readonly network: number;
  readonly connect: number;
  readonly queue: number;
  readonly permit: number;
  readonly self: number;
  readonly calls: number;
  readonly store: number;
  readonly body: number;
  readonly egress: number;
  readonly tail: number;
}

/** What the witnesses saw of it. `streams`: the application's span lasts until its body is out. */
function observed(t: Truth, { streams = false, wholeTotal = true } = {}): { readonly [part in JoinPart]: number } {
  const app = t.permit + t.self + t.calls + t.store + (streams ? t.body : 0);
  const header = t.connect + t.queue + t.permit + t.self + t.calls + t.store;
  const [wait, receive] = [t.network + header, t.body + t.egress + t.tail];
  return {
    client_total: t.send + wait + receive + (wholeTotal ? t.blocked : 0),
    client_blocked: t.blocked,
    client_send: t.send,
    client_wait: wait,
    client_recv: receive,
    proxy_total: header + t.body + t.egress,
    proxy_connect: t.connect,
    proxy_header: header,
    proxy_upstream: header + t.body,
    app,
    app_children: t.calls + t.store,
    store: t.store,
    store_calls: 3,
    permit_wait: t.permit,
    r1_network: wait - header,
    r2_egress: t.egress,
    r3_app_queue: header - app,
    r4_app_self: app - t.calls - t.store,
  };
}

function joined(requests: readonly Truth[], shape: Parameters<typeof observed>[1] = {}, without: readonly JoinPart[] = []): LedgerBuilder {
  const sums: { [part in JoinPart]?: CountedSum } = {};
  for (const request of requests) {
    for (const [part, value] of Object.entries(observed(request, shape)) as [JoinPart, number][]) {
      if (!without.includes(part)) sums[part] = { n: (sums[part]?.n ?? 0) + 1, sum: (sums[part]?.sum ?? 0) + value };
    }
  }
  const builder = ledgerOf().client(A, { ok: requests.length });
  return builder.join({ second: T0, endpoint: builder.index(A), by: "trace", parts: sums, count: requests.length });
}

const times = fc.double({ min: 0, max: 5000, noNaN: true });
const truth: fc.Arbitrary<Truth> = fc.record({
  blocked: times,
  send: times,
  network: times,
  connect: times,
  queue: times,
  permit: times,
  self: times,
  calls: times,
  store: times,
  body: times,
  egress: times,
  tail: times,
});
const RESIDUALS = ["r1_network", "r2_egress", "r3_app_queue", "r4_app_self"] as const;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const partOf = (found: Decomposition, id: string) => found.parts.find((part) => part.id === id)?.meanMs ?? 0;
const sumOf = ({ parts }: Decomposition) => parts.reduce((sum, { meanMs }) => sum + meanMs, 0);

describe("joined requests", () => {
  test("the parts are the means of what happened, and add up to the client's total", () => {
    const names = [
      ["blocked", "blocked"],
      ["send", "send"],
      ["network", "R1"],
      ["connect", "upstream_connect"],
      ["queue", "R3"],
      ["permit", "R6"],
      ["self", "R4"],
      ["calls", "calls"],
      ["store", "store"],
      ["body", "body"],
      ["egress", "R2"],
      ["tail", "recv"],
    ] as const;
    fc.assert(
      fc.property(fc.array(truth, { minLength: 30, maxLength: 60 }), fc.boolean(), fc.boolean(), (requests, wholeTotal, areTold) => {
        const found = decomposed(joined(requests, { wholeTotal }, areTold ? [] : RESIDUALS)) as Decomposition;
        expect(found).toMatchObject({ by: "trace", n: requests.length, isComplete: true, note: "" });
        for (const [name, id] of names) expect(partOf(found, id)).toBeCloseTo(mean(requests.map((request) => request[name])), 5);
        expect(sumOf(found)).toBeCloseTo(found.totalMs as number, 5);
        expect(found.totalMs).toBeCloseTo(mean(requests.map((request) => Object.values(request).reduce((sum, ms) => sum + ms, 0))), 5);
      }),
    );
  });

  test("they add up whatever is not told, and whatever the numbers", () => {
    const parts = fc.subarray([
      "client_blocked",
      "client_send",
      "client_wait",
      "client_recv",
      "proxy_total",
      "proxy_connect",
      "proxy_header",
      "proxy_upstream",
      "app",
      "app_children",
      "store",
      "permit_wait",
      ...RESIDUALS,
    ] as JoinPart[]);
    fc.assert(
      fc.property(fc.array(truth, { minLength: 30, maxLength: 40 }), parts, fc.boolean(), (requests, without, streams) => {
        const found = decomposed(joined(requests, { streams }, without)) as Decomposition;
        expect(sumOf(found)).toBeCloseTo(found.totalMs as number, 4);
        expect(found.parts.every(({ n }) => n > 0)).toBe(true);
      }),
    );
  });

  test("an application whose span lasts until its body is out: queue and body are one part, and none is negative", () => {
    const request: Truth = {
      blocked: 0,
      send: 1,
      network: 2,
      connect: 0.5,
      queue: 4,
      permit: 0,
      self: 10,
      calls: 0,
      store: 5,
      body: 300,
      egress: 7,
      tail: 1,
    };
    const found = decomposed(
      joined(
        Array.from({ length: 50 }, () => request),
        { streams: true },
      ),
    ) as Decomposition;
    expect(found.isComplete).toBe(true);
    expect(partOf(found, "R3")).toBeCloseTo(4);
    expect(partOf(found, "R4")).toBeCloseTo(310);
    expect(found.parts.some(({ id }) => id === "body")).toBe(false);
    expect(sumOf(found)).toBeCloseTo(found.totalMs as number);
  });

  test("parts stand in the order of the river", () => {
    const request: Truth = {
      blocked: 1,
      send: 1,
      network: 1,
      connect: 1,
      queue: 1,
      permit: 1,
      self: 1,
      calls: 1,
      store: 1,
      body: 1,
      egress: 1,
      tail: 1,
    };
    const found = decomposed(joined(Array.from({ length: 30 }, () => request))) as Decomposition;
    expect(found.parts.map(({ id }) => id)).toEqual([
      "blocked",
      "send",
      "R1",
      "upstream_connect",
      "R3",
      "R6",
      "R4",
      "calls",
      "store",
      "body",
      "R2",
      "recv",
    ]);
    expect(found.totalMs).toBeCloseTo(12);
  });

  test("without a proxy the network is what the application did not see", () => {
    const found = decomposed(
      ledgerOf()
        .client(A, { ok: 100 })
        .joins(A, 100, { client_blocked: 1, client_send: 1, client_wait: 30, client_recv: 8, app: 22, app_children: 15, store: 15 }),
    );
    expect(found).toMatchObject({ totalMs: 40, isComplete: true, note: "not among the joined: the proxy's times" });
    expect(found?.parts.map(({ id, meanMs }) => [id, Math.round(meanMs)])).toEqual([
      ["blocked", 1],
      ["send", 1],
      ["R1", 8],
      ["R4", 7],
      ["store", 15],
      ["receive", 8],
    ]);
  });

  test("a wait for a permit that is a span of its own is taken out of the children", () => {
    const found = decomposed(
      ledgerOf().client(A, { ok: 100 }).joins(A, 100, { client_wait: 60, app: 55, app_children: 50, store: 10, permit_wait: 40 }),
    ) as Decomposition;
    expect([partOf(found, "R6"), partOf(found, "R4"), partOf(found, "store"), partOf(found, "calls")]).toEqual([40, 5, 10, 0]);
    expect(found.isComplete).toBe(true);
  });

  test("a residual that is negative beyond rounding is shown and doubted, not clipped", () => {
    const found = decomposed(ledgerOf().client(A, { ok: 100 }).joins(A, 100, { client_wait: 30, client_recv: 5, app: 42 })) as Decomposition;
    expect(partOf(found, "R1")).toBe(-12);
    expect(found).toMatchObject({ isComplete: false, note: expect.stringContaining("R1 is -12.0 ms: time cannot be negative") });
    expect(sumOf(found)).toBeCloseTo(35);
  });

  test("half a millisecond below nothing is rounding", () => {
    const found = decomposed(ledgerOf().client(A, { ok: 100 }).joins(A, 100, { client_wait: 30, client_recv: 5, app: 30.5 }));
    expect(found?.isComplete).toBe(true);
  });

  /** A tenth of the requests has spans; told with its residuals. */
  const sampled = (appMs: number) => {
    const builder = ledgerOf().client(A, { ok: 1000 });
    return builder.join({
      second: T0,
      endpoint: builder.index(A),
      by: "trace",
      count: 1000,
      parts: {
        client_wait: { n: 1000, sum: 50_000 },
        proxy_header: { n: 1000, sum: 40_000 },
        r1_network: { n: 1000, sum: 10_000 },
        app: { n: 100, sum: 100 * appMs },
        r3_app_queue: { n: 100, sum: 1000 },
      },
    });
  };

  test("spans of a tenth of the requests stand for all while those are like the others", () => {
    const found = decomposed(sampled(29)) as Decomposition;
    expect(found.isComplete).toBe(true);
    expect(found.parts.map(({ id, n }) => [id, n])).toEqual([
      ["R1", 1000],
      ["R3", 100],
      ["app", 100],
      ["rest", 1000],
    ]);
    expect(sumOf(found)).toBeCloseTo(50);
  });

  test("time that nobody tells is a part of its own, and the rest is doubted", () => {
    const found = decomposed(
      ledgerOf().client(A, { ok: 100 }).joins(A, 100, { client_total: 100, client_wait: 30, client_recv: 10 }),
    ) as Decomposition;
    expect(found.parts.map(({ id, meanMs }) => [id, meanMs])).toEqual([
      ["wait", 30],
      ["receive", 10],
      ["rest", 60],
    ]);
    expect(found).toMatchObject({ isComplete: false, note: expect.stringContaining("told by no witness") });
  });

  test("and do not where only the slow ones were kept", () => {
    expect(decomposed(sampled(400))).toMatchObject({ isComplete: false, note: expect.stringContaining("not like those") });
  });
});

describe("means side by side", () => {
  const client = { blocked: 1, send: 1, wait: 30, recv: 8 };
  const proxy = { upstream_connect: 0.5, upstream_header: 24, upstream_response: 25 };

  test("are taken off one another where the hops counted the same requests", () => {
    const found = decomposed(
      ledgerOf().client(A, { ok: 1000 }, { each: client }).proxy(A, { 200: 1000 }, { ms: 30, each: proxy }).application(A, { ok: 998 }, { ms: 20 }),
    ) as Decomposition;
    expect(found).toMatchObject({ by: "aggregate", n: 1000, totalMs: 40, isComplete: true });
    expect(partOf(found, "R1")).toBeCloseTo(6);
    expect(partOf(found, "R3")).toBeCloseTo(3.5);
    expect(partOf(found, "app")).toBeCloseTo(20);
    expect(partOf(found, "R2")).toBeCloseTo(5);
    expect(sumOf(found)).toBeCloseTo(40);
  });

  test("are not where a hop counted others", () => {
    const found = decomposed(ledgerOf().client(A, { ok: 1000 }, { each: client }).application(A, { ok: 700 }, { ms: 20 })) as Decomposition;
    expect(found.parts.map(({ id }) => id)).toEqual(["blocked", "send", "wait", "receive"]);
    expect(found).toMatchObject({
      isComplete: false,
      note: expect.stringContaining("the application's times are of other requests and are left out"),
    });
  });

  test("are used while joined requests are fewer than thirty", () => {
    const builder = () => ledgerOf().client(A, { ok: 1000 }, { each: client });
    expect(decomposed(builder().joins(A, 29, { client_wait: 500, app: 400 }))?.by).toBe("aggregate");
    expect(decomposed(builder().joins(A, 30, { client_wait: 500, app: 400 }))?.by).toBe("trace");
    expect(decomposed(builder().joins(A, 500, { client_wait: 500, app: 400 }, { by: "request" }))?.by).toBe("request");
  });

  test("a generator without phases still shows what the server did not see", () => {
    const found = decomposed(ledgerOf().client(A, { ok: 100 }, { ms: 50 }).application(A, { ok: 100 }, { ms: 20 })) as Decomposition;
    expect(found.parts.map(({ id, meanMs }) => [id, Math.round(meanMs)])).toEqual([
      ["R1", 30],
      ["app", 20],
    ]);
    expect(found.totalMs).toBe(50);
  });

  test("a store whose calls take longer than the requests that make them overlaps, and is no part of them", () => {
    const builder = (storeMs: number) =>
      ledgerOf()
        .client(A, { ok: 100 }, { ms: 50 })
        .application(A, { ok: 100 }, { ms: 20 })
        .store("list", { ok: 300 }, { source: "metrics", ms: storeMs });
    expect(partOf(decomposed(builder(5), "") as Decomposition, "store")).toBeCloseTo(15);
    expect(partOf(decomposed(builder(50), "") as Decomposition, "store")).toBe(0);
  });

  test("a hop of which nobody tells times has no decomposition", () => {
    expect(decomposed(ledgerOf().client(A, { ok: 100 }, { isUntimed: true }))).toBeUndefined();
  });
});

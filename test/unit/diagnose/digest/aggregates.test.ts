import { describe, expect, test } from "vitest";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import { failuresOf } from "../../../../collector/diagnose/digest/stream.ts";
import type { ScopeDigest } from "../../../../collector/diagnose/digest-types.ts";
import { Attributes } from "../../../../collector/model/attributes.ts";
import { BLANK_LATENCY, type Endpoint, NO_ENDPOINT } from "../../../../collector/model/load-record.ts";
import { type LedgerBuilder, ledgerOf, T0 } from "../ledger-builder.ts";

const nano = (second: number) => BigInt(T0 + second) * 1_000_000_000n;
const named = (name: string, method = "GET"): Endpoint => ({ method, name, url: "", source: "name" });

function load(builder: LedgerBuilder): ScopeDigest {
  return digestRun(builder.ledger(), []).scopes[0] as ScopeDigest;
}

function clientOf(digest: ScopeDigest, endpoint = "") {
  const view = endpoint === "" ? digest.total : digest.endpoints.find((one) => one.endpoint === endpoint);
  return view?.streams.get("client");
}

describe("generators that give only sums", () => {
  test("wrk: one endpoint is the total as well, and meets the path that a proxy logged", () => {
    const digest = load(
      ledgerOf()
        .proxy("GET /works", { 200: 990 })
        .aggregate("wrk", {
          isTotal: false,
          endpoint: { method: "", name: "http://localhost:8080/works?x=1", url: "", source: "url" },
          count: 1000,
          outcomes: { ok: 990, timeout: 10 },
          errorKinds: { timeout_unknown: 10 },
          durationSeconds: 30,
          responseBytes: 5000,
          latencies: [{ ...BLANK_LATENCY, means: "start_to_last_byte", correction: "corrected", count: 990, quantiles: [{ q: 0.5, ms: 3 }] }],
        }),
    );
    expect(clientOf(digest)).toMatchObject({
      count: 1000,
      source: "metrics",
      witnesses: ["wrk"],
      durationMeans: "start_to_last_byte",
      omission: "free",
    });
    expect(clientOf(digest, "GET /works")?.count).toBe(1000);
    expect(clientOf(digest)?.latencyOk).toBeUndefined();
    expect(clientOf(digest)?.perSecond).toHaveLength(0);
    expect(clientOf(digest)?.censored).toEqual([{ atMs: 0, count: 10 }]);
    expect(digest.offered.achievedPerSecond).toBeCloseTo(1000 / 30);
    expect(digest.endpoints).toHaveLength(1);
  });

  test("Locust: its total is not added to its endpoints; failures of another file say why, not how many", () => {
    const digest = load(
      ledgerOf()
        .aggregate("locust", { isTotal: false, endpoint: named("/a"), count: 100, outcomes: { ok: 90, unknown: 10 } })
        .aggregate("locust", { isTotal: false, endpoint: named("/b"), count: 50, outcomes: { ok: 50, unknown: 0 } })
        .aggregate("locust", { isTotal: true, endpoint: named("Aggregated", ""), count: 150, outcomes: { ok: 140, unknown: 10 } })
        .aggregate("locust", { isTotal: false, endpoint: named("/a"), outcomes: { http_error: 8 }, errorKinds: { http_5xx: 8 } }),
    );
    expect(clientOf(digest)?.count).toBe(150);
    expect(digest.endpoints.map(({ endpoint }) => endpoint)).toEqual(["GET /a", "GET /b"]);
    expect(Object.fromEntries(clientOf(digest, "GET /a")?.outcomes ?? [])).toEqual({ ok: 90, unknown: 2, http_error: 8 });
    expect(Object.fromEntries(clientOf(digest)?.errorKinds ?? [])).toEqual({ http_5xx: 8 });
    expect(failuresOf(clientOf(digest) as NonNullable<ReturnType<typeof clientOf>>)).toBe(10);
  });

  test("a summary of k6: parts of an endpoint by further tags and trends of the script are not added", () => {
    const tags = (entries: Record<string, string>) => Attributes.from(entries);
    const digest = load(
      ledgerOf()
        .aggregate("k6", { count: 200, outcomes: { ok: 180, unknown: 20 } })
        .aggregate("k6", {
          isTotal: false,
          endpoint: named("works", ""),
          count: 100,
          outcomes: { ok: 90, unknown: 10 },
          tags: tags({ name: "works" }),
        })
        .aggregate("k6", {
          isTotal: false,
          endpoint: named("works", ""),
          count: 90,
          outcomes: { ok: 90 },
          tags: tags({ name: "works", status: "200" }),
        })
        .aggregate("k6", { isTotal: false, count: 180, outcomes: { ok: 180 }, tags: tags({ expected_response: "true" }) })
        .aggregate("k6", { count: 70, latencies: [{ ...BLANK_LATENCY, of: "iteration_duration", count: 70 }] }),
    );
    expect(clientOf(digest)?.count).toBe(200);
    expect(clientOf(digest, "works")?.count).toBe(100);
  });

  test("two reports of one tool are added up, the same one said twice is not", () => {
    const report = { isTotal: false, endpoint: named("/a"), count: 100, outcomes: { ok: 100 } } as const;
    expect(
      clientOf(
        load(
          ledgerOf()
            .aggregate("ab", report)
            .aggregate("ab", { ...report, count: 60, outcomes: { ok: 60 } }),
        ),
      )?.count,
    ).toBe(160);
    expect(clientOf(load(ledgerOf().aggregate("ab", report).aggregate("ab", report)))?.count).toBe(100);
  });

  test("single requests come before sums", () => {
    const digest = load(
      ledgerOf()
        .client("GET /a", { ok: 10 })
        .aggregate("k6", { count: 12, outcomes: { ok: 12 } }),
    );
    expect(clientOf(digest)).toMatchObject({ count: 10, source: "requests" });
  });

  test("sums so far: the last is of the whole load", () => {
    const digest = load(
      ledgerOf()
        .aggregate("locust", { scope: "so_far", endUnixNano: nano(10), count: 100, outcomes: { ok: 100 } })
        .aggregate("locust", { scope: "so_far", endUnixNano: nano(20), count: 230, outcomes: { ok: 230 } })
        .aggregate("locust", { scope: "period", endUnixNano: nano(20), latencies: [{ ...BLANK_LATENCY, quantiles: [{ q: 0.5, ms: 1 }] }] }),
    );
    expect(clientOf(digest)?.count).toBe(230);
  });

  test("sums over periods fall into the phases they lie in, with a rate", () => {
    const builder = ledgerOf({ loadSeconds: 40 }).phase("ramp", "ramp", 0, 20).phase("hold", "hold", 20, 40);
    for (const [from, count] of [
      [0, 50],
      [10, 100],
      [20, 200],
      [30, 200],
    ] as const) {
      builder.aggregate("artillery", {
        scope: "period",
        startUnixNano: nano(from),
        endUnixNano: nano(from + 10),
        count,
        outcomes: { ok: count - 10, timeout: 10 },
      });
    }
    const ledger = builder.ledger();
    const [whole, ramp, hold] = digestRun(ledger, ledger.phases).scopes as readonly [ScopeDigest, ScopeDigest, ScopeDigest];
    expect([whole, ramp, hold].map((scope) => clientOf(scope)?.count)).toEqual([550, 150, 400]);
    expect(clientOf(hold)?.perSecond[5]).toBeCloseTo(20);
    expect(clientOf(hold)?.failedPerSecond[5]).toBeCloseTo(1);
  });

  test("a histogram is of successes only where every answer was one", () => {
    const histogram = [
      { toMs: 10, count: 60 },
      { toMs: 100, count: 40 },
    ];
    const view = { ...BLANK_LATENCY, means: "start_to_last_byte", count: 100, histogram, survivorsOnly: true } as const;
    const good = load(ledgerOf().aggregate("oha", { endpoint: NO_ENDPOINT, count: 110, outcomes: { ok: 100, timeout: 10 }, latencies: [view] }));
    expect(clientOf(good)?.latencyOk?.count).toBe(100);
    const mixed = load(ledgerOf().aggregate("oha", { endpoint: NO_ENDPOINT, count: 100, outcomes: { ok: 70, http_error: 30 }, latencies: [view] }));
    expect(clientOf(mixed)?.latencyOk).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import { faultsOf } from "../../../../collector/diagnose/rules/faults.ts";
import { formatBytes, formatCount, formatMs, formatShare } from "../../../../collector/diagnose/rules/format-value.ts";
import { ledgerOf, T0 } from "../ledger-builder.ts";
import { findingsOf, firstOf } from "./findings-of.ts";

describe("whether the test is one", () => {
  test("D0 needs all of an endpoint, from the first second on", () => {
    expect(firstOf(ledgerOf().client("GET /a", { 401: 50 }), "D0")).toMatchObject({ effect: "invalid" });
    expect(findingsOf(ledgerOf().client("GET /a", { 401: 50, 200: 1 }), "D0")).toEqual([]);
    expect(findingsOf(ledgerOf().client("GET /a", { 500: 50 }), "D0")).toEqual([]);
    expect(findingsOf(ledgerOf().client("GET /a", { 404: 3 }), "D0")).toEqual([]);
  });

  test("D0 with 503 that the proxy gives itself points at the proxy", () => {
    const ledger = ledgerOf()
      .client("GET /a", { 503: 50 })
      .proxy("GET /a", { 503: 50 }, { each: { local: 1, tries: 0 } });
    expect(firstOf(ledger, "D0")).toMatchObject({ confidence: "medium", claim: expect.stringContaining("the proxy refused them itself") });
  });

  test("D1 with a few dropped iterations is a risk, without a look at the server not proven", () => {
    const dropped = (each: number) =>
      ledgerOf()
        .client("GET /a", { ok: 6000 })
        .counter("iterations", { hop: "client", values: 100 })
        .counter("dropped_iterations", { hop: "client", values: [each] });
    expect(firstOf(dropped(5), "D1")).toMatchObject({ effect: "risk" });
    expect(firstOf(dropped(2000), "D1")).toMatchObject({ effect: "invalid", state: "consistent", confidence: "medium" });
    expect(findingsOf(dropped(0), "D1")).toEqual([]);
    // Nobody told how many were begun: then of how many they are is not known, and not that they were all.
    const alone = ledgerOf()
      .client("GET /a", { ok: 6000 })
      .counter("dropped_iterations", { hop: "client", values: [300] });
    expect(firstOf(alone, "D1")).toMatchObject({ effect: "risk", claim: expect.stringMatching(/did not begin 300 iterations: a smaller load/) });
  });

  test("D2 is silent where requests failed, or where enough was sent", () => {
    const planned = (ok: number, failed: number) =>
      ledgerOf().client("GET /a", { ok, timeout_wait: failed }).counter("loadtest.client.requests.planned", { hop: "client", values: 100 });
    expect(firstOf(planned(4770, 0), "D2")?.claim).toContain("79.5/s of the 100/s");
    expect(findingsOf(planned(4000, 700), "D2")).toEqual([]);
    expect(findingsOf(planned(5900, 0), "D2")).toEqual([]);
  });
});

describe("what is slow", () => {
  test("D10 and D11 are silent without what they rest on", () => {
    const joined = ledgerOf().client("GET /a", { ok: 600 }).application("GET /a", { ok: 600 }).joins("GET /a", 100, { app: 900, permit_wait: 800 });
    expect(findingsOf(joined, "D10")).toEqual([]);
    const connected = ledgerOf().client("GET /a", { ok: 600 }).joins("GET /a", 100, { proxy_header: 900, proxy_connect: 700, r3_app_queue: 850 });
    expect(findingsOf(connected, "D11")).toEqual([]);
  });

  test("D11 without saturation that was measured is likely only", () => {
    const queue = ledgerOf().client("GET /a", { ok: 600 }).joins("GET /a", 100, { proxy_header: 900, proxy_connect: 0, r3_app_queue: 850, app: 50 });
    expect(firstOf(queue, "D11")).toMatchObject({ state: "consistent", confidence: "medium" });
  });

  test("D15 needs a store that gets slower with load", () => {
    const steady = ledgerOf()
      .client("GET /a", { ok: 600 })
      .client("GET /a", { ok: 1200 }, { at: [30, 60] });
    for (let second = 0; second < 60; second += 4) steady.joins("GET /a", 20, { app: 50, store: 45 }, { at: second });
    expect(findingsOf(steady, "D15")).toEqual([]);
    const hardly = ledgerOf()
      .client("GET /a", { ok: 600 })
      .client("GET /a", { ok: 1200 }, { at: [30, 60] });
    for (let second = 0; second < 60; second += 4) hardly.joins("GET /a", 20, { app: 50, store: second < 30 ? 40 : 46 }, { at: second });
    expect(findingsOf(hardly, "D15")).toEqual([]);
    const grown = ledgerOf()
      .client("GET /a", { ok: 600 })
      .client("GET /a", { ok: 1200 }, { at: [30, 60] });
    for (let second = 0; second < 60; second += 4) grown.joins("GET /a", 20, { app: 50, store: second < 30 ? 20 : 46 }, { at: second });
    expect(firstOf(grown, "D15")).toMatchObject({ hop: "store", state: "proven" });
  });

  test("D16 by counts of store calls, where there are no traces", () => {
    const calls = (each: number) =>
      ledgerOf()
        .client("GET /a", { ok: 100 })
        .application("GET /a", { ok: 100 })
        .store("GET redis", { ok: 100 * each }, { source: "metrics" });
    expect(firstOf(calls(25), "D16")?.claim).toBe("a request makes 25 calls of GET redis");
    expect(findingsOf(calls(3), "D16")).toEqual([]);
  });

  test("D18 names the instance that is slow, and asks for a label where none tells", () => {
    const spread = (around: number) => (index: number) => around * (1 + ((index * 0.618) % 1) * 0.3);
    const two = ledgerOf()
      .client("GET /a", { ok: 900 }, { ms: spread(10) })
      .client("GET /a", { ok: 200 }, { ms: spread(900) });
    expect(firstOf(two, "D18")).toMatchObject({ state: "consistent", confidence: "low", claim: expect.stringContaining("no label tells which") });
    two
      .application("GET /a", { ok: 900 }, { instance: "pod-a", ms: spread(9) })
      .application("GET /a", { ok: 200 }, { instance: "pod-b", ms: spread(890) });
    expect(firstOf(two, "D18")).toMatchObject({
      state: "proven",
      hop: "application",
      claim: expect.stringContaining("instance pod-b is the slow one"),
    });
    expect(findingsOf(ledgerOf().client("GET /a", { ok: 900 }, { ms: spread(300) }), "D18")).toEqual([]);
  });

  test("D18 takes one wide hump for one", () => {
    const wide = (index: number) =>
      40 * Math.exp(1.6 * (((index * 0.618_034) % 1) + ((index * 0.414_214) % 1) + ((index * 0.732_051) % 1) - 1.5) * 2);
    const ledger = ledgerOf().client("GET /a", { ok: 3000 }, { ms: wide });
    expect(findingsOf(ledger, "D18")).toEqual([]);
  });

  test("D19 is silent where the busiest has little more than the others", () => {
    const ledger = ledgerOf().client("GET /a", { ok: 3000 });
    for (const [instance, ok] of Object.entries({ a: 1300, b: 850, c: 850 })) ledger.application("GET /a", { ok }, { instance });
    expect(findingsOf(ledger, "D19")).toEqual([]);
  });

  test("D22 is silent for a cache that answers, however long its rebuilds take", () => {
    const ledger = ledgerOf()
      .client("GET /a", { ok: 1200 })
      .counter("x.cache.hits", { values: 19 })
      .counter("x.cache.misses", { values: 1 })
      .counter("x.cache.rebuilds", { values: 1 })
      .gauge("x.cache.rebuild.duration", { kind: "histogram", unit: "ms", values: 900 });
    expect(findingsOf(ledger, "D22")).toEqual([]);
  });

  test("D28 is silent where the way is the smaller part, or nothing was quiet", () => {
    const phases = (client: number, app: number) =>
      ledgerOf({ loadSeconds: 120 })
        .phase("smoke", "hold", 0, 60)
        .phase("spike", "hold", 60, 120)
        .client("GET /a", { ok: 600 }, { ms: client })
        .application("GET /a", { ok: 600 }, { ms: app });
    expect(findingsOf(phases(200, 160), "D28")).toEqual([]);
    expect(firstOf(phases(200, 60), "D28")).toMatchObject({ scope: "smoke", claim: expect.stringContaining("140 ms lie between") });
    expect(findingsOf(ledgerOf().client("GET /a", { ok: 600 }, { ms: 200 }).application("GET /a", { ok: 600 }, { ms: 60 }), "D28")).toEqual([]);
  });

  test("D22 is silent for a cache that is hardly asked", () => {
    const ledger = ledgerOf()
      .client("GET /a", { ok: 60 })
      .counter("x.cache.hits", { values: [1] })
      .counter("x.cache.misses", { values: [9] })
      .counter("x.cache.rebuilds", { values: [9] });
    expect(findingsOf(ledger, "D22")).toEqual([]);
  });

  test("D25 leaves a rate alone that counts requests", () => {
    const ledger = ledgerOf({ run: { conditions: { ...ledgerOf().ledger().run.conditions, environment: { PEAK_RPS: "50" } } } })
      .client("GET /a", { ok: 3000 })
      .counter("iterations", { hop: "client", values: 25 });
    expect(findingsOf(ledger, "D25")).toEqual([]);
  });
});

describe("faults by marks", () => {
  test("by label and by words, ended by what belongs to them", () => {
    const ledger = ledgerOf()
      .mark("redis stopped", 10)
      .mark("nginx restarted", 12)
      .mark("redis back", 20)
      .mark("delay", 30, "user", { fault: "latency", state: "begin" })
      .mark("delay", 40, "user", { fault: "latency", state: "end" })
      .mark("coffee", 50)
      .ledger();
    expect(faultsOf(ledger)).toEqual([
      { text: "redis stopped", startSecond: T0 + 10, endSecond: T0 + 20 },
      { text: "nginx restarted", startSecond: T0 + 12, endSecond: undefined },
      { text: "delay", startSecond: T0 + 30, endSecond: T0 + 40 },
    ]);
  });

  test("D24 is silent where no more was lost than the fault took", () => {
    const ledger = ledgerOf()
      .client("GET /a", { ok: 2000 }, { at: [0, 20] })
      .client("GET /a", { other: 1000 }, { at: [20, 30] })
      .client("GET /a", { ok: 3000 }, { at: [30, 60] })
      .mark("redis stopped", 20)
      .mark("redis back", 30);
    expect(findingsOf(ledger, "D24")).toEqual([]);
  });

  test("D24 is silent where recovery adds little to a long fault", () => {
    const ledger = ledgerOf()
      .client("GET /a", { ok: 2000 }, { at: [0, 20] })
      .client("GET /a", { other: 1000 }, { at: [20, 44] })
      .client("GET /a", { ok: 1600 }, { at: [44, 60] })
      .mark("redis stopped", 20)
      .mark("redis back", 40);
    expect(findingsOf(ledger, "D24")).toEqual([]);
  });

  test("D23 is silent for clients that back off", () => {
    const ledger = ledgerOf()
      .client("GET /a", { ok: 60 }, { at: [0, 10], each: { new_connection: 1 } })
      .mark("server restarted", 10);
    for (const [index, count] of [40, 20, 10, 5].entries()) ledger.client("GET /a", { dial_refused: count }, { at: 10 + index * (index + 1) });
    ledger.client("GET /a", { ok: 60 }, { at: [23, 24], each: { new_connection: 1 } });
    expect(findingsOf(ledger, "D23").map(({ state }) => state)).not.toContain("proven");
  });
});

test("gaps are told once, and only where something is missing", () => {
  const ids = diagnose(ledgerOf().application("GET /a", { ok: 10 }, { source: "spans" }).ledger()).gaps.map(({ id }) => id);
  expect(ids).toEqual(["no-client-view", "no-proxy-log", "sampled-spans-only", "no-memory"]);
});

test("numbers are told as people read them", () => {
  expect([2049, 9_320_000, -1234, 12.34, 0.5, 120.7].map(formatCount)).toEqual(["2 049", "9 320 000", "−1 234", "12.3", "0.5", "121"]);
  expect([0, 0.2198, 0.0002, 1, 0.9999, 0.005].map(formatShare)).toEqual(["0 %", "22.0 %", "0.02 %", "100 %", "99.99 %", "0.50 %"]);
  expect([0.42, 88, 999.6, 1500, 30_000, 720_000].map(formatMs)).toEqual(["0.4 ms", "88 ms", "1 s", "1.5 s", "30 s", "12 min"]);
  expect([0, 900, 1536, 5e8].map(formatBytes)).toEqual(["0 B", "900 B", "1.5 KiB", "477 MiB"]);
});

import { describe, expect, test } from "vitest";
import type { LawResult } from "../../../../collector/diagnose/diagnosis.ts";
import { digestRun } from "../../../../collector/diagnose/digest/digest-run.ts";
import { holdLaws } from "../../../../collector/diagnose/laws/hold-laws.ts";
import { phasesOf } from "../../../../collector/diagnose/phases/detect-phases.ts";
import { type LedgerBuilder, ledgerOf } from "../ledger-builder.ts";

function held(builder: LedgerBuilder): readonly LawResult[] {
  const ledger = builder.ledger();
  return holdLaws(ledger, digestRun(ledger, phasesOf(ledger)));
}

/** The only result of a law for an endpoint over the whole load whose statement has these words. */
function law(results: readonly LawResult[], id: LawResult["law"], endpoint: string, words = ""): LawResult {
  const found = results.filter((one) => one.law === id && one.scope === "load" && one.endpoint === endpoint && one.statement.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} results of ${id} for ${endpoint}`);
  return found[0] as LawResult;
}

const A = "GET /api/a";
const B = "GET /api/b";

/** Two endpoints called in turn by ten workers, everything seen by everybody. */
function cleanRun(): LedgerBuilder {
  const builder = ledgerOf({ loadSeconds: 60, beforeSeconds: 10, afterSeconds: 30 })
    .gauge("vus_max", { hop: "client", values: 10 })
    .counter("iterations", { hop: "client", values: 50 })
    .counter("data_received", { hop: "client", values: (50 * 2 * 4300) | 0 });
  for (const endpoint of [A, B]) {
    builder
      .client(endpoint, { ok: 3000 }, { scenario: "hold" })
      .proxy(endpoint, { 200: 3000 }, { each: { tries: 1, local: 0, incomplete: 0, response_bytes: 4000 } })
      .application(endpoint, { ok: 3000 }, { source: "logs" })
      .application(endpoint, { ok: 3000 }, { source: "metrics" });
  }
  return builder;
}

describe("a clean run", () => {
  test("breaks no law, in no scope and for no endpoint", () => {
    const results = held(cleanRun());
    expect(results.filter(({ state }) => state === "broken")).toEqual([]);
    expect(new Set(results.map(({ law: id }) => id))).toEqual(new Set(["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"]));
    const unknown = results.filter(({ state }) => state === "unknown");
    // k6 does not say what was due; nothing else is missing.
    expect(new Set(unknown.map(({ law: id }) => id))).toEqual(new Set(["L1"]));
  });

  test("tells both sides, the tolerance and what it is made of", () => {
    expect(law(held(cleanRun()), "L3", A)).toMatchObject({
      state: "holds",
      statement: "sent − connection errors = arrived at the proxy",
      left: 3000,
      right: 3000,
      difference: 0,
      tolerance: 10,
      note: "tolerance: 10 for the virtual users or connections, one request each",
      evidence: [
        { what: "requests that the client sent", field: "k6 requests", window: "load", value: "3 000", n: undefined, how: "" },
        { value: "0", n: 3000 },
        { what: "requests that arrived at the proxy", field: "nginx requests", value: "3 000" },
      ],
    });
  });

  test("holds each law for each phase as well, with a tolerance for its edges", () => {
    const inHold = held(cleanRun()).filter(({ scope }) => scope === "hold");
    expect(inHold.length).toBeGreaterThan(0);
    expect(inHold.find(({ law: id, endpoint }) => id === "L3" && endpoint === A)?.tolerance).toBeGreaterThan(10);
  });
});

describe("L1 planned = done + dropped + interrupted", () => {
  const planned = (dropped: number) =>
    ledgerOf({ loadSeconds: 10 })
      .client(A, { ok: 900 })
      .counter("loadtest.client.requests.planned", { hop: "client", values: 100 })
      .counter("loadtest.client.requests.dropped", { hop: "client", values: dropped });

  test("holds where what is missing was dropped", () => {
    expect(law(held(planned(10)), "L1", "")).toMatchObject({ state: "holds", left: 1000, right: 1000 });
  });

  test("is broken where requests that were due were neither sent nor dropped", () => {
    expect(law(held(planned(0)), "L1", "")).toMatchObject({ state: "broken", left: 1000, right: 900, difference: 100 });
  });
});

describe("L2 sent = ok + errors + timeouts + cut off", () => {
  test("is broken where a generator lost count", () => {
    const results = held(ledgerOf().aggregate("siege", { count: 1000, outcomes: { ok: 900, timeout: 20 } }));
    expect(law(results, "L2", "")).toMatchObject({ state: "broken", left: 1000, right: 920, difference: 80 });
  });

  test("is broken where more was cut off than can have been under way", () => {
    const results = held(ledgerOf().gauge("vus_max", { hop: "client", values: 10 }).client(A, { ok: 100, cut: 40 }));
    expect(law(results, "L2", A)).toMatchObject({
      state: "broken",
      difference: 0,
      note: expect.stringContaining("40 requests cut off, more than the 10"),
    });
  });

  test("is unknown where nobody tells how requests ended", () => {
    expect(law(held(ledgerOf().aggregate("mapped", { count: 1000 })), "L2", "").state).toBe("unknown");
  });
});

describe("L3 sent − connection errors = arrived", () => {
  test("refused connections are not missed at the proxy", () => {
    const results = held(ledgerOf().client(A, { ok: 900, dial_refused: 60, dial_timeout: 40 }).proxy(A, { 200: 900 }));
    expect(law(results, "L3", A)).toMatchObject({ state: "holds", left: 900, right: 900 });
  });

  test("names what was lost between client and proxy", () => {
    const results = held(ledgerOf().client(A, { ok: 900, timeout_wait: 100 }).proxy(A, { 200: 900 }));
    expect(law(results, "L3", A)).toMatchObject({
      state: "broken",
      difference: 100,
      note: expect.stringContaining("100 requests lost between client and proxy"),
    });
  });

  test("more at the proxy than the client tells of is broken too", () => {
    const results = held(ledgerOf().client(A, { ok: 900 }).proxy(A, { 200: 1000 }));
    expect(law(results, "L3", A)).toMatchObject({ state: "broken", difference: -100, note: expect.stringContaining("100 requests more arrived") });
  });

  test("without a proxy the application is what requests arrive at", () => {
    const results = held(ledgerOf().client(A, { ok: 1000 }).application(A, { ok: 1000 }));
    expect(law(results, "L3", A)).toMatchObject({ state: "holds", statement: "sent − connection errors = arrived at the application" });
    expect(law(results, "L5", A).state).toBe("unknown");
  });

  test("sampled spans are held to no law", () => {
    const results = held(ledgerOf().client(A, { ok: 1000 }).application(A, { ok: 10 }, { source: "spans" }));
    expect(results.filter(({ state }) => state === "broken")).toEqual([]);
    expect(law(results, "L3", A)).toMatchObject({ state: "unknown", left: 1000, right: undefined });
  });

  test("names that do not meet are no loss, an endpoint that never arrived is one", () => {
    const apart = held(ledgerOf().client("works_list", { ok: 1000 }).proxy(A, { 200: 1000 }));
    expect(law(apart, "L3", "works_list")).toMatchObject({ state: "unknown", note: expect.stringContaining("map its names") });
    expect(law(apart, "L3", "").state).toBe("holds");
    const gone = held(ledgerOf().client(A, { timeout_wait: 500 }).client(B, { ok: 500 }).proxy(B, { 200: 500 }));
    expect(law(gone, "L3", A)).toMatchObject({ state: "broken", left: 500, right: 0 });
  });

  test("failures of an unknown kind may never have been sent", () => {
    const results = held(
      ledgerOf()
        .aggregate("k6", { count: 1000, outcomes: { ok: 800, unknown: 200 } })
        .proxy(A, { 200: 800 }),
    );
    expect(law(results, "L3", "")).toMatchObject({ state: "unknown", note: expect.stringContaining("200 requests") });
  });
});

describe("L4 given up by the client = given up, incomplete or too slow further in", () => {
  const timedOut = () => ledgerOf().client(A, { ok: 900, timeout_unknown: 100 }, { timeoutMs: 2000 });

  test.each([
    {
      name: "499: the client gave up while the application worked",
      proxy: (b: LedgerBuilder) => b.proxy(A, { 499: 100 }, { ms: 1999, each: { incomplete: 1 } }),
    },
    {
      name: "200 and not handed over to the end: slow egress",
      proxy: (b: LedgerBuilder) => b.proxy(A, { aborted: 100 }, { status: 200, ms: 2005, each: { incomplete: 1 } }),
    },
    {
      name: "handed over whole, but later than the client waits",
      proxy: (b: LedgerBuilder) => b.proxy(A, { 200: 100 }, { ms: 2600, each: { incomplete: 0 } }),
    },
  ])("holds with $name", ({ proxy }) => {
    const results = held(proxy(timedOut().proxy(A, { 200: 900 }, { each: { incomplete: 0 } })));
    expect(law(results, "L4", A)).toMatchObject({ state: "holds", left: 100, right: 100 });
  });

  test("is broken where the proxy handed everything over in time: lost on the response path", () => {
    const results = held(timedOut().proxy(A, { 200: 1000 }, { each: { incomplete: 0 } }));
    expect(law(results, "L4", A)).toMatchObject({ state: "broken", left: 100, right: 0, note: expect.stringContaining("lost on the response path") });
  });

  test("is unknown where the log does not say whether answers were handed over", () => {
    const results = held(timedOut().proxy(A, { 200: 1000 }, { isUntimed: true }));
    expect(law(results, "L4", A)).toMatchObject({
      state: "unknown",
      left: 100,
      right: 0,
      note: "delivery is unproven: the proxy's log has no $request_completion and no $request_time",
    });
  });

  test("without a proxy the application's 499s are counted", () => {
    const results = held(timedOut().application(A, { ok: 900, 499: 100 }));
    expect(law(results, "L4", A)).toMatchObject({ state: "holds", statement: expect.stringContaining("application") });
  });
});

describe("L5 upstream tries − failed connections = arrived at the application", () => {
  test("names retries that the client does not see", () => {
    const results = held(
      ledgerOf()
        .client(A, { ok: 1000 })
        .proxy(A, { 200: 900 }, { each: { tries: 1 } })
        .proxy(A, { 200: 100 }, { each: { tries: 2 } })
        .application(A, { ok: 1000, 500: 100 }),
    );
    expect(law(results, "L5", A)).toMatchObject({
      state: "holds",
      left: 1100,
      right: 1100,
      note: expect.stringContaining("100 upstream tries more than requests"),
    });
  });

  test("tries that found nobody and answers of the proxy itself are not missed", () => {
    const results = held(
      ledgerOf()
        .client(A, { ok: 1000 })
        .proxy(A, { 200: 800 }, { each: { tries: 2, failed_connects: 1, local: 0 } })
        .proxy(A, { 503: 200 }, { each: { tries: 0, local: 1 } })
        .application(A, { ok: 800 }),
    );
    expect(law(results, "L5", A)).toMatchObject({ state: "holds", left: 800, right: 800 });
  });

  test("is broken where the application, or its telemetry, lacks requests", () => {
    const builder = ledgerOf()
      .client(A, { ok: 1000 })
      .proxy(A, { 200: 1000 }, { each: { tries: 1 } })
      .application(A, { ok: 700 });
    builder.with({ losses: [{ component: "otlp", signal: "logs", reason: "queue_full", items: 300 }] });
    expect(law(held(builder), "L5", A)).toMatchObject({
      state: "broken",
      difference: 300,
      note: expect.stringContaining("300 log records or points are known to be lost"),
    });
  });

  test("says so where metrics and logs of the application disagree", () => {
    const results = held(
      ledgerOf()
        .client(A, { ok: 1000 })
        .proxy(A, { 200: 1000 }, { each: { tries: 1 } })
        .application(A, { ok: 1000 }, { source: "logs" })
        .application(A, { ok: 700 }, { source: "metrics" }),
    );
    expect(law(results, "L5", A)).toMatchObject({ state: "holds", note: expect.stringContaining("its metrics count 700, its logs 1 000") });
  });
});

describe("L6 answers by status", () => {
  test("429s that the application did not give are another layer's", () => {
    const results = held(ledgerOf().client(A, { ok: 800, http_429: 200 }).proxy(A, { 200: 800, 429: 200 }).application(A, { ok: 800, http_429: 20 }));
    expect(law(results, "L6", A, "429")).toMatchObject({
      state: "broken",
      left: 200,
      right: 20,
      note: expect.stringContaining("not by the application"),
    });
  });

  test("5xx that the application gave and the client did not see were retried or lost", () => {
    const results = held(ledgerOf().client(A, { ok: 1000 }).application(A, { ok: 900, 500: 100 }));
    expect(law(results, "L6", A, "5xx")).toMatchObject({ state: "broken", left: 0, right: 100, difference: -100 });
  });

  test("429s that both saw hold, and are not spoken of where there are none", () => {
    const results = held(ledgerOf().client(A, { ok: 800, http_429: 200 }).application(A, { ok: 800, http_429: 200 }));
    expect(law(results, "L6", A, "429").state).toBe("holds");
    expect(results.filter(({ law: id, statement }) => id === "L6" && statement.includes("5xx"))).toEqual([]);
  });

  test("answers that carry no status do not add up", () => {
    const results = held(ledgerOf().client(A, { ok: 100 }).application(A, { ok: 90 }).application(A, { ok: 10 }, { saysStatus: false }));
    expect(law(results, "L6", A, "sum")).toMatchObject({ state: "broken", left: 100, right: 90 });
  });
});

describe("L7 endpoints that follow one another", () => {
  const two = (proxyA: number, proxyB: number) =>
    ledgerOf()
      .gauge("vus_max", { hop: "client", values: 10 })
      .counter("iterations", { hop: "client", values: 10 })
      .client(A, { ok: 300, timeout_recv: 300 })
      .client(B, { ok: 600 })
      .proxy(A, { 200: proxyA })
      .proxy(B, { 200: proxyB });

  test("equality further in puts what the client misses behind it", () => {
    expect(law(held(two(600, 600)), "L7", A, "at the proxy")).toMatchObject({
      state: "holds",
      note: expect.stringContaining("300 of 600 requests to GET /api/a failed at the client, and yet they reached the proxy: lost behind it"),
    });
  });

  test("far fewer of the first were lost on the way", () => {
    expect(law(held(two(300, 600)), "L7", A, "at the proxy")).toMatchObject({
      state: "broken",
      difference: -300,
      note: expect.stringContaining("lost before the proxy"),
    });
  });

  test("endpoints that not every iteration calls once do not follow one another", () => {
    const results = held(ledgerOf().counter("iterations", { hop: "client", values: 10 }).client(A, { ok: 600 }).client(B, { ok: 60 }));
    expect(results.filter(({ law: id }) => id === "L7")).toEqual([]);
  });
});

describe("L8 bytes handed over = bytes received", () => {
  const moved = (received: number) =>
    ledgerOf()
      .gauge("vus_max", { hop: "client", values: 4 })
      .counter("data_received", { hop: "client", values: (second) => (second === 59 ? received : 0) })
      .client(A, { ok: 1000 })
      .proxy(A, { 200: 1000 }, { each: { response_bytes: 400_000 } });

  test("headers make no difference", () => {
    expect(law(held(moved(400_300_000)), "L8", "")).toMatchObject({ state: "holds", left: 400_000_000 });
  });

  test("is broken where bytes were handed to the socket and never received", () => {
    expect(law(held(moved(210_000_000)), "L8", "")).toMatchObject({ state: "broken", difference: 190_000_000 });
  });

  test("is unknown where the client does not tell", () => {
    const results = held(
      ledgerOf()
        .client(A, { ok: 10 })
        .proxy(A, { 200: 10 }, { each: { response_bytes: 10 } }),
    );
    expect(law(results, "L8", "")).toMatchObject({ state: "unknown", note: "the generator does not tell the bytes it received" });
  });
});

test("of scenarios side by side only the client's own laws are held", () => {
  const results = held(
    ledgerOf()
      .client(A, { ok: 600 }, { scenario: "browse" })
      .client(B, { ok: 600 }, { scenario: "search" })
      .proxy(A, { 200: 600 })
      .proxy(B, { 200: 600 }),
  );
  expect(new Set(results.filter(({ scope }) => scope === "search").map(({ law: id }) => id))).toEqual(new Set(["L1", "L2"]));
  expect(results.filter(({ state }) => state === "broken")).toEqual([]);
});

test("without a client's witness the laws that need one say so, once", () => {
  const results = held(
    ledgerOf()
      .proxy(A, { 200: 10 }, { each: { tries: 1 } })
      .application(A, { ok: 10 }),
  );
  expect(law(results, "L3", "")).toMatchObject({ state: "unknown", note: "no witness at the client: give the generator's own output" });
  expect(results.filter(({ law: id, endpoint }) => id === "L3" && endpoint !== "")).toEqual([]);
  expect(law(results, "L5", A).state).toBe("holds");
});

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import { ledgerOf, type RequestsShape } from "../ledger-builder.ts";
import { findingsOf, firstOf } from "./findings-of.ts";

const whole = { upstream_response: 15, incomplete: 0, tries: 1, local: 0 };

/** A client that timed out on a tenth, behind a proxy that handed everything over. */
const timeouts = (shape: { app?: RequestsShape; appCount?: number; proxyStatus?: Record<number, number>; timeoutMs?: number } = {}) =>
  ledgerOf()
    .client("GET /a", { ok: 900, timeout_unknown: 100 }, { ms: { ok: 20 }, timeoutMs: shape.timeoutMs ?? 30_000 })
    .proxy("GET /a", shape.proxyStatus ?? { 200: 1000 }, { ms: 18, each: whole })
    .application("GET /a", { ok: shape.appCount ?? 1000 }, { ms: 15, ...shape.app });

describe("D3: application and store are excluded", () => {
  test("when all was answered far faster than the client waited", () => {
    const { findings, exclusions } = diagnose(timeouts().ledger());
    expect(findings.map(({ rule }) => rule)).toContain("D3");
    expect(exclusions.map(({ hop }) => hop)).toEqual(["application", "store", "proxy"]);
    expect(exclusions[0]?.claim).toBe("the application answered 1 000 requests and its slowest took 15 ms, while the client waited 30 s");
  });

  test("not when one answer took as long as the client waited", () => {
    const slow = timeouts({ app: { ms: (index) => (index === 7 ? 29_000 : 15) } });
    expect(findingsOf(slow, "D3")).toEqual([]);
    expect(diagnose(slow.ledger()).exclusions).toEqual([]);
  });

  test("not when the proxy answered with errors, or requests between proxy and application are missing", () => {
    expect(findingsOf(timeouts({ proxyStatus: { 200: 950, 502: 50 }, appCount: 950 }), "D3")).toEqual([]);
    expect(findingsOf(timeouts({ appCount: 800 }), "D3")).toEqual([]);
  });

  test("an application that answered errors as well is not excluded", () => {
    const mixed = ledgerOf()
      .client("GET /a", { 200: 800, 500: 100, timeout_unknown: 100 }, { ms: { ok: 20 } })
      .application("GET /a", { 200: 900, 500: 100 }, { ms: 15 })
      .ledger();
    const { findings, exclusions } = diagnose(mixed);
    expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["D3", "L6"]));
    expect(exclusions.map(({ hop }) => hop)).toEqual(["store"]);
  });

  test("not by sampled spans", () => {
    expect(findingsOf(timeouts({ app: { source: "spans" } }), "D3")).toEqual([]);
  });
});

describe("D7: the lost requests had arrived", () => {
  const at = (proxyAt: readonly [number, number], lateBy = 0) =>
    ledgerOf({ loadSeconds: 120 })
      .client("GET /a", { ok: 500 }, { ms: 20, at: [0, 60] })
      // Sent in seconds 0 to 60, given up 30 s later.
      .client("GET /a", { timeout_unknown: 500 }, { at: [30, 90] })
      .proxy("GET /a", { 200: 500 }, { isUntimed: true, at: [0, 60], source: "logs" })
      .proxy("GET /a", { 200: 500 }, { isUntimed: true, at: [proxyAt[0] + lateBy, proxyAt[1] + lateBy], source: "logs" });

  test("lines before the client gave up mean that the answer was lost", () => {
    expect(firstOf(at([0, 60]), "D7")).toMatchObject({
      confidence: "high",
      requests: 500,
      claim: expect.stringContaining("answers were lost on the way back"),
    });
  });

  test("lines after that mean that the request came late", () => {
    const late = at([35, 95]);
    expect(firstOf(late, "D7")).toMatchObject({ confidence: "high", claim: expect.stringContaining("held up on the way there") });
    expect(diagnose(late.ledger()).verdict.sentence).toContain("between client and proxy");
  });

  test("lines about when it gave up leave it open", () => {
    expect(firstOf(at([30, 90]), "D7")).toMatchObject({ confidence: "medium", claim: expect.stringContaining("or came late") });
  });

  test("a log with durations tells when they came, whenever the answer went out", () => {
    const timed = ledgerOf({ loadSeconds: 120 })
      .client("GET /a", { timeout_recv: 500 }, { at: [30, 90] })
      .proxy("GET /a", { 200: 500 }, { ms: 30_000, at: [30, 90] });
    expect(firstOf(timed, "D7")).toMatchObject({ confidence: "high", claim: expect.stringContaining("lost on the way back") });
  });

  test("lines from before the sending mean that clocks or windows do not agree, and nothing is said of the direction", () => {
    const early = ledgerOf({ loadSeconds: 120 })
      .client("GET /a", { timeout_recv: 500 }, { at: [60, 120] })
      .proxy("GET /a", { 200: 500 }, { isUntimed: true, at: [0, 60] });
    expect(firstOf(early, "D7")).toMatchObject({ confidence: "medium" });
  });

  test("what the proxy itself calls given up is no lost answer", () => {
    const given = ledgerOf()
      .client("GET /a", { ok: 900, timeout_wait: 100 }, { timeoutMs: 2000 })
      .proxy("GET /a", { 200: 900, 499: 100 }, { ms: 20, each: { upstream_response: 1999 } });
    expect(findingsOf(given, "D7")).toEqual([]);
  });
});

test("D8 and D7 exclude one another, and a short log without failures is neither", () => {
  const missing = ledgerOf().client("GET /a", { ok: 600, timeout_wait: 400 }).proxy("GET /a", { 200: 600 }, { each: whole });
  expect(firstOf(missing, "D8")).toMatchObject({ requests: 400, hop: "network" });
  expect(findingsOf(missing, "D7")).toEqual([]);
  expect(findingsOf(ledgerOf().client("GET /a", { ok: 1000 }).proxy("GET /a", { 200: 600 }, { each: whole }), "D8")).toEqual([]);
});

describe("D4: the way out is too narrow", () => {
  const base = (kinds: Record<string, number>, big: number, small: number) =>
    ledgerOf()
      .client("GET /big", kinds, { ms: { ok: 20 } })
      .client("GET /small", { ok: 1000 })
      .application("GET /big", { ok: 1000 }, { each: { response_bytes: big } })
      .application("GET /small", { ok: 1000 }, { each: { response_bytes: small } });

  test("size alone makes it likely", () => {
    expect(firstOf(base({ ok: 800, timeout_unknown: 200 }, 90_000, 900), "D4")).toMatchObject({
      state: "consistent",
      confidence: "medium",
      endpoint: "GET /big",
    });
  });

  test("timeouts while receiving make it likely, while waiting they rule it out", () => {
    expect(firstOf(base({ ok: 800, timeout_recv: 200 }, 900, 900), "D4")).toMatchObject({
      state: "consistent",
      claim: expect.stringContaining("receiving when it gave up"),
    });
    expect(findingsOf(base({ ok: 800, timeout_wait: 200 }, 90_000, 900), "D4")).toEqual([]);
  });

  test("neither size nor phase nor proxy: nothing is said", () => {
    expect(findingsOf(base({ ok: 800, timeout_unknown: 200 }, 900, 900), "D4")).toEqual([]);
  });

  test("it gives the command for the next run", () => {
    const named = ledgerOf({
      run: {
        name: "spike",
        conditions: {
          command: ["k6", "run", "a b.js"],
          environment: { PEAK_RPS: "25" },
          generator: "",
          target: "",
          scriptHash: "",
          dataset: "",
          versions: {},
          host: {},
          config: "",
        },
      },
    }).client("GET /a", { ok: 800, timeout_recv: 200 });
    expect(firstOf(named, "D4")?.nextStep).toContain("PEAK_RPS=25 pitwall run --name spike-near-server -- k6 run 'a b.js'");
  });
});

describe("connections", () => {
  const dial = () => ledgerOf().client("GET /a", { ok: 900, dial_timeout: 100 }).application("GET /a", { ok: 900 });

  test("D6 is doubted where the kernel counted no overflow", () => {
    const calm = dial().counter("pitwall.host.tcp.listen_overflows", { values: 0 });
    expect(firstOf(calm, "D6")).toMatchObject({ state: "consistent", confidence: "low", counterEvidence: [expect.objectContaining({ value: "0" })] });
  });

  test("D6 sees SYNs that were sent again in the time to connect", () => {
    const slow = ledgerOf()
      .client("GET /a", { ok: 900 }, { each: { connect: 1 } })
      .client("GET /a", { ok: 10 }, { at: 30, each: { connect: 1020, new_connection: 1 } });
    expect(firstOf(slow, "D6")).toMatchObject({ effect: "slow", claim: expect.stringContaining("1.02 s") });
    expect(findingsOf(ledgerOf().client("GET /a", { ok: 900 }, { each: { connect: 1 } }), "D6")).toEqual([]);
  });

  test("D5 counts all connections when none came about", () => {
    expect(firstOf(ledgerOf().client("GET /a", { dial_refused: 50 }), "D5")?.claim).toMatch(
      /^all 50 connections were refused at once: nothing was listening where the client connects$/,
    );
  });

  test("D12 is slow where connecting takes long, and a risk where another upstream took over", () => {
    const slow = ledgerOf()
      .client("GET /a", { ok: 100 })
      .proxy("GET /a", { 200: 100 }, { each: { ...whole, upstream_connect: 120 } });
    expect(firstOf(slow, "D12")).toMatchObject({ effect: "slow", claim: expect.stringContaining("120 ms on average") });
    const over = ledgerOf()
      .client("GET /a", { ok: 100 })
      .proxy("GET /a", { 200: 100 }, { each: { ...whole, tries: 2, failed_connects: 1 } });
    expect(firstOf(over, "D12")).toMatchObject({ effect: "risk", requests: 0 });
    expect(
      findingsOf(
        ledgerOf()
          .client("GET /a", { ok: 100 })
          .proxy("GET /a", { 200: 100 }, { each: { ...whole, upstream_connect: 0.3 } }),
        "D12",
      ),
    ).toEqual([]);
  });
});

describe("429", () => {
  const turned = () => ledgerOf().client("GET /a", { ok: 900, http_429: 100 }).application("GET /a", { 200: 900, 429: 100 });
  const permits = "genarrative.http.server.request_permits.available";

  test("without permits neither back-pressure nor another limit is claimed, and the gap says so", () => {
    const { findings, gaps } = diagnose(turned().ledger());
    expect(findings.map(({ rule }) => rule)).toEqual([]);
    expect(gaps.map(({ id }) => id)).toContain("no-permits");
  });

  test("with permits at 0 it is back-pressure, with permits to spare it is not", () => {
    expect(firstOf(turned().gauge(permits, { values: (second) => (second === 9 ? 0 : 40) }), "D9")).toMatchObject({
      requests: 100,
      hop: "application",
    });
    expect(findingsOf(turned().gauge(permits, { values: 40 }), "D9")).toEqual([]);
  });

  test("429 that the application did not give comes from before it", () => {
    const elsewhere = ledgerOf().client("GET /a", { ok: 900, http_429: 100 }).application("GET /a", { 200: 900 }).gauge(permits, { values: 40 });
    expect(firstOf(elsewhere, "D9b")).toMatchObject({ requests: 100, hop: "network" });
  });
});

describe("L6: errors that were answered", () => {
  test("504 is the application's slowness, as the proxy saw it", () => {
    const slow = ledgerOf()
      .client("GET /a", { 200: 900, 504: 100 })
      .proxy("GET /a", { 200: 900 }, { each: whole })
      .proxy("GET /a", { 504: 100 }, { ms: 3004, each: { upstream_response: 3003, tries: 1, local: 0 } });
    expect(firstOf(slow, "L6")).toMatchObject({ hop: "application", claim: expect.stringContaining("after waiting 3 s for the application") });
  });

  test("503 of the proxy itself is the proxy's", () => {
    const limited = ledgerOf()
      .client("GET /a", { 200: 900, 503: 100 })
      .proxy("GET /a", { 200: 900 }, { each: whole })
      .proxy("GET /a", { 503: 100 }, { ms: 1, each: { tries: 0, local: 1 } })
      .application("GET /a", { 200: 900 });
    expect(firstOf(limited, "L6")).toMatchObject({ hop: "proxy", confidence: "high", requests: 100 });
  });

  test("answers that failed the script's checks are told apart from errors", () => {
    expect(firstOf(ledgerOf().client("GET /a", { ok: 90, body_check: 10 }), "L6")).toMatchObject({
      requests: 10,
      claim: expect.stringContaining("failed its checks"),
    });
  });
});

describe("D13 and D14", () => {
  test("a proxy that asked once for each request hides nothing; what it answered itself is no try", () => {
    const once = ledgerOf()
      .client("GET /a", { 200: 900, 429: 100 })
      .proxy("GET /a", { 200: 900 }, { each: whole })
      .proxy("GET /a", { 429: 100 }, { each: { tries: 0, local: 1 } });
    expect(findingsOf(once, "D13")).toEqual([]);
  });

  test("tries are held against the requests that asked an upstream, not against all", () => {
    const some = ledgerOf()
      .client("GET /a", { 200: 900, 429: 100 })
      .proxy("GET /a", { 200: 900 }, { each: { local: 0 }, total: { tries: 990 } })
      .proxy("GET /a", { 429: 100 }, { each: { tries: 0, local: 1 } });
    expect(firstOf(some, "D13")?.claim).toBe(
      "the proxy asked the application 990 times for 900 requests: 90 failed tries (9.1 %) that no client saw",
    );
  });

  test("499 with an answer long there is no slow application", () => {
    const there = ledgerOf()
      .client("GET /a", { ok: 900, timeout_recv: 100 }, { timeoutMs: 2000 })
      .proxy("GET /a", { 200: 900 }, { each: whole })
      .proxy("GET /a", { 499: 100 }, { ms: 2000, each: { upstream_response: 3 } });
    expect(findingsOf(there, "D14")).toEqual([]);
  });
});

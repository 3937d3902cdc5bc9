import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import { type Counts, ledgerOf, type RequestsShape, T0 } from "../ledger-builder.ts";
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

  test("not as long as waiting may have been for the application to begin, or requests are missing by as many as timed out", () => {
    const direct = (counts: Counts, count: number) =>
      ledgerOf()
        .client("GET /a", { ok: 900, ...counts }, { ms: { ok: 20 } })
        .application("GET /a", { ok: count }, { ms: 15 });
    expect(findingsOf(direct({ timeout_recv: 100 }, 1000), "D3")).toHaveLength(1);
    expect(findingsOf(direct({ timeout_wait: 100 }, 1000), "D3")).toEqual([]);
    expect(diagnose(direct({ timeout_wait: 100 }, 1000).ledger()).exclusions).toEqual([]);
    const missing = direct({ timeout_recv: 100 }, 910).gauge("vus_max", { hop: "client", values: 100 });
    expect(findingsOf(missing, "D3")).toEqual([]);
    expect(diagnose(missing.ledger()).exclusions).toEqual([]);
  });

  test("not by sampled spans", () => {
    expect(findingsOf(timeouts({ app: { source: "spans" } }), "D3")).toEqual([]);
  });
});

describe("D14: the application was slower than the client's patience", () => {
  const gaveUp = (counts: Counts) =>
    ledgerOf()
      .client("GET /a", { ok: 900, ...counts }, { ms: { ok: 20 }, timeoutMs: 1000 })
      .proxy("GET /a", { 200: 900 }, { ms: 18, each: whole })
      .proxy("GET /a", { 499: 5 }, { ms: 1000, each: { upstream_response: 998, tries: 1, local: 0 } });

  test("of requests that were cut off at the end nobody's patience ended", () => {
    expect(firstOf(gaveUp({ timeout_wait: 5 }), "D14")).toMatchObject({ requests: 5, confidence: "high" });
    expect(findingsOf(gaveUp({}).gauge("vus_max", { hop: "client", values: 5 }), "D14")).toEqual([]);
  });

  test("names the store where it took the time of those that failed", () => {
    const row = {
      second: T0,
      endpoint: 0,
      by: "trace",
      count: 20,
      failed: true,
      parts: { app: { n: 20, sum: 20_000 }, store: { n: 20, sum: 19_000 } },
    } as const;
    expect(firstOf(gaveUp({ timeout_wait: 5 }).with({ joins: [row] }), "D14")).toMatchObject({
      claim: expect.stringMatching(/; 95\.0 % of its time went to the store$/),
      nextStep: expect.stringContaining("store's slowest operations"),
    });
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

  test("D6 counts timeouts without any time where the client tells the times of every request, and only there", () => {
    const stuck = () => ledgerOf().client("GET /a", { ok: 900 }).client("GET /a", { timeout_unknown: 50 }, { isUntimed: true });
    expect(firstOf(stuck(), "D6")).toMatchObject({
      requests: 50,
      state: "consistent",
      claim: expect.stringMatching(/^50 of 950 requests timed out before/),
    });
    expect(findingsOf(stuck().witness({ hop: "client", name: "k6", format: "k6-summary" }), "D6")).toEqual([]);
  });

  test("D6 does not take what the machine had counted before for overflows of this run", () => {
    const queue = (values: readonly number[]) =>
      ledgerOf({ loadSeconds: 10 })
        .client("GET /a", { ok: 90, dial_timeout: 10 })
        .counter("pitwall.host.tcp.listen_overflows", { hop: "network", values });
    expect(firstOf(queue([40_000, 0, 0, 7, 0, 0, 0, 0, 0, 0]), "D6")).toMatchObject({
      state: "proven",
      evidence: expect.arrayContaining([expect.objectContaining({ value: "7" })]),
    });
    expect(firstOf(queue([40_000, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "D6")).toMatchObject({ state: "consistent", confidence: "low" });
  });

  test("D12 blames the application where its port refuses at once, else what lies between", () => {
    const gone = (failedMs: number) =>
      ledgerOf()
        .client("GET /a", { 200: 900, 502: 100 })
        .proxy("GET /a", { 200: 900 }, { each: { ...whole, failed_connects: 0 } })
        .proxy("GET /a", { 502: 100 }, { ms: failedMs, each: { upstream_response: failedMs, tries: 1, local: 0, failed_connects: 1 } });
    expect(firstOf(gone(0.2), "D12")).toMatchObject({
      hop: "application",
      claim: expect.stringContaining("refused the proxy's connection at once in 100 tries"),
    });
    expect(firstOf(gone(3000), "D12")).toMatchObject({ hop: "proxy", claim: expect.stringContaining("did not reach the application in 100 tries") });
  });

  test("D5 counts all connections when none came about", () => {
    expect(firstOf(ledgerOf().client("GET /a", { dial_refused: 50 }), "D5")?.claim).toMatch(
      /^all 50 requests were refused a connection at once: nothing was listening where the client connects$/,
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

  test("503 of the proxy itself is told as a limit, and not once more", () => {
    const limited = ledgerOf()
      .client("GET /a", { 200: 900, 503: 100 })
      .proxy("GET /a", { 200: 900 }, { each: whole })
      .proxy("GET /a", { 503: 100 }, { ms: 1, each: { tries: 0, local: 1 } })
      .application("GET /a", { 200: 900 });
    expect(firstOf(limited, "D9b")).toMatchObject({ hop: "proxy", confidence: "high", requests: 100 });
    expect(findingsOf(limited, "L6")).toEqual([]);
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

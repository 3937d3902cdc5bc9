import { describe, expect, test } from "vitest";
import { diagnose } from "../../../collector/diagnose/diagnose.ts";
import type { Diagnosis, Finding } from "../../../collector/diagnose/diagnosis.ts";
import { quantileOf } from "../../../collector/diagnose/rules/stream-facts.ts";
import { type LedgerBuilder, ledgerOf } from "./ledger-builder.ts";

/*
 * Rows of docs/mission.md: what people did by hand for the load test of their works list, done by the diagnosis, with their numbers. Names begin
 * with the row's id.
 */

const PUZZLE = "GET /api/runtime/puzzle/gallery";
const CUSTOM = "GET /api/runtime/custom-world-gallery";
const PUZZLE_BYTES = 96_000;

const first = ({ findings }: Diagnosis, rule: string): Finding | undefined => findings.find((finding) => finding.rule === rule);
const told = (finding: Finding | undefined, what: string): string | undefined => finding?.evidence.find((one) => one.what.includes(what))?.value;

/** 9 320 requests in 15 minutes, of which the client gives up 2 049 of the larger list. */
function worksList(): LedgerBuilder {
  return ledgerOf({ loadSeconds: 900 })
    .client(PUZZLE, { ok: 2612, timeout_unknown: 2049 }, { ms: { ok: 60 } })
    .client(CUSTOM, { ok: 4659 }, { ms: 30 })
    .proxy(PUZZLE, { 200: 4661 }, { isUntimed: true, each: { response_bytes: PUZZLE_BYTES } })
    .proxy(CUSTOM, { 200: 4659 }, { isUntimed: true, each: { response_bytes: 1200 } })
    .application(PUZZLE, { ok: 4661 }, { ms: (index) => (index === 0 ? 88 : 13 + ((index * 7) % 40)) })
    .application(CUSTOM, { ok: 4659 }, { ms: (index) => (index === 0 ? 49 : index % 10 === 0 ? 7 : 1) });
}

describe("the diagnosis of the works list", () => {
  test("0.1: lines of other runs in the same log are no part of this one, and its phases are told apart", () => {
    const rate = (second: number) => (second < 20 ? 1 + second * 2 : second < 80 ? 40 : 40 - (second - 80) * 2);
    const ledger = ledgerOf({ loadSeconds: 100, beforeSeconds: 900 });
    for (let second = 0; second < 100; second++) ledger.client(PUZZLE, { ok: rate(second) }, { at: second });
    const count = Array.from({ length: 100 }, (_, second) => rate(second)).reduce((sum, each) => sum + each, 0);
    const log = ledger.proxy(PUZZLE, { 200: 9320 }, { at: [-900, -60] }).proxy(PUZZLE, { 200: count });
    const { digest, laws, phases } = diagnose(log.ledger());
    expect(digest.scopes[0]?.total.streams.get("proxy")?.count).toBe(count);
    expect(laws.find(({ law, scope, endpoint }) => law === "L3" && scope === "load" && endpoint === "")).toMatchObject({ state: "holds" });
    expect(phases.filter(({ kind }) => kind !== "before" && kind !== "after").map(({ kind }) => kind)).toEqual(["ramp", "hold", "cool"]);
  });

  test("0.5: failures are put to the endpoint that has them, its twin and the size of its answers beside it", () => {
    const diagnosis = diagnose(worksList().ledger());
    const arrived = first(diagnosis, "D7");
    expect(arrived?.endpoint).toBe(PUZZLE);
    expect(told(arrived, `failed of ${PUZZLE}`)).toBe("2 049 (44.0 %)");
    expect(told(arrived, `failed of ${CUSTOM}`)).toBe("0 (0 %)");
    expect(told(first(diagnosis, "D4"), `failed of ${PUZZLE}, whose answers are 94 KiB`)).toBe("2 049 (44.0 %)");
  });

  test("0.9: a service that restarts all the time beside the road is blamed for nothing", () => {
    const beside = ledgerOf()
      .client(PUZZLE, { ok: 1500 }, { at: [0, 30] })
      .client(PUZZLE, { ok: 1200, http_5xx: 300 }, { at: [30, 60] })
      .application(PUZZLE, { ok: 2700, http_5xx: 300 })
      .counter("server_node.restarts", { values: 3 });
    const { findings, verdict } = diagnose(beside.ledger());
    expect(findings.map(({ rule }) => rule)).toEqual(["L6"]);
    expect(verdict.hop).toBe("application");
  });

  test("0.12: each endpoint of the application has its own times, and the slowest is far below what the client waited", () => {
    const { digest, exclusions } = diagnose(worksList().ledger());
    const of = (endpoint: string) => digest.scopes[0]?.endpoints.find((view) => view.endpoint === endpoint)?.streams.get("application")?.latencyOk;
    expect([of(PUZZLE)?.max, of(CUSTOM)?.max]).toEqual([88, 49]);
    expect(quantileOf(of(PUZZLE), 0.5)).toBeCloseTo(32, -1);
    expect(quantileOf(of(CUSTOM), 0.5)).toBeCloseTo(1, 1);
    expect(exclusions.find(({ hop }) => hop === "application")?.claim).toBe(
      "the application answered 9 320 requests and its slowest took 88 ms, while the client waited 30 s",
    );
  });

  test("0.18: proven, likely, excluded, a risk only, and not to be decided are five different things", () => {
    const diagnosis = diagnose(
      worksList()
        .store("read_puzzle", { ok: 30 * 9320 }, { source: "metrics" })
        .ledger(),
    );
    expect(first(diagnosis, "D3")).toMatchObject({ state: "proven", effect: "failure" });
    expect(first(diagnosis, "D4")).toMatchObject({ state: "consistent", effect: "failure" });
    expect(first(diagnosis, "D16")).toMatchObject({ effect: "risk", claim: "a request makes 30 calls of read_puzzle" });
    expect(diagnosis.exclusions.map(({ hop }) => hop)).toEqual(expect.arrayContaining(["application", "store"]));
    expect(diagnosis.gaps.map(({ id }) => id)).toEqual(expect.arrayContaining(["proxy-log-without-timing", "no-client-phases"]));
  });
});

describe("the acceptance of the works list", () => {
  test("1.4: thresholds are held against the phase that they are for", () => {
    const gate = (expression: string, phase: string) => ({ expression, phase, source: "thresholds.yaml" });
    const gates = [
      gate("p95 < 800ms", "baseline"),
      gate("p95 < 800ms", "spike"),
      gate("p95 < 2000ms", "spike"),
      gate("dropped_iterations == 0", "spike"),
    ];
    const run = ledgerOf({ loadSeconds: 120, run: { gates } })
      .phase("baseline", "hold", 0, 60)
      .phase("spike", "hold", 60, 120)
      .client(PUZZLE, { ok: 600 }, { at: [0, 60], ms: 500 })
      .client(PUZZLE, { ok: 3000 }, { at: [60, 120], ms: 1200 })
      .counter("iterations", { hop: "client", values: 25 });
    expect(diagnose(run.ledger()).gates.map(({ scope, state, actual }) => [scope, state, actual])).toEqual([
      ["baseline", "passed", "500 ms"],
      ["spike", "failed", "1.2 s"],
      ["spike", "passed", "1.2 s"],
      ["spike", "passed", "0"],
    ]);
  });

  test.each([
    { cpu: 0.35, ms: 48, next: /raise GENARRATIVE_API_MAX_CONCURRENT_REQUESTS/ },
    { cpu: 0.95, ms: 48, next: /add capacity or send less/ },
    { cpu: 0.35, ms: 1900, next: /add capacity or send less/ },
  ])("1.6: whether the limit is too low is told from the admitted and the CPU: $ms ms at $cpu", ({ cpu, ms, next }) => {
    const run = ledgerOf()
      .client(PUZZLE, { ok: 2700, http_429: 300 }, { ms: { ok: ms + 10, http_429: 2 } })
      .application(PUZZLE, { 200: 2700, 429: 300 }, { ms })
      .gauge("genarrative.http.server.request_permits.available", { hop: "application", values: 0 })
      .gauge("genarrative.http.server.request_permits.limit", { hop: "application", values: 64 })
      .gauge("system.cpu.utilization", { values: cpu });
    const finding = first(diagnose(run.ledger()), "D9");
    expect(finding?.nextStep).toMatch(next);
    expect([told(finding, "answered with 429"), told(finding, "fewest request permits")]).toEqual(["300", "0 of 64"]);
  });

  test("1.19: hits, rebuilds and how many are under way at once, of any cache that is named so", () => {
    const cache = "genarrative.custom_world.cache";
    const run = ledgerOf()
      .client(CUSTOM, { ok: 1200 }, { ms: 300 })
      .application(CUSTOM, { ok: 1200 }, { ms: 290 })
      .counter(`${cache}.hits`, { hop: "application", values: 5 })
      .counter(`${cache}.misses`, { hop: "application", values: 15 })
      .counter(`${cache}.rebuilds`, { hop: "application", values: 10 })
      .gauge(`${cache}.rebuild.duration`, { kind: "histogram", hop: "application", unit: "ms", values: 240 });
    const finding = first(diagnose(run.ledger()), "D22");
    expect(told(finding, "questions that the cache answered")).toBe("25.0 %");
    expect(told(finding, "rebuilds under way on average")).toBe("2.4");
  });

  test("1.20: a threshold says which way the store must be read", () => {
    const gate = (expression: string) => ({ expression, phase: "", source: "thresholds.yaml" });
    const reads = "genarrative.spacetime.read.calls";
    const run = (read: string) =>
      ledgerOf({ run: { gates: [gate(`${reads}{read=list_puzzle_gallery} > 0`)] } })
        .client(PUZZLE, { ok: 600 })
        .counter(reads, { hop: "store", values: 2, attributes: { read } });
    expect(diagnose(run("list_puzzle_gallery").ledger()).gates[0]).toMatchObject({ state: "passed", actual: "120" });
    expect(diagnose(run("procedure").ledger())).toMatchObject({ gates: [{ state: "undecided" }], verdict: { result: "inconclusive" } });
  });

  test("1.22: 300 virtual users where 3 would do: so many bytes for each connection, and the command that shows it", () => {
    const memory = (second: number) => (second < 0 || second >= 60 ? 1e8 : 1e8 + (6.9e9 * (second + 1)) / 60);
    const run = ledgerOf({ loadSeconds: 60, beforeSeconds: 20, afterSeconds: 70 })
      .client("GET /healthz", { ok: 15_000 }, { ms: 9 })
      .application("GET /healthz", { ok: 15_000 }, { ms: 1 })
      .gauge("vus", { hop: "client", values: (second) => 5 * (second + 1) })
      .gauge("genarrative.http.server.response_bodies.in_flight", { hop: "application", values: 3 })
      .gauge("genarrative.process.memory.private", { hop: "application", unit: "By", at: [-20, 130], values: memory });
    const finding = first(diagnose(run.ledger()), "D17");
    expect(finding).toMatchObject({ state: "proven", effect: "risk" });
    expect(finding?.claim).toContain("22 MiB for each of 300 connections, of which 3 would do");
    expect(told(finding, "virtual users that rate and latency need")).toBe("3");
    expect(finding?.nextStep).toContain("PREALLOCATED_VUS=3 MAX_VUS=6 pitwall run --name test-few-vus -- k6 run works.js");
  });
});

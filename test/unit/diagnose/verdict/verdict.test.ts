import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import type { Verdict } from "../../../../collector/diagnose/diagnosis.ts";
import { type LedgerBuilder, ledgerOf } from "../ledger-builder.ts";

function verdictOf(builder: LedgerBuilder, ...gates: readonly string[]): Verdict {
  const ledger = builder.ledger();
  return diagnose({ ...ledger, run: { ...ledger.run, gates: gates.map((expression) => ({ expression, phase: "", source: "test" })) } }).verdict;
}

const ran = (ok: number, failed: number) =>
  ledgerOf().client("GET /a", { 200: ok, 500: failed }, { ms: 30 }).application("GET /a", { 200: ok, 500: failed }, { ms: 20 });

describe("without gates", () => {
  test("more than 1 % of failures fail a run, fewer do not", () => {
    expect(verdictOf(ran(985, 15))).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      sentence: expect.stringMatching(/^FAILED: 1\.5 % of requests failed/),
    });
    expect(verdictOf(ran(995, 5))).toMatchObject({ result: "passed", sentence: expect.stringContaining("1 000 requests, 5 failed, p95 30 ms") });
  });

  test("a run that only a server told of passes with less confidence", () => {
    expect(verdictOf(ledgerOf().application("GET /a", { ok: 100 }))).toMatchObject({ result: "passed", confidence: "medium" });
  });
});

test("a run whose recording broke off is not said to have passed", () => {
  const whole = ran(1000, 0).ledger();
  const broken = { ...whole, run: { ...whole.run, state: "abandoned" as const } };
  expect(diagnose(broken).verdict).toMatchObject({ result: "inconclusive", confidence: "low" });
  expect(diagnose(broken).verdict.sentence).toContain("the recording broke off");
});

describe("with gates", () => {
  test("failures that a gate allows pass, failures that none speaks of do not", () => {
    expect(verdictOf(ran(970, 30), "http_req_failed < 5%").result).toBe("passed");
    expect(verdictOf(ran(970, 30), "p90 < 1s").result).toBe("failed");
    expect(verdictOf(ran(970, 30), "http_req_failed{endpoint=GET /a} < 5%").result).toBe("failed");
  });

  test("a gate on latency blames what was slow, not the few that failed", () => {
    const verdict = verdictOf(ran(998, 2), "p95 < 10ms");
    expect(verdict).toMatchObject({ result: "failed", hop: "application", confidence: "medium" });
    expect(verdict.sentence).toBe("FAILED: p95 < 10ms (30 ms) does not hold: most of the time goes to the application (66.7 %)");
  });

  test("one server error is enough for a gate on it", () => {
    const verdict = verdictOf(ran(999, 1), "app 5xx == 0", "p95 < 1s");
    expect(verdict.sentence).toMatch(
      /^FAILED: 0\.10 % of requests failed with an error status of the application \(confidence high\): the application answered 1 request with 5xx itself/,
    );
    expect(verdict.reasons[0]).toBe("1 of 2 gates does not hold: app 5xx == 0.");
  });

  test("a gate that cannot be decided leaves the run open, unless another one failed", () => {
    expect(verdictOf(ran(1000, 0), "p95 < 1s", "proxy 502 == 0")).toMatchObject({
      result: "inconclusive",
      sentence: expect.stringContaining("1 of 2 gates could not be decided: proxy 502 == 0 (nobody told what the proxy saw)"),
    });
    expect(verdictOf(ran(1000, 0), "p95 < 1ms", "proxy 502 == 0").result).toBe("failed");
  });

  test("what the generator judged counts as well", () => {
    const judged = ran(1000, 0).with({ thresholds: [{ kind: "threshold", metric: "checks", expression: "rate>0.99", passed: false }] });
    expect(verdictOf(judged)).toMatchObject({ result: "failed", sentence: expect.stringContaining("checks: rate>0.99") });
  });
});

test("an invalid test beats failed gates", () => {
  expect(verdictOf(ledgerOf().client("GET /a", { 401: 100 }), "http_req_failed < 1%")).toMatchObject({
    result: "invalid",
    sentence: expect.stringMatching(/^INVALID: GET \/a answered 401/),
  });
});

test("lost telemetry takes a step off the confidence, in the sentence too", () => {
  const lossy = ran(900, 100).with({ losses: [{ component: "otlp", signal: "traces", reason: "queue full", items: 5 }] });
  const verdict = verdictOf(lossy);
  expect(verdict.confidence).toBe("medium");
  expect(verdict.sentence).toContain("(confidence medium)");
  expect(verdict.reasons.join(" ")).toContain("Telemetry was lost");
});

test("failures of which nothing says where are said to be so", () => {
  const verdict = verdictOf(ledgerOf().client("GET /a", { ok: 900, reset: 100 }));
  expect(verdict).toMatchObject({ result: "failed", hop: undefined, confidence: "low" });
  expect(verdict.sentence).toBe("FAILED: 10.0 % of requests failed, and nothing that was measured says where: 100 of 1 000 requests");
  expect(verdict.reasons.at(-1)).toContain("Not measured: no log of a proxy was read");
});

test("a finding that explains a small part does not pass for the reason", () => {
  const mixed = ledgerOf().client("GET /a", { ok: 900, reset: 95, dial_refused: 5 });
  expect(verdictOf(mixed).sentence).toMatch(/^FAILED: 10\.0 % of requests failed, of which 5 of 100 are explained: because connections were refused/);
});

test("the same ledger gives the same diagnosis", () => {
  const ledger = ran(900, 100).ledger();
  expect(diagnose(ledger)).toEqual(diagnose(ledger));
});

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../collector/diagnose/diagnose.ts";
import type { Diagnosis, Finding } from "../../../collector/diagnose/diagnosis.ts";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { SampledSpan } from "../../../collector/model/ledger.ts";
import type { LoadAggregate } from "../../../collector/model/load-record.ts";
import { BLANK_LATENCY } from "../../../collector/model/load-record.ts";
import { ledgerOf, T0 } from "./ledger-builder.ts";

/*
 * Rows of docs/mission.md: WebSocket test, event tracking and game room, with their numbers. Names begin with the row's id.
 */

const first = ({ findings }: Diagnosis, rule: string): Finding | undefined => findings.find((finding) => finding.rule === rule);
const told = (finding: Finding | undefined, what: string): string | undefined => finding?.evidence.find((one) => one.what.includes(what))?.value;

describe("the WebSocket test", () => {
  test.each([
    { seconds: 60, sent: 29_000, due: 30_000, result: "passed" },
    { seconds: 30, sent: 47_712, due: 60_000, result: "invalid" },
  ])("2.4: $sent of $due pings in $seconds s: $result", ({ seconds, sent, due, result }) => {
    const run = ledgerOf({ loadSeconds: seconds })
      .client("PING", { ok: sent }, { ms: 1 })
      .counter("loadtest.client.requests.planned", { hop: "client", values: due / seconds });
    const { digest, verdict } = diagnose(run.ledger());
    expect(verdict.result).toBe(result);
    expect(digest.scopes[0]?.offered.targetPerSecond).toBeCloseTo(due / seconds, 6);
    expect(digest.scopes[0]?.offered.achievedPerSecond).toBeCloseTo(sent / seconds, 6);
  });

  test("2.5: a restart, 3 000 attempts in vain and none of them later than the one before", () => {
    const connect = { ms: 5, each: { new_connection: 1 } };
    const run = ledgerOf({ loadSeconds: 40 })
      .mark("server restarted", 10)
      .client("CONNECT /ws", { ok: 500 }, { at: [0, 5], ...connect })
      .client("CONNECT /ws", { dial_refused: 3000 }, { at: [10, 30] })
      .client("CONNECT /ws", { ok: 500 }, { at: [30, 31], ...connect });
    const diagnosis = diagnose(run.ledger());
    expect(first(diagnosis, "D23")).toMatchObject({ state: "proven", claim: expect.stringContaining("without backoff") });
    expect([told(first(diagnosis, "D23"), "attempts that failed"), told(first(diagnosis, "D23"), "attempts a second")]).toEqual(["3 000", "150/s"]);
    expect(told(first(diagnosis, "D5"), "when")).toBe("seconds 10 to 29 of the load");
  });

  test("2.7: a dependency that is gone for a sixth of the time and costs a third of the answers", () => {
    const run = ledgerOf({ loadSeconds: 60 })
      .mark("redis stopped", 20)
      .mark("redis back", 30)
      .client("PING", { ok: 10_000 }, { at: [0, 20], ms: 3 })
      .client("PING", { other: 500 }, { at: [20, 41] })
      .client("PING", { ok: 9500 }, { at: [41, 60], ms: 3 });
    expect(first(diagnose(run.ledger()), "D24")?.claim).toBe(
      '"redis stopped" lasted 10 s (16.7 % of the load) and cost 35.0 % of the answers: recovery took 11 s more',
    );
  });

  test("2.9: readers that wait are the second hump of the latencies, and their memory is classed by itself", () => {
    const spread = (around: number) => (index: number) => around * (0.7 + ((index * 0.618) % 1) * 0.6);
    const run = ledgerOf({ loadSeconds: 60, beforeSeconds: 20, afterSeconds: 70 })
      .client("MESSAGE", { ok: 8400 }, { ms: spread(200), scenario: "fast" })
      .client("MESSAGE", { ok: 3600 }, { ms: spread(27_000), scenario: "slow" })
      .gauge("process.memory.usage", {
        hop: "application",
        unit: "By",
        at: [-20, 130],
        every: 2,
        values: (second) => (second < 2 ? 208e6 : second < 62 ? 208e6 + 3.4e6 * second : second < 100 ? 416e6 - 5.4e6 * (second - 62) : 210e6),
      });
    const diagnosis = diagnose(run.ledger());
    expect(first(diagnosis, "D18")?.claim).toContain("scenario slow is the slow one");
    expect(first(diagnosis, "D18")?.claim).toContain("70.0 %");
    expect(diagnosis.memory[0]).toMatchObject({ series: "process.memory.usage", class: "backlog_drains" });
  });

  test("2.15: no lasting climb of memory, and p99 of those that are not slow", () => {
    const gate = (expression: string) => ({ expression, phase: "", source: "thresholds.yaml" });
    const gates = [gate("trend(rss)"), gate("p99{cohort=fast} < 5s"), gate("p99 < 5s")];
    const latency = (ms: number) => [{ ...BLANK_LATENCY, count: 8000, quantiles: [{ q: 0.99, ms }] }];
    const cohort = Attributes.from({ cohort: "fast" });
    const sum: Partial<LoadAggregate> = { count: 12_000, outcomes: { ok: 12_000 }, latencies: latency(37_149) };
    const run = ledgerOf({ loadSeconds: 60, beforeSeconds: 20, afterSeconds: 70, run: { gates } })
      .aggregate("java-client", sum)
      .aggregate("java-client", { ...sum, isTotal: false, latencies: latency(864), tags: cohort })
      .witness({ hop: "client", name: "java-client", format: "generic" })
      .gauge("process.memory.usage", { hop: "application", unit: "By", at: [-20, 130], every: 2, values: (second) => (second < 2 ? 277e6 : 529e6) });
    expect(diagnose(run.ledger()).gates.map(({ state, actual }) => [state, actual])).toEqual([
      ["passed", "step to plateau"],
      ["passed", "864 ms"],
      ["failed", "37.1 s"],
    ]);
  });
});

describe("event tracking", () => {
  test("3.1: a request costs seventeen times the CPU for the same bytes", () => {
    const run = ledgerOf()
      .client("POST /event", { ok: 6000 }, { ms: 30 })
      .application("POST /event", { ok: 6000 }, { ms: 25 })
      .counter("process.cpu.time", { hop: "application", unit: "s", values: (second) => (second < 20 ? 0.1 : second < 40 ? 0.9 : 1.7) })
      .counter("system.network.io", { values: 100_000, attributes: { "network.io.direction": "transmit" } });
    expect(first(diagnose(run.ledger()), "D20")?.claim).toContain(
      "1 ms of CPU in the first third of the load and 17 ms in the last (17×), with no more bytes",
    );
  });

  test("3.5: ab's 200 connections at 54 a second are a closed loop, and that is told", () => {
    const run = ledgerOf({ loadSeconds: 30 })
      .aggregate("ab", { count: 1620, durationSeconds: 30, outcomes: { ok: 1620 }, latencies: [{ ...BLANK_LATENCY, count: 1620, meanMs: 3700 }] })
      .witness({ hop: "client", name: "ab", format: "ab", correction: "raw" })
      .with({
        facts: [
          {
            kind: "run",
            generator: "ab",
            version: "2.3",
            startUnixNano: undefined,
            endUnixNano: undefined,
            durationSeconds: 30,
            concurrency: 200,
            target: "",
            tags: Attributes.EMPTY,
          },
        ],
      });
    const { digest, gaps } = diagnose(run.ledger());
    expect(digest.scopes[0]?.offered).toMatchObject({ vusMax: 200, achievedPerSecond: 54 });
    expect(gaps.map(({ id }) => id)).toContain("coordinated-omission");
  });

  test("3.8: handing a message over takes all of the request, and messages pile up", () => {
    const span = (name: string, ms: number, attributes: Readonly<Record<string, string>>): SampledSpan => ({
      hop: "application",
      witness: "api-server",
      name,
      spanId: name,
      parentSpanId: "",
      startUnixMs: T0 * 1000,
      endUnixMs: T0 * 1000 + ms,
      failed: false,
      attributes,
    });
    const run = ledgerOf()
      .client("POST /event", { ok: 600 }, { ms: 3700 })
      .application("POST /event", { ok: 600 }, { ms: 3690 })
      .gauge("kafka.consumer.lag", { hop: "store", values: (second) => 10 + 800 * second, attributes: { topic: "events" } });
    const traces = Array.from({ length: 6 }, (_, index) => ({
      why: "sample" as const,
      endpoint: run.index("POST /event"),
      traceId: `t${index}`,
      durationMs: 3690,
      outcome: "ok" as const,
      errorKind: undefined,
      spans: [span("POST /event", 3690, {}), span("publish", 3650, { "messaging.operation.type": "send" })],
    }));
    expect(first(diagnose(run.with({ traces }).ledger()), "D21")).toMatchObject({
      state: "proven",
      claim: expect.stringContaining("handing a message over takes 98.9 % of a request"),
    });
  });
});

describe("the game room", () => {
  /** One call each for user, like, benefit and visitor of every member, and one for the room. */
  const callsOf = (members: number) => 4 * members + 1;

  test("4.3, 4.9: calls of the cache for one request, 4 for each member and one: 4 001 for a room of 1 000, and what that is a second", () => {
    const endpoint = "POST /room/signal";
    const run = ledgerOf().client(endpoint, { ok: 600 }, { ms: 300 }).application(endpoint, { ok: 600 }, { ms: 290 });
    const index = run.index(endpoint);
    const traces = [10, 50, 200, 500, 1000].map((members, at) => {
      const base = {
        hop: "application" as const,
        witness: "api-server",
        parentSpanId: "",
        startUnixMs: T0 * 1000,
        endUnixMs: T0 * 1000 + 1,
        failed: false,
      };
      const server: SampledSpan = { ...base, name: endpoint, spanId: "s", attributes: { "room.size": String(members) } };
      const calls = Array.from(
        { length: callsOf(members) },
        (_, call): SampledSpan => ({
          ...base,
          hop: "store",
          name: "GET redis",
          spanId: `c${call}`,
          parentSpanId: "s",
          attributes: { "db.system": "redis" },
        }),
      );
      return {
        why: "sample" as const,
        endpoint: index,
        traceId: `t${at}`,
        durationMs: 290,
        outcome: "ok" as const,
        errorKind: undefined,
        spans: [server, ...calls],
      };
    });
    const finding = first(diagnose(run.with({ traces }).ledger()), "D16");
    expect(finding?.claim).toMatch(/makes 4 001 calls of GET redis, 4(\.\d+)? for each of room\.size$/);
    expect(told(finding, "calls a second of GET redis")).toBe("40 010/s");
  });

  test("4.6: two kinds of messages in one topic, of which one piles up before the other; in topics of their own nothing is said", () => {
    const run = (topicOf: (kind: string) => string) =>
      ledgerOf()
        .client("POST /like", { ok: 600 }, { ms: 300 })
        .application("POST /like", { ok: 600 }, { ms: 290 })
        .gauge("rocketmq.consumer.lag", {
          hop: "store",
          values: (second) => 10 + 900 * second,
          attributes: { topic: topicOf("like"), "event.type": "like" },
        })
        .gauge("rocketmq.consumer.lag", {
          hop: "store",
          values: (second) => 5 + 30 * second,
          attributes: { topic: topicOf("state"), "event.type": "state" },
        });
    const shared = first(diagnose(run(() => "room").ledger()), "D21");
    expect(shared).toMatchObject({ state: "consistent", claim: expect.stringContaining("2 kinds of messages share the topic (like, state)") });
    expect(shared?.nextStep).toContain("a topic of their own");
    expect(first(diagnose(run((kind) => kind).ledger()), "D21")).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import type { GateResult } from "../../../../collector/diagnose/diagnosis.ts";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { RunLedger } from "../../../../collector/model/ledger.ts";
import { BLANK_LATENCY } from "../../../../collector/model/load-record.ts";
import { type LedgerBuilder, ledgerOf } from "../ledger-builder.ts";

function judge(builder: LedgerBuilder | RunLedger, expression: string, phase = ""): GateResult {
  const ledger = "ledger" in builder ? builder.ledger() : builder;
  const gates = [{ expression, phase, source: "test" }];
  const [result] = diagnose({ ...ledger, run: { ...ledger.run, gates } }).gates;
  return result as GateResult;
}

const works = () =>
  ledgerOf()
    .client("GET /works", { ok: 900, timeout_recv: 100 }, { ms: { ok: 40 }, scenario: "spike" })
    .client("GET /small", { ok: 1000 }, { ms: { ok: 5 }, scenario: "base" });

describe("latency", () => {
  test("a quantile below those that failed is of all requests, with the failures beside it", () => {
    expect(judge(works(), "p90 < 50ms")).toMatchObject({
      state: "passed",
      actual: "40 ms",
      note: expect.stringContaining("100 of 2 000 requests failed (5.0 %)"),
    });
  });

  test("a quantile among those that timed out is more than the timeout, and no upper limit holds", () => {
    expect(judge(works(), "p99 < 60s")).toMatchObject({ state: "failed", actual: "more than 30 s" });
    expect(judge(works(), "max < 60s")).toMatchObject({ state: "failed", actual: "more than 30 s" });
    expect(judge(works(), "p99 > 20s").state).toBe("passed");
    expect(judge(works(), "p99 > 40s").state).toBe("undecided");
  });

  test("requests that never got a connection do not make it look fast", () => {
    const ledger = ledgerOf().client("GET /a", { ok: 800, dial_refused: 200 }, { ms: { ok: 3 } });
    expect(judge(ledger, "p95 < 2s")).toMatchObject({ state: "failed", actual: "no answer" });
    expect(judge(ledger, "p75 < 2s")).toMatchObject({ state: "passed", actual: "3 ms" });
  });

  test("too few requests leave it undecided, and say how many it takes", () => {
    const ledger = ledgerOf().client("GET /a", { ok: 100 }, { ms: 3 });
    expect(judge(ledger, "p95 < 2s").state).toBe("passed");
    expect(judge(ledger, "p99 < 2s")).toMatchObject({ state: "undecided", note: expect.stringContaining("it takes 299") });
  });

  test("labels choose the requests", () => {
    expect(judge(works(), "p99{endpoint=GET /small} < 10ms")).toMatchObject({ state: "passed", actual: "5 ms" });
    expect(judge(works(), "p99{name=/small} < 10ms").state).toBe("passed");
    expect(judge(works(), "p99{scenario=base} < 10ms").state).toBe("passed");
    expect(judge(works(), "p99{cohort=spike} < 10ms")).toMatchObject({ state: "failed", actual: "more than 30 s" });
    expect(judge(works(), "p99{status=200} < 50ms")).toMatchObject({ state: "passed", actual: "40 ms" });
    expect(judge(works(), "p99{endpoint=GET /none} < 10ms")).toMatchObject({
      state: "undecided",
      note: expect.stringContaining("there are: GET /works, GET /small"),
    });
    expect(judge(works(), "p99{status=418} < 10ms")).toMatchObject({ state: "undecided", note: "no request has status=418" });
  });

  test("mean and least are of successes", () => {
    expect(judge(works(), "avg{endpoint=GET /small} < 5.5ms")).toMatchObject({ state: "passed", actual: "5 ms" });
    expect(judge(works(), "min < 10ms").state).toBe("passed");
  });

  test("of a hop that told nothing it is undecided", () => {
    expect(judge(works(), "app p95 < 50ms")).toMatchObject({ state: "undecided", note: "nobody told what the application saw" });
  });

  test("a generator that gave only sums is taken by its word, its cohorts by their tag", () => {
    const view = { ...BLANK_LATENCY, count: 12_000, quantiles: [{ q: 0.99, ms: 37_149 }] };
    const fast = { ...view, quantiles: [{ q: 0.99, ms: 864 }] };
    const tags = Attributes.of([["cohort", { kind: "string", value: "fast" }]]);
    const ledger = ledgerOf()
      .aggregate("java-client", { count: 12_000, outcomes: { ok: 12_000 }, latencies: [view] })
      .aggregate("java-client", { count: 8_000, isTotal: false, outcomes: { ok: 8_000 }, latencies: [fast], tags })
      .witness({ hop: "client", name: "java-client", format: "generic" });
    expect(judge(ledger, "p99 < 5s")).toMatchObject({ state: "failed", actual: "37.1 s" });
    expect(judge(ledger, "p99{cohort=fast} < 5s")).toMatchObject({ state: "passed", actual: "864 ms" });
    expect(judge(ledger, "p99{cohort=lame} < 5s").state).toBe("undecided");
    expect(judge(ledger, "p95 < 5s")).toMatchObject({ state: "undecided", note: expect.stringContaining("told no durations") });
  });
});

describe("failures, statuses and rates", () => {
  test("the share of failures comes with its interval", () => {
    expect(judge(works(), "http_req_failed < 1%")).toMatchObject({
      state: "failed",
      actual: "5.0 %",
      note: expect.stringContaining("100 of 2 000 requests"),
    });
    expect(judge(works(), "client timeouts < 200")).toMatchObject({ state: "passed", actual: "100" });
  });

  test("statuses are counted at the hop that is named, and undecided where it does not tell them", () => {
    const ledger = works().proxy("GET /works", { 200: 998, 502: 2 });
    expect(judge(ledger, "proxy 502 == 0")).toMatchObject({ state: "failed", actual: "2" });
    expect(judge(ledger, "proxy 5xx <= 2").state).toBe("passed");
    expect(judge(ledger, "app 5xx == 0").state).toBe("undecided");
    expect(judge(works().application("GET /works", { ok: 1000 }, { saysStatus: false }), "app 5xx == 0")).toMatchObject({
      state: "undecided",
      note: "the application does not tell statuses",
    });
  });

  test("sampled spans may show an error and never that there was none", () => {
    const ledger = (status: number) => works().application("GET /works", { [status]: 50 }, { source: "spans" });
    expect(judge(ledger(200), "app 5xx == 0")).toMatchObject({ state: "undecided", note: expect.stringContaining("may be sampled") });
    expect(judge(ledger(500), "app 5xx == 0").state).toBe("failed");
  });

  test("requests a second are of the phase that is named", () => {
    const ledger = works().phase("hold", "hold", 30, 60);
    expect(judge(ledger, "requests > 999", "hold")).toMatchObject({ state: "passed", scope: "hold", actual: "1 000" });
    expect(judge(ledger, "rps > 30/s", "hold")).toMatchObject({ state: "passed", actual: "33.3/s" });
    expect(judge(ledger, "p99 < 10ms", "base")).toMatchObject({ state: "passed", actual: "5 ms" });
    expect(judge(ledger, "rps > 30", "soak")).toMatchObject({
      state: "undecided",
      note: expect.stringContaining('no phase is called "soak"; there are: '),
    });
  });
});

describe("series and metrics of the generator", () => {
  const permits = "genarrative.http.server.request_permits.available";

  test("the least of permits is taken from the dips where they are told", () => {
    const ledger = works()
      .gauge(permits, { hop: "application", values: 5 })
      .gauge(`${permits}.min`, { hop: "application", values: (second) => (second === 30 ? 0 : 5) });
    expect(judge(ledger, "min(permits) > 0")).toMatchObject({ state: "failed", actual: "0" });
    expect(judge(works().gauge(permits, { hop: "application", values: 5 }), "min(permits) > 0")).toMatchObject({ state: "passed", actual: "5" });
    expect(judge(works(), "min(permits) > 0")).toMatchObject({ state: "undecided", note: expect.stringContaining("nobody sent") });
  });

  test("memory is held against bytes, and a count is not", () => {
    const ledger = works().gauge("process.memory.usage", { unit: "By", values: (second) => second * 1e7 });
    expect(judge(ledger, "max(rss) < 500MB")).toMatchObject({ state: "failed", actual: "563 MiB" });
    expect(judge(ledger, "max(rss) < 600MB").state).toBe("passed");
    expect(judge(ledger, "last(rss) < 10ms")).toMatchObject({ state: "undecided", note: expect.stringContaining("measured in By") });
  });

  test("rates are shares by condition, by pairs of counters, and by their values", () => {
    const checks = works()
      .counter("checks", { hop: "client", values: 98, attributes: { condition: "nonzero" } })
      .counter("checks", { hop: "client", values: 2, attributes: { condition: "zero" } });
    expect(judge(checks, "checks > 99%")).toMatchObject({ state: "failed", actual: "98.0 %" });
    const pair = works()
      .counter("k6.shape_rate.occurred", { hop: "client", values: 1 })
      .counter("k6.shape_rate.total", { hop: "client", values: 200 });
    expect(judge(pair, "shape_rate < 1%")).toMatchObject({ state: "passed", actual: "0.50 %" });
    expect(judge(works().counter("orders", { hop: "client", values: 3 }), "orders < 1%")).toMatchObject({
      state: "undecided",
      note: expect.stringContaining("is no rate"),
    });
  });

  test("counters are sums, trends means, and a dropped iteration that was not told is none beside k6's iterations", () => {
    expect(judge(works().counter("orders", { hop: "client", values: 3 }), "orders >= 180")).toMatchObject({ state: "passed", actual: "180" });
    expect(judge(works().gauge("my_trend", { kind: "histogram", unit: "ms", hop: "client", values: 7 }), "my_trend avg < 8ms")).toMatchObject({
      state: "passed",
      actual: "7 ms",
    });
    expect(judge(works().counter("iterations", { hop: "client", values: 3 }), "dropped_iterations == 0")).toMatchObject({
      state: "passed",
      actual: "0",
    });
    expect(judge(works(), "my_own_rate < 1%")).toMatchObject({ state: "undecided", note: "nobody sent my_own_rate" });
  });
});

test("a threshold that cannot be read is undecided and says where", () => {
  expect(judge(works(), "p95 ~ 3s")).toMatchObject({
    state: "undecided",
    note: 'column 5: "~" is no comparison; expected: one of <, <=, >, >=, ==, !=',
  });
});

test("the generator's own thresholds stand as it judged them", () => {
  const ledger = works().with({ thresholds: [{ kind: "threshold", metric: "http_req_duration{name:ok}", expression: "p(95)<800", passed: false }] });
  expect(diagnose(ledger.ledger()).gates).toEqual([
    {
      expression: "http_req_duration{name:ok}: p(95)<800",
      source: "k6",
      scope: "load",
      state: "failed",
      actual: "",
      note: "as the generator judged it, over its whole run",
    },
  ]);
});

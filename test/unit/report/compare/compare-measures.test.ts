import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { RunLedger, SampledTrace } from "../../../../collector/model/ledger.ts";
import { BLANK_LATENCY } from "../../../../collector/model/load-record.ts";
import { NO_CONDITIONS } from "../../../../collector/model/run.ts";
import { compareLedgers } from "../../../../collector/report/compare/compare-ledgers.ts";
import type { Comparison, Measure, MeasureId } from "../../../../collector/report/compare/comparison.ts";
import { renderComparison, renderComparisonMarkdown } from "../../../../collector/report/compare/render-comparison.ts";
import { type LedgerBuilder, ledgerOf, T0 } from "../../diagnose/ledger-builder.ts";
import { simulatedRun } from "./simulated-run.ts";

const MIB = 1024 ** 2;
const measureOf = ({ measures }: Comparison, id: MeasureId, of?: string): Measure | undefined =>
  measures.find((one) => one.id === id && (of === undefined || one.of === of));
const inSeconds = (seconds: number, label: Readonly<Record<string, string>> = {}): LedgerBuilder =>
  ledgerOf({ loadSeconds: seconds, beforeSeconds: 30, afterSeconds: 90, run: { labels: label } });

describe("another client library: 200 requests a second became 940 (event tracking)", () => {
  const instances = (counts: readonly number[], seconds: number): LedgerBuilder => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const builder = inSeconds(seconds).client("POST /track", { ok: total }, { ms: (200 / (total / seconds)) * 1000 });
    for (const [index, count] of counts.entries()) builder.application("POST /track", { ok: count }, { instance: `pod-${index}` });
    return builder.gauge("vus", { hop: "client", values: 200 });
  };
  const before = instances([10_800, 600, 600], 60).counter("process.cpu.time", { hop: "application", values: 1.2 }).ledger();
  const after = instances([18_800, 18_800, 18_800], 60).counter("process.cpu.time", { hop: "application", values: 1.41 }).ledger();
  const comparison = compareLedgers([before], [after]);

  test("throughput is told as a fact with its factor, and called better", () => {
    expect(measureOf(comparison, "requests_per_second")).toMatchObject({ verdict: "better", before: { value: 200 }, after: { value: 940 } });
    expect(measureOf(comparison, "requests_per_second")?.sentence).toBe("requests a second 200/s → 940/s (4.7 times)");
    expect(comparison.sentence).toContain("beside the requests better: requests a second 200/s → 940/s (4.7 times)");
  });

  test("the load is even afterwards, and a request costs a quarter of the CPU", () => {
    expect(measureOf(comparison, "imbalance")).toMatchObject({ before: { value: 2.7 }, after: { value: 1 }, verdict: "better" });
    expect(measureOf(comparison, "cpu_ms_per_request", "api-server")).toMatchObject({
      verdict: "better",
      before: { text: "6 ms" },
      after: { text: "1.5 ms" },
      change: "4 times less",
    });
  });

  test("the other way round all of it is worse", () => {
    const back = compareLedgers([after], [before]);
    for (const id of ["requests_per_second", "imbalance", "cpu_ms_per_request"] as const) expect(measureOf(back, id)?.verdict, id).toBe("worse");
    expect(back.sentence).toContain("beside the requests WORSE: requests a second 940/s → 200/s (4.7 times less)");
  });

  test("from 54 a second, as ab counted them, it is 17 times as much", () => {
    const ab = (perSecond: number): RunLedger =>
      ledgerOf({ run: { conditions: { ...NO_CONDITIONS, generator: "ab 2.3" } } })
        .aggregate("ab", { count: perSecond * 60, outcomes: { ok: perSecond * 60 }, durationSeconds: 60 })
        .witness({ hop: "client", name: "ab", format: "ab" })
        .ledger();
    expect(measureOf(compareLedgers([ab(54)], [ab(940)]), "requests_per_second")?.change).toBe("17.4 times");
  });
});

describe("throughput", () => {
  test("that is only a fifth higher is shown and not called", () => {
    const run = (count: number) => inSeconds(60).client("GET /a", { ok: count }).ledger();
    expect(measureOf(compareLedgers([run(6000)], [run(7200)]), "requests_per_second")).toMatchObject({ verdict: "shown", change: "+20 %" });
  });

  test("more requests that fail are no gain: successes are what counts", () => {
    const before = inSeconds(60).client("GET /a", { ok: 6000 }).ledger();
    const after = inSeconds(60).client("GET /a", { ok: 3000, http_5xx: 27_000 }).ledger();
    const comparison = compareLedgers([before], [after]);
    expect(measureOf(comparison, "requests_per_second")).toMatchObject({ verdict: "changed", change: "5 times" });
    expect(measureOf(comparison, "successes_per_second")).toMatchObject({ verdict: "worse", change: "2 times less" });
  });

  test("with ten times the users more of it is no merit of the server", () => {
    const run = (count: number, users: number) =>
      inSeconds(60).client("GET /a", { ok: count }).gauge("vus", { hop: "client", values: users }).ledger();
    const comparison = compareLedgers([run(6000, 20)], [run(30_000, 200)]);
    expect(measureOf(comparison, "requests_per_second")?.verdict).toBe("changed");
    expect(measureOf(comparison, "virtual_users")).toMatchObject({ change: "10 times", verdict: "shown" });
  });

  test("neither is it where another rate was asked for, and the comparison is forced", () => {
    const run = (count: number) =>
      inSeconds(60)
        .client("GET /a", { ok: count })
        .counter("loadtest.client.requests.planned", { hop: "client", values: count / 60 })
        .ledger();
    expect(compareLedgers([run(6000)], [run(12_000)]).state).toBe("refused");
    expect(measureOf(compareLedgers([run(6000)], [run(12_000)], { isForced: true }), "requests_per_second")?.verdict).toBe("changed");
  });

  test("full processors at fewer requests are a regression, at more they are not", () => {
    const run = (count: number, busy: number) =>
      inSeconds(60)
        .client("POST /track", { ok: count })
        .gauge("system.cpu.utilization", { attributes: { "cpu.mode": "user" }, values: busy })
        .gauge("system.cpu.utilization", { attributes: { "cpu.mode": "idle" }, values: 1 - busy })
        .ledger();
    const { warnings, sentence } = compareLedgers([run(12_000, 0.45)], [run(9600, 1)]);
    expect(sentence).toContain("; REGRESSION: full processors at fewer requests");
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^REGRESSION: the processors are 100 % busy at 160\/s, and were 45\.0 % busy at 200\/s/),
    ]);
    expect(compareLedgers([run(12_000, 0.45)], [run(56_400, 1)]).warnings).toEqual([]);
    expect(compareLedgers([run(12_000, 0.45)], [run(11_800, 1)]).warnings).toEqual([]);
    expect(compareLedgers([run(12_000, 0.45)], [run(9600, 0.7)]).warnings).toEqual([]);
  });

  test("iterations and alarms stand beside it", () => {
    const run = (alarms: number) => {
      const builder = inSeconds(60).client("GET /a", { ok: 6000 }).counter("iterations", { hop: "client", values: 50 });
      for (let index = 0; index < alarms; index++) builder.mark("RedisRate fired", 10 + index, "alert");
      return builder.mark("RedisRate resolved", 50, "alert").ledger();
    };
    const comparison = compareLedgers([run(3)], [run(0)]);
    expect(measureOf(comparison, "iterations_per_second")).toMatchObject({ before: { value: 50 }, verdict: "shown" });
    expect(measureOf(comparison, "alarms")).toMatchObject({ before: { value: 3 }, after: { value: 0 }, verdict: "better" });
    expect(measureOf(compareLedgers([run(0)], [run(0)]), "alarms")).toBeUndefined();
  });
});

describe("one read instead of a loop (game room)", () => {
  const run = (calls: number) =>
    inSeconds(60)
      .client("POST /signal", { ok: 600 })
      .application("POST /signal", { ok: 600 })
      .joins("POST /signal", 600, { app: 40, store: 30, store_calls: calls })
      .ledger();

  test("4 001 calls for each request become 1", () => {
    const comparison = compareLedgers([run(4001)], [run(1)]);
    expect(measureOf(comparison, "calls_per_request")).toMatchObject({ verdict: "better", ratio: 1 / 4001 });
    expect(measureOf(comparison, "calls_per_request")?.sentence).toBe("store calls for each request 4 001 → 1 (4 001 times less)");
  });

  test("endpoints are told apart, so that other shares of them are no other number of calls", () => {
    const mixed = (signals: number, likes: number) =>
      inSeconds(60)
        .client("POST /signal", { ok: signals })
        .client("POST /like", { ok: likes })
        .joins("POST /signal", signals, { app: 40, store_calls: 9 })
        .joins("POST /like", likes, { app: 4, store_calls: 1 })
        .ledger();
    const { measures } = compareLedgers([mixed(500, 100)], [mixed(100, 500)]);
    expect(measures.filter(({ id }) => id === "calls_per_request").map(({ of, after, verdict }) => [of, after.value, verdict])).toEqual([
      ["POST /signal", 9, "shown"],
      ["POST /like", 1, "shown"],
    ]);
  });

  test("one more call is worse, and a part of one is not told from none", () => {
    expect(measureOf(compareLedgers([run(1)], [run(2)]), "calls_per_request")?.verdict).toBe("worse");
    expect(measureOf(compareLedgers([run(1.8)], [run(2.2)]), "calls_per_request")?.verdict).toBe("shown");
  });

  test("without joined traces the calls that were counted are divided by the requests, each operation by itself too", () => {
    const counted = (gets: number) =>
      inSeconds(60)
        .client("POST /signal", { ok: 600 })
        .application("POST /signal", { ok: 600 })
        .store("redis get", { ok: gets }, { source: "metrics" })
        .store("redis zrange", { ok: 600 }, { source: "metrics" })
        .ledger();
    const comparison = compareLedgers([counted(24_000)], [counted(600)]);
    expect(measureOf(comparison, "calls_per_request", "")).toMatchObject({ before: { value: 41 }, after: { value: 2 }, verdict: "better" });
    expect(measureOf(comparison, "calls_per_request", "calls of redis get")).toMatchObject({ before: { value: 40 }, after: { value: 1 } });
  });

  test("store spans that may be sampled are no count", () => {
    const sampled = inSeconds(60).client("GET /a", { ok: 600 }).application("GET /a", { ok: 600 }).store("redis get", { ok: 300 }).ledger();
    expect(measureOf(compareLedgers([sampled], [sampled]), "calls_per_request")).toBeUndefined();
  });

  test("calls that grew with the members of a room and no longer do are O(N) and O(1)", () => {
    const rooms = (callsOf: (members: number) => number): RunLedger => {
      const builder = inSeconds(60).client("POST /signal", { ok: 600 });
      const endpoint = builder.index("POST /signal");
      return builder.with({ traces: [10, 20, 50, 100, 200, 400].map((members) => roomTrace(endpoint, members, callsOf(members))) }).ledger();
    };
    const comparison = compareLedgers([rooms((members) => 4 * members + 1)], [rooms(() => 1)]);
    expect(measureOf(comparison, "calls_growth", "POST /signal room.members")?.change).toBe("O(N) → O(1)");
    const same = compareLedgers([rooms((members) => members)], [rooms((members) => members)]);
    expect(measureOf(same, "calls_growth")?.change).toBe("O(N) → O(N)");
  });

  test("messages for each request and for each receiver are counted where a server counts them", () => {
    const sent = (perSecond: number) =>
      inSeconds(60)
        .client("POST /signal", { ok: 60_000 })
        .counter("room.messages.sent", { hop: "application", values: perSecond })
        .gauge("websocket.connections", { hop: "application", values: 1000 })
        .ledger();
    const comparison = compareLedgers([sent(1_000_000)], [sent(1000)]);
    expect(measureOf(comparison, "messages_per_receiver")).toMatchObject({
      before: { value: 1000 },
      after: { value: 1 },
      change: "1 000 times less",
    });
    expect(measureOf(comparison, "messages_per_request")).toMatchObject({ before: { value: 1000 }, after: { value: 1 }, verdict: "changed" });
  });
});

function roomTrace(endpoint: number, members: number, calls: number): SampledTrace {
  const base = { hop: "store", witness: "api-server", parentSpanId: "1", startUnixMs: T0 * 1000, endUnixMs: T0 * 1000 + 1, failed: false } as const;
  const spans = Array.from({ length: calls }, (_, index) => ({ ...base, name: "redis get", spanId: `s${index}`, attributes: {} }));
  const server = {
    ...base,
    hop: "application",
    name: "POST /signal",
    spanId: "1",
    parentSpanId: "",
    attributes: { "room.members": String(members) },
  } as const;
  return { why: "sample", endpoint, traceId: `t${members}`, durationMs: 1, outcome: "ok", errorKind: undefined, spans: [server, ...spans] };
}

describe("the same run without telemetry (test kit)", () => {
  const run = (otel: string, peakMib: number, cpuSeconds: number, endMib = 210) =>
    inSeconds(60, { otel })
      .client("GET /works", { ok: 6000 })
      .gauge("process.memory.usage", {
        unit: "By",
        witness: "host",
        attributes: { "pitwall.process": "api-server", "process.pid": otel === "on" ? "100" : "200" },
        at: [-30, 150],
        values: (second) => (second < 0 ? 200 : second < 60 ? peakMib : endMib) * MIB + (second % 3) * 1000,
      })
      .counter("process.cpu.time", {
        witness: "host",
        attributes: { "pitwall.process": "api-server", "process.pid": "1", "cpu.mode": "user" },
        values: cpuSeconds,
      })
      .counter("process.cpu.time", { witness: "host", attributes: { "pitwall.process": "k6", "process.pid": "2", "cpu.mode": "user" }, values: 1 })
      .ledger();
  const comparison = compareLedgers([run("on", 2100, 0.4)], [run("off", 640, 0.2)]);

  test("memory stands side by side at rest, at its most and in the end, with what becomes of it", () => {
    const of = "api-server (RSS)";
    expect(measureOf(comparison, "memory_peak", of)).toMatchObject({ verdict: "better", change: "3.3 times less", before: { text: "2.1 GiB" } });
    expect(measureOf(comparison, "memory_rest", of)).toMatchObject({ verdict: "shown", before: { text: "200 MiB" }, after: { text: "200 MiB" } });
    expect(measureOf(comparison, "memory_rise", of)).toMatchObject({ before: { text: "1.9 GiB" }, after: { text: "440 MiB" } });
    expect(measureOf(comparison, "memory_end", of)?.verdict).toBe("shown");
    expect(measureOf(comparison, "memory_class", of)).toMatchObject({
      before: { text: "a peak, given back" },
      after: { text: "a peak, given back" },
    });
  });

  test("the processor time of a request too, and the generator's is none of it", () => {
    expect(comparison.measures.filter(({ id }) => id === "cpu_ms_per_request").map(({ of, change }) => [of, change])).toEqual([
      ["api-server", "2 times less"],
    ]);
  });

  test("the label that differs is named, and that nothing else is known to", () => {
    expect(comparison.labels).toEqual([{ name: "otel", before: "on", after: "off" }]);
    expect(comparison.notes).toContain("nothing is known to differ between them but the label otel (on / off)");
    expect(renderComparison(comparison)).toContain("\nlabel   otel: on / off\n");
    const base = run("off", 640, 0.2);
    const other = { ...base, run: { ...base.run, conditions: { ...base.run.conditions, versions: { server: "2" } } } };
    expect(compareLedgers([run("on", 2100, 0.4)], [other]).notes.join()).not.toContain("nothing is known");
  });

  test("memory that only one side tells is shown with a dash, and not called", () => {
    const silent = inSeconds(60, { otel: "off" }).client("GET /works", { ok: 6000 }).ledger();
    expect(measureOf(compareLedgers([run("on", 2100, 0.4)], [silent]), "memory_peak")).toMatchObject({
      verdict: "shown",
      ratio: undefined,
      change: "–",
      after: { value: undefined, text: "–" },
    });
  });

  test("memory that was not sampled before or after the load has no rest and no end", () => {
    const short = ledgerOf()
      .client("GET /a", { ok: 600 })
      .gauge("process.memory.usage", { hop: "application", unit: "By", values: 300 * MIB })
      .ledger();
    const alike = compareLedgers([short], [short]);
    expect(alike.measures.filter(({ id }) => id.startsWith("memory")).map(({ id, after }) => [id, after.text])).toEqual([
      ["memory_peak", "300 MiB"],
      ["memory_class", "undecided"],
    ]);
  });
});

describe("slow readers among fast ones (WebSocket test)", () => {
  const quantiles = (p50: number, p95: number, p99: number) => [
    { ...BLANK_LATENCY, of: "end_to_end", quantiles: [p50, p95, p99].map((ms, index) => ({ q: [0.5, 0.95, 0.99][index] as number, ms })) },
  ];
  const tagged = (cohort: string) => Attributes.from({ cohort });
  const baseline = (p95: number) =>
    inSeconds(60)
      .aggregate("java-client", { count: 11_799, outcomes: { ok: 11_799 }, latencies: quantiles(185, p95, 7266), durationSeconds: 60 })
      .witness({ hop: "client", name: "java-client", format: "generic" })
      .ledger();
  const slow = inSeconds(60)
    .aggregate("java-client", { count: 11_985, outcomes: { ok: 11_985 }, latencies: quantiles(140, 30_000, 37_149), durationSeconds: 60 })
    .aggregate("java-client", { isTotal: false, latencies: quantiles(123, 466, 864), tags: tagged("fast") })
    .aggregate("java-client", { isTotal: false, latencies: quantiles(27_565, 50_251, 50_679), tags: tagged("slow") })
    .witness({ hop: "client", name: "java-client", format: "generic" })
    .ledger();
  const comparison = compareLedgers([baseline(6647)], [slow]);

  test("the cohorts stand beside all of both runs, and no cohort is called", () => {
    const rows = comparison.measures
      .filter(({ id }) => id === "cohort_p95")
      .map(({ of, before, after, verdict }) => [of, before.text, after.text, verdict]);
    expect(rows).toEqual([
      ["end_to_end: all", "6.65 s", "30 s", "shown"],
      ["end_to_end: fast", "–", "466 ms", "shown"],
      ["end_to_end: slow", "–", "50.3 s", "shown"],
    ]);
    expect(measureOf(comparison, "requests_per_second")).toMatchObject({ before: { text: "197/s" }, after: { text: "200/s" }, verdict: "shown" });
  });

  test("a baseline that is worse than the treated fast cohort is not comparable, and that is said", () => {
    expect(comparison.warnings.map(({ text }) => text)).toEqual([
      "the baseline (before, without cohorts) is worse than the fast cohort of the other run: p95 6.65 s against 466 ms of end_to_end: fast, 14.3 times as long. The baseline is not comparable: repeat it",
    ]);
    expect(compareLedgers([slow], [baseline(6647)]).warnings[0]?.text).toMatch(/^the baseline \(after, without cohorts\) is worse/);
    expect(renderComparison(comparison)).toContain("The baseline is not comparable: repeat it");
  });

  test("the first line says so, though no endpoint has latencies to compare", () => {
    expect(comparison.sentence).toBe("NO ENDPOINT is in both; the baseline is not comparable");
  });

  test("one that is as fast as the fast cohort is fine", () => {
    expect(compareLedgers([baseline(450)], [slow]).warnings).toEqual([]);
  });

  test("scenarios are cohorts where requests were seen one by one, on both sides", () => {
    const run = (ms: number) =>
      inSeconds(60).client("GET /a", { ok: 2000 }, { scenario: "fast", ms: 10 }).client("GET /a", { ok: 1000 }, { scenario: "slow", ms }).ledger();
    const both = compareLedgers([run(100)], [run(900)]);
    const { before, after } = measureOf(both, "cohort_p50", "slow") as Measure;
    expect([before.value, after.value].map((value) => Math.round((value as number) / 100))).toEqual([1, 9]);
    expect(measureOf(both, "cohort_p50", "fast")?.change).toBe("the same");
    expect(both.warnings).toEqual([]);
  });

  test("runs without cohorts have no rows of them", () => {
    expect(compareLedgers([baseline(450)], [baseline(450)]).measures.map(({ id }) => id)).toEqual(["requests_per_second"]);
  });
});

test("hits of a cache and permits left are side by side", () => {
  const run = (hits: number, permits: number) =>
    inSeconds(60)
      .client("GET /a", { ok: 6000 })
      .counter("genarrative.puzzle_gallery.cache.hits", { hop: "application", values: hits })
      .counter("genarrative.puzzle_gallery.cache.misses", { hop: "application", values: 100 - hits })
      .gauge("genarrative.http.server.request_permits.available", { hop: "application", values: permits })
      .ledger();
  const comparison = compareLedgers([run(50, 0)], [run(95, 40)]);
  expect(measureOf(comparison, "cache_hits", "genarrative.puzzle_gallery.cache")).toMatchObject({ verdict: "better", change: "+45.0 %" });
  expect(measureOf(comparison, "permits_least")).toMatchObject({ before: { text: "0" }, after: { text: "40" }, change: "–" });
});

describe("groups of runs", () => {
  const group = (from: number, count: number, cpuSeconds: number) =>
    Array.from({ length: count }, (_, index) => {
      const seed = from + index;
      const gauges = inSeconds(60)
        .counter("process.cpu.time", { hop: "application", values: cpuSeconds * (1 + (index % 3) / 100) })
        .ledger().gauges;
      return { ...simulatedRun({ seed }), gauges };
    });

  test("six a side show what one a side does not: a fifth more CPU for each request, in the same test as the latencies", () => {
    const comparison = compareLedgers(group(1, 6, 0.1), group(50, 6, 0.12));
    expect(measureOf(comparison, "cpu_ms_per_request")).toMatchObject({ verdict: "worse", before: { runs: 6, text: expect.stringContaining("…") } });
    expect(measureOf(comparison, "requests_per_second")?.verdict).toBe("equivalent");
    expect(measureOf(compareLedgers(group(1, 1, 0.1), group(50, 1, 0.12)), "cpu_ms_per_request")?.verdict).toBe("shown");
  });

  test("alike groups show no change", () => {
    const { measures } = compareLedgers(group(1, 6, 0.1), group(50, 6, 0.1));
    expect(measures.filter(({ verdict }) => verdict === "better" || verdict === "worse" || verdict === "changed")).toEqual([]);
  });

  test("three a side are called only where all of one lie beyond all of the other", () => {
    const spread = [...group(1, 2, 0.1), ...group(3, 1, 0.4)];
    expect(measureOf(compareLedgers(spread, group(50, 3, 0.3)), "cpu_ms_per_request")?.verdict).toBe("shown");
    expect(measureOf(compareLedgers(group(1, 3, 0.1), group(50, 3, 0.3)), "cpu_ms_per_request")?.verdict).toBe("worse");
  });
});

test("a comparison that is refused has no figures beside it", () => {
  const other = simulatedRun({ seed: 2, conditions: { dataset: "works-10000" } });
  expect(compareLedgers([simulatedRun({ seed: 1 })], [other])).toMatchObject({ state: "refused", measures: [], warnings: [] });
});

test("documents have them in a second table, and names in it are made harmless", () => {
  const hostile = "a|b`<script>\u001b[31m\n\u202e";
  const run = (mib: number, label: string) =>
    inSeconds(60, { [hostile]: label })
      .client("GET /a", { ok: 6000 })
      .gauge("process.memory.usage", { hop: "application", witness: hostile, unit: "By", at: [-30, 150], values: mib * MIB })
      .ledger();
  const comparison = compareLedgers([run(100, "on")], [run(400, "off")]);
  const [text, markdown] = [renderComparison(comparison), renderComparisonMarkdown(comparison)];
  expect(text).toContain("\nBeside the requests\n\nfigure");
  expect(text).toMatch(/peak memory +a\|b.*100 MiB +400 MiB +4 times +WORSE/);
  expect(markdown).toContain("### Beside the requests\n\n| figure | of | before | after | change | verdict |");
  expect(markdown).toContain("\\|b\\`\\<script\\>");
  for (const document of [text, markdown]) for (const char of ["\u001b", "\u202e"]) expect(document).not.toContain(char);
  expect(JSON.parse(JSON.stringify(comparison)).measures).toHaveLength(comparison.measures.length);
});

import { expect, test } from "vitest";
import { LOAD_FORMATS } from "../../../../collector/wire/generators/formats.ts";
import { type ReadResult, readFixture } from "./read-fixture.ts";

const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  "k6-json": ["k6/mixed.ndjson.gz", "k6/classes.ndjson"],
  "k6-csv": ["k6/mixed.csv.gz", "k6/classes-unix-nano.csv"],
  "k6-summary-export": ["k6/mixed-summary-export.json"],
  "k6-summary-machine": ["k6/mixed-summary-machine.json"],
  "nginx-timing": ["nginx/classes-timing.log", "nginx/k6-mixed-timing.log"],
  "nginx-combined": ["nginx/classes-combined.log"],
  "nginx-json": ["nginx/classes-json.log"],
  "ab-report": ["ab/ok.txt", "ab/mixed.txt", "ab/refused.txt", "ab/timeout.txt"],
  "ab-gnuplot": ["ab/ok.tsv"],
  "ab-percentiles": ["ab/ok.csv"],
  "wrk-report": ["wrk/ok.txt", "wrk/mixed.txt", "wrk/hang.txt", "wrk/slow.txt", "wrk/refused.txt"],
  "hey-report": ["hey/ok.txt", "hey/half.txt", "hey/refused.txt"],
  "hey-csv": ["hey/mixed.csv"],
  "vegeta-json": ["vegeta/mixed.ndjson"],
  "vegeta-csv": ["vegeta/mixed.csv"],
  "vegeta-report": ["vegeta/report.json"],
  "autocannon-json": ["autocannon/mixed.json", "autocannon/hang.json", "autocannon/rate-uncorrected.json"],
  "locust-stats": ["locust/mixed_stats.csv"],
  "locust-history": ["locust/mixed_stats_history.csv"],
  "locust-failures": ["locust/mixed_failures.csv"],
  "locust-requests": ["locust/requests.csv"],
  "artillery-json": ["artillery/report.json"],
  "h2load-log": ["h2load/mixed.log"],
  "siege-json": ["siege/mixed.json"],
  "gatling-log": ["gatling/simulation.log"],
  "jmeter-csv": ["jmeter/mixed.jtl"],
  "locust-exceptions": ["locust/mixed_exceptions.csv"],
};

const READS = LOAD_FORMATS.flatMap(({ facts, ...format }) =>
  (FIXTURES[facts.format] ?? []).map((path) => [facts, path, { facts, ...format }] as const),
);

test("every format but oha's has a recorded file", () => {
  const without = LOAD_FORMATS.map(({ facts }) => facts.format).filter((format) => FIXTURES[format] === undefined);
  expect(without.sort()).toEqual(["oha-json"]);
});

test.each(READS)("a reader gives only what its facts promise: $format, %s", (facts, path, format) => {
  const read: ReadResult = readFixture(format, path);
  for (const { kind } of read.items) expect(facts.gives).toContain(kind);
  for (const request of read.requests) {
    if (request.errorKind !== undefined) expect(facts.errorKinds).toContain(request.errorKind);
    for (const phase of Object.keys(request.phases)) expect(facts.phases).toContain(phase);
    if (request.durationMs !== undefined) expect(request.durationMeans).toBe(facts.durationMeans);
  }
  for (const aggregate of read.aggregates) {
    for (const kind of Object.keys(aggregate.errorKinds)) expect(facts.errorKinds).toContain(kind);
    for (const view of aggregate.latencies) {
      expect(view.quantiles.map(({ q }) => q)).toEqual(view.quantiles.map(({ q }) => q).toSorted((a, b) => a - b));
      for (const { q, ms } of view.quantiles) expect([q > 0 && q < 1, Number.isFinite(ms)]).toEqual([true, true]);
      if (facts.survivorsOnly !== "unknown" && view.survivorsOnly !== undefined) expect(view.survivorsOnly).toBe(facts.survivorsOnly === "yes");
    }
  }
});

test.each(READS)("times are in order: $format, %s", (_, path, format) => {
  for (const { startUnixNano, endUnixNano, stamped } of readFixture(format, path).requests) {
    if (startUnixNano !== undefined && endUnixNano !== undefined) expect(endUnixNano >= startUnixNano).toBe(true);
    if (stamped === "end") expect(endUnixNano).toBeDefined();
    if (stamped === "start") expect(startUnixNano).toBeDefined();
  }
});

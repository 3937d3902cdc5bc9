import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnose } from "../../../../collector/diagnose/diagnose.ts";
import { METRICS } from "../../../../collector/model/catalog.ts";
import { SUM_KEYS } from "../../../../collector/model/ledger.ts";
import { ERROR_KINDS } from "../../../../collector/model/load-outcome.ts";
import { type Counts, type LedgerBuilder, ledgerOf } from "../ledger-builder.ts";

const counts = fc.dictionary(
  fc.constantFrom("ok", "cut", "unknown", "200", "204", "404", "429", "499", "502", "503", "504", ...ERROR_KINDS),
  fc.integer({ min: 0, max: 400 }),
  { maxKeys: 4 },
);
const row = fc.record({
  hop: fc.constantFrom("client" as const, "proxy" as const, "application" as const, "store" as const),
  endpoint: fc.constantFrom("GET /a", "GET /b", "GET /c"),
  counts,
  ms: fc.constantFrom<number | Record<string, number>>(5, 700, 31_000, {}),
  source: fc.constantFrom("requests" as const, "metrics" as const, "logs" as const, "spans" as const),
  each: fc.dictionary(fc.constantFrom(...SUM_KEYS), fc.integer({ min: 0, max: 5000 }), { maxKeys: 5 }),
  instance: fc.constantFrom("", "pod-a", "pod-b"),
  at: fc.constantFrom<[number, number]>([0, 60], [10, 20], [59, 60]),
});
const gauge = fc.record({
  name: fc.constantFrom(
    "iterations",
    "dropped_iterations",
    "vus",
    "checks",
    "system.cpu.utilization",
    "process.cpu.time",
    "x.cache.hits",
    "x.cache.misses",
    "kafka.consumer.lag",
    ...Object.values(METRICS).map(({ name }) => name),
  ),
  kind: fc.constantFrom("gauge" as const, "counter" as const, "histogram" as const),
  first: fc.integer({ min: 0, max: 1e9 }),
  step: fc.integer({ min: -1e6, max: 1e6 }),
});

function build(
  rows: readonly (typeof row extends fc.Arbitrary<infer Row> ? Row : never)[],
  gauges: readonly (typeof gauge extends fc.Arbitrary<infer Series> ? Series : never)[],
): LedgerBuilder {
  const gates = ["http_req_failed < 1%", "p95 < 1s", "app 5xx == 0", "min(permits) > 0", "trend(rss)", "checks > 99%", "rps > 1"].map(
    (expression) => ({ expression, phase: "", source: "any" }),
  );
  const builder = ledgerOf({ beforeSeconds: 30, afterSeconds: 70, run: { gates } });
  for (const { hop, endpoint, counts: told, ...shape } of rows) builder.requests(hop, endpoint, told as Counts, shape);
  for (const { name, kind, first, step } of gauges)
    builder.gauge(name, { kind, at: [-30, 130], values: (second) => Math.max(0, first + step * second) });
  return builder.mark("redis stopped", 20).mark("redis back", 25);
}

test("whatever a ledger holds, its diagnosis is whole, without a number that is none", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), fc.array(gauge, { maxLength: 5 }), (rows, gauges) => {
      const { verdict, findings, exclusions, gaps, gates, memory } = diagnose(build(rows, gauges).ledger());
      const text = JSON.stringify({ verdict, findings, exclusions, gaps, gates, memory });
      expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(verdict.sentence).toMatch(/^(PASSED|FAILED|INCONCLUSIVE|INVALID): .*[^.]$/);
      expect(verdict.reasons.length).toBeLessThanOrEqual(3);
      expect(gates).toHaveLength(7);
      expect(new Set(exclusions.map(({ hop }) => hop)).size).toBe(exclusions.length);
      const blamed = findings.filter(({ effect, state }) => effect === "failure" && state === "proven").map(({ hop }) => hop);
      expect(exclusions.filter(({ hop }) => blamed.includes(hop))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

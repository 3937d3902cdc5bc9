import { expect, test } from "vitest";
import { wrkReport } from "../../../../collector/wire/generators/wrk-report.ts";
import { quantileOf, readFixture, readText, sumOf } from "./read-fixture.ts";

test("wrk's report: counts, quantiles, and that they were corrected", () => {
  const { items, aggregates, notes } = readFixture(wrkReport, "wrk/ok.txt");
  expect(items[0]).toMatchObject({ generator: "wrk", concurrency: 4, durationSeconds: 1, target: "http://127.0.0.1:18381/ok" });
  expect(aggregates[0]).toMatchObject({ count: 38343, outcomes: { ok: 38343 }, endpoint: { source: "url" } });
  expect(aggregates[0]?.latencies[0]).toMatchObject({ correction: "corrected", survivorsOnly: true, meanMs: 0.37085, maxMs: 10.48 });
  expect([quantileOf(aggregates[0], 0.5), quantileOf(aggregates[0], 0.9)]).toEqual([0.077, 0.9]);
  expect(notes).toEqual([]);
});

test("wrk's socket errors are requests, too", () => {
  const { aggregates } = readFixture(wrkReport, "wrk/mixed.txt");
  expect(aggregates[0]).toMatchObject({
    count: 23079 + 2565,
    outcomes: { ok: 23079 - 2565, http_error: 2565, transfer_error: 2565 },
    errorKinds: { reset: 2565 },
  });
  expect(sumOf(aggregates[0]?.outcomes ?? {})).toBe(aggregates[0]?.count);
});

test("trap: a server that never answers is no failure to wrk; the reader says so and takes no zeros", () => {
  const { aggregates, notes } = readFixture(wrkReport, "wrk/hang.txt");
  expect(aggregates[0]).toMatchObject({ count: 0, outcomes: {}, latencies: [] });
  expect(notes).toEqual(["wrk_silent_timeouts"]);
});

test("trap: wrk's timeouts are answers that came late, and are not in its latencies", () => {
  const { aggregates, notes } = readFixture(wrkReport, "wrk/slow.txt");
  expect(aggregates[0]).toMatchObject({ count: 8, outcomes: { timeout: 8 }, errorKinds: { timeout_unknown: 8 }, latencies: [] });
  expect(notes).toEqual(["wrk_silent_timeouts"]);
});

test("wrk that cannot connect has a reason and no counts", () => {
  const { aggregates, notes } = readFixture(wrkReport, "wrk/refused.txt");
  expect(aggregates).toMatchObject([{ count: undefined, errorKinds: { dial_refused: 1 } }]);
  expect(notes).toEqual(["wrk_gave_up"]);
});

const WRK2 = `Running 30s test @ http://127.0.0.1:8080/a
  2 threads and 100 connections
  Thread calibration: mean lat.: 1.201ms, rate sampling interval: 10ms
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.14ms  355.73us   2.54ms   69.45%
    Req/Sec     1.05k   216.61     1.67k    65.12%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    1.11ms
 99.000%    2.14ms
100.000%    2.54ms

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       0.212     0.000000            1         1.00
       1.110     0.500000        29950         2.00
       2.140     0.990000        59301       100.00
       2.541     1.000000        59900          inf
#[Mean    =        1.138, StdDeviation   =        0.356]
#[Max     =        2.540, Total count    =        59900]
#[Buckets =           27, SubBuckets     =         2048]
----------------------------------------------------------

  Latency Distribution (HdrHistogram - Uncorrected Latency (measured without taking delayed starts into account))
 50.000%  900.00us
 99.000%    1.14ms
100.000%    1.54ms
  60010 requests in 30.00s, 19.81MB read
Requests/sec:   2000.28
Transfer/sec:    676.18KB
`;

test("wrk2 has a corrected distribution from the intended start, and a raw one beside it", () => {
  const { items, aggregates } = readText(wrkReport, WRK2);
  expect(items[0]).toMatchObject({ generator: "wrk2" });
  expect(aggregates[0]?.latencies).toMatchObject([
    {
      correction: "corrected",
      means: "intended_start_to_last_byte",
      count: 59900,
      meanMs: 1.138,
      maxMs: 2.54,
      quantiles: [
        { q: 0.5, ms: 1.11 },
        { q: 0.99, ms: 2.14 },
      ],
    },
    {
      correction: "raw",
      means: "start_to_last_byte",
      meanMs: undefined,
      maxMs: 1.54,
      quantiles: [
        { q: 0.5, ms: 0.9 },
        { q: 0.99, ms: 1.14 },
      ],
    },
  ]);
});

import { expect, test } from "vitest";
import { ohaReport } from "../../../../collector/wire/generators/oha-report.ts";
import { quantileOf, readText } from "./read-fixture.ts";

// Made up after oha's schema.json and the shape of its printer; nothing is recorded.
const REPORT = {
  summary: {
    successRate: 0.95,
    total: 10.002,
    slowest: 0.9,
    fastest: 0.001,
    average: 0.012,
    requestsPerSec: 100,
    totalData: 11000,
    sizePerRequest: 11,
  },
  responseTimeHistogram: { "0.001": 1, "0.4505": 990, "0.9": 9 },
  latencyPercentiles: { p10: 0.002, p50: 0.008, p95: 0.05, "p99.9": 0.8, "p99.99": null },
  firstBytePercentiles: { p50: 0.007 },
  details: { DNSDialup: { average: 0.0012, fastest: 0.0004, slowest: 0.003 }, DNSLookup: { average: 0.0001, fastest: 0, slowest: 0.001 } },
  statusCodeDistribution: { "200": 940, "429": 10, "503": 50 },
  errorDistribution: { "aborted due to deadline": 4, "connection error: Connection refused (os error 111)": 30, timeout: 16 },
};

test("oha's statuses and errors add up, its cut-off requests are no failures of the server", () => {
  const { aggregates, notes } = readText(ohaReport, JSON.stringify(REPORT));
  expect(aggregates[0]).toMatchObject({
    count: 1050,
    outcomes: { ok: 940, http_error: 60, cut: 4, connection_error: 30, timeout: 16 },
    errorKinds: { http_429: 10, http_5xx: 50, aborted: 4, dial_refused: 30, timeout_unknown: 16 },
  });
  expect(notes).toEqual(["oha_survivors"]);
});

test("oha's seconds become milliseconds; a percentile of null is none", () => {
  const { aggregates } = readText(ohaReport, JSON.stringify(REPORT, undefined, 2));
  const [view] = aggregates[0]?.latencies ?? [];
  expect(view).toMatchObject({ minMs: 1, maxMs: 900, meanMs: 12, correction: "unknown", survivorsOnly: true });
  expect(view?.quantiles.map(({ q }) => q)).toEqual([0.1, 0.5, 0.95, 0.999]);
  expect(view?.histogram).toEqual([
    { toMs: 1, count: 1 },
    { toMs: 450.5, count: 990 },
    { toMs: 900, count: 9 },
  ]);
  expect(quantileOf(aggregates[0], 0.5, "first_byte")).toBe(7);
});

test("with nothing answered there are no latencies", () => {
  const failed = {
    summary: { total: 1, slowest: null, average: null },
    latencyPercentiles: {},
    statusCodeDistribution: {},
    errorDistribution: { timeout: 3 },
  };
  expect(readText(ohaReport, JSON.stringify(failed)).aggregates).toMatchObject([{ count: 3, outcomes: { timeout: 3 }, latencies: [] }]);
});

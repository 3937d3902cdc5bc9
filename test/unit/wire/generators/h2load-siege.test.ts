import { expect, test } from "vitest";
import { h2loadLog } from "../../../../collector/wire/generators/h2load-log.ts";
import { siegeReport } from "../../../../collector/wire/generators/siege-report.ts";
import { readFixture, readText } from "./read-fixture.ts";

test("h2load's log: starts in microseconds, statuses, durations; what errored has no line", () => {
  const { requests, account } = readFixture(h2loadLog, "h2load/mixed.log");
  expect(requests).toHaveLength(25);
  expect(requests[0]).toMatchObject({
    startUnixNano: 1795270843807646000n,
    endUnixNano: 1795270843807990000n,
    durationMs: 0.344,
    stamped: "start",
    status: 200,
  });
  expect(requests.filter(({ errorKind }) => errorKind === "http_5xx")).toHaveLength(3);
  expect(account.rejected).toBe(0);
});

test("h2load's status -1 is a request without an answer", () => {
  expect(readText(h2loadLog, "1795270843807646\t-1\t344\n").requests).toMatchObject([{ status: 0, errorKind: "other", outcome: "other_error" }]);
});

test("siege's report", () => {
  const { aggregates } = readFixture(siegeReport, "siege/mixed.json");
  expect(aggregates[0]).toMatchObject({ count: 10, outcomes: { ok: 8, unknown: 2 }, durationSeconds: 0 });
  expect(aggregates[0]?.latencies[0]).toMatchObject({ meanMs: 0, maxMs: 0, quantiles: [] });
});

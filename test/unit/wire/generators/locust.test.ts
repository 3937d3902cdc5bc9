import { expect, test } from "vitest";
import { locustExceptions, locustFailures, locustRequests } from "../../../../collector/wire/generators/locust-failures.ts";
import { locustHistory, locustStats } from "../../../../collector/wire/generators/locust-stats.ts";
import { endings, fixtureBytes, quantileOf, readFixture, readText } from "./read-fixture.ts";

test("Locust's stats: endpoints and their sum are told apart", () => {
  const { aggregates } = readFixture(locustStats, "locust/mixed_stats.csv");
  expect(aggregates.map(({ endpoint, isTotal, count }) => [endpoint.name, isTotal, count])).toEqual([
    ["/err", false, 10],
    ["/hang", false, 5],
    ["/ok", false, 10],
    ["/reset", false, 13],
    ["refused", false, 20],
    ["", true, 58],
  ]);
  expect(aggregates[0]).toMatchObject({ endpoint: { method: "GET", source: "url" }, outcomes: { ok: 0, unknown: 10 } });
  expect(quantileOf(aggregates[1], 0.95)).toBe(510);
});

test("trap: the tail is lost: Locust's console counted more than its tables, and the reader says so", () => {
  const { aggregates, notes } = readFixture(locustStats, "locust/mixed_stats.csv");
  const console = new TextDecoder().decode(fixtureBytes("locust/console.txt"));
  const onConsole = Number(/Aggregated\s+(\d+)\s+\d+\(82\.86%\)/.exec(console)?.[1]);
  expect(onConsole).toBe(70);
  expect(aggregates.find(({ isTotal }) => isTotal)?.count).toBe(58);
  expect(notes).toEqual(["locust_lost_tail"]);
});

test("Locust's failures break down what stats.csv counted, each class with its word", () => {
  const { aggregates } = readFixture(locustFailures, "locust/mixed_failures.csv");
  expect(aggregates.map(({ endpoint, count, errorKinds }) => [endpoint.name, count, errorKinds])).toEqual([
    ["/hang", undefined, { timeout_wait: 5 }],
    ["/err", undefined, { http_5xx: 10 }],
    ["/reset", undefined, { reset: 13 }],
    ["refused", undefined, { dial_refused: 20 }],
  ]);
  expect(aggregates[1]?.statuses).toEqual(new Map([[500, 10]]));
  expect(aggregates[0]?.startUnixNano).toBe(1795270844000000000n);
});

test("Locust's history: counts since the start, percentiles of a window, N/A is nothing", () => {
  const { aggregates, samples, account } = readFixture(locustHistory, "locust/mixed_stats_history.csv");
  expect(account.rejected).toBe(0);
  expect(aggregates[0]).toMatchObject({ scope: "so_far", count: 0, latencies: [], endUnixNano: 1795270844000000000n });
  const period = aggregates.find(({ scope }) => scope === "period");
  expect(period).toMatchObject({ count: undefined, outcomes: {} });
  expect(period?.latencies[0]?.quantiles).toHaveLength(10);
  expect(samples.every(({ name, type }) => name === "users" && type === "gauge")).toBe(true);
  expect(samples.at(-1)?.value).toBe(5);
});

test("Locust's request logger: a request for each row, stamped at its start", () => {
  const { requests, account } = readFixture(locustRequests, "locust/requests.csv");
  expect(account).toMatchObject({ accepted: requests.length, rejected: 0 });
  expect(endings(requests)).toMatchObject({ "/busy http_429": 3, "/ok ok": 3, "refused dial_refused": 1, "/hang timeout_wait": 1 });
  expect(requests[0]).toMatchObject({ stamped: "start", startUnixNano: 1795272026611313000n, durationMs: 430.53, status: 0, judgedFailed: true });
});

test("faults of the test script are samples", () => {
  expect(readFixture(locustExceptions, "locust/mixed_exceptions.csv").samples).toEqual([]);
  const { samples } = readText(locustExceptions, 'Count,Message,Traceback,Nodes\n3,boom,"File ""a.py""\nline 2",local\n');
  expect(samples).toMatchObject([{ name: "script_exceptions", type: "total", value: 3 }]);
});

import { expect, test } from "vitest";
import { parseArtilleryMetric } from "../../../../collector/wire/generators/artillery-metric.ts";
import { artilleryReport } from "../../../../collector/wire/generators/artillery-report.ts";
import { quantileOf, readFixture, sumOf } from "./read-fixture.ts";

test("Artillery's sum of the run: statuses and errors add up to its requests", () => {
  const { aggregates, items } = readFixture(artilleryReport, "artillery/report.json");
  const total = aggregates.find(({ scope, isTotal }) => scope === "run" && isTotal);
  expect(total).toMatchObject({
    count: 46,
    outcomes: { ok: 11, http_error: 11, connection_error: 13, timeout: 11 },
    errorKinds: { http_5xx: 11, dial_refused: 13, timeout_unknown: 11 },
    responseBytes: 154,
  });
  expect(sumOf(total?.outcomes ?? {})).toBe(46);
  expect(items[0]).toMatchObject({ kind: "run", startUnixNano: 1795271125938000000n, endUnixNano: 1795271138445000000n });
});

test("trap: Artillery's response time ends with the first byte and is of survivors", () => {
  const { aggregates, notes } = readFixture(artilleryReport, "artillery/report.json");
  const view = aggregates.find(({ scope, isTotal }) => scope === "run" && isTotal)?.latencies.find(({ of }) => of === "first_byte");
  expect(view).toMatchObject({ means: "start_to_first_byte", count: 22, survivorsOnly: true, maxMs: 7 });
  expect(view?.quantiles.map(({ q }) => q)).toEqual([0.5, 0.75, 0.9, 0.95, 0.99, 0.999]);
  expect(notes).toEqual(["artillery_survivors"]);
});

test("endpoints come from metrics-by-endpoint", () => {
  const { aggregates } = readFixture(artilleryReport, "artillery/report.json");
  const ofRun = aggregates.filter(({ scope, isTotal }) => scope === "run" && !isTotal);
  expect(ofRun.map(({ endpoint, count, errorKinds }) => [endpoint.name, endpoint.url, count, errorKinds])).toEqual([
    ["refused", ":18382/refused", 13, { dial_refused: 13 }],
    ["ok", "/ok", 11, {}],
    ["err", "/err", 11, { http_5xx: 11 }],
    ["hang", "/hang", 11, { timeout_unknown: 11 }],
  ]);
  expect(quantileOf(ofRun[1], 0.95, "first_byte")).toBe(3);
});

test("periods are windows of their own and add up to the run", () => {
  const { aggregates, samples } = readFixture(artilleryReport, "artillery/report.json");
  const periods = aggregates.filter(({ scope, isTotal }) => scope === "period" && isTotal);
  expect(periods.map(({ count }) => count)).toEqual([15, 31]);
  const created = samples.filter(({ name }) => name === "vusers.created");
  expect(created.map(({ type, value }) => [type, value])).toEqual([
    ["total", 24],
    ["delta", expect.any(Number)],
    ["delta", expect.any(Number)],
  ]);
});

test.each([
  ["plugins.metrics-by-endpoint./a.b/c (x y).codes.503", { kind: "code", status: 503, endpoint: { endpoint: { name: "x y", url: "/a.b/c" } } }],
  [
    "plugins.metrics-by-endpoint./v1.errors.list.errors.ECONNRESET",
    { kind: "error", error: "ECONNRESET", endpoint: { endpoint: { name: "/v1.errors.list" } } },
  ],
  ["errors.Failed capture or match", { kind: "error", error: "Failed capture or match", endpoint: undefined }],
  ["http.codes.429", { kind: "code", status: 429, endpoint: undefined }],
  ["http.request_rate", { kind: "other" }],
])("the name %s", (name, expected) => {
  expect(parseArtilleryMetric(name)).toMatchObject(expected);
});

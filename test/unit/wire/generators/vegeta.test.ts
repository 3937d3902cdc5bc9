import { expect, test } from "vitest";
import { vegetaReport } from "../../../../collector/wire/generators/vegeta-report.ts";
import { vegetaCsv, vegetaJson } from "../../../../collector/wire/generators/vegeta-results.ts";
import { endings, quantileOf, readFixture, readText } from "./read-fixture.ts";

const expected = {
  "http://127.0.0.1:18381/ok ok": 4,
  "http://127.0.0.1:18381/err http_5xx": 4,
  "http://127.0.0.1:18381/reset reset": 3,
  "http://127.0.0.1:18381/hang timeout_wait": 3,
  "http://127.0.0.1:18381/slow timeout_wait": 3,
  "http://127.0.0.1:18382/refused dial_refused": 3,
};

test.each([
  ["vegeta/mixed.ndjson", vegetaJson],
  ["vegeta/mixed.csv", vegetaCsv],
])("%s: each class of failure gets its word, times are starts", (path, format) => {
  const { requests, account } = readFixture(format, path);
  expect(endings(requests)).toEqual(expected);
  expect(requests[0]).toMatchObject({
    stamped: "start",
    startUnixNano: 1795270842165982139n,
    endUnixNano: 1795270842165982139n + 4221527n,
    durationMs: 4.221527,
    durationMeans: "start_to_last_byte",
    responseBytes: 11,
    scenario: "mixed",
    iteration: "0",
  });
  expect(account.rejected).toBe(0);
});

test("bodies and headers of vegeta are not kept", () => {
  const { items } = readFixture(vegetaJson, "vegeta/mixed.ndjson");
  const text = JSON.stringify(items, (_, value) => (typeof value === "bigint" ? String(value) : value));
  expect(text).not.toContain("aGVsbG8gd29ybGQ=");
  expect(text).not.toContain("Keep-Alive");
});

test("vegeta's report counts what failed, and says that the reasons are mixed", () => {
  const { aggregates, notes, items } = readFixture(vegetaReport, "vegeta/report.json");
  expect(aggregates[0]).toMatchObject({
    count: 20,
    outcomes: { ok: 4, http_error: 4, unknown: 12 },
    statuses: new Map([
      [200, 4],
      [500, 4],
    ]),
  });
  expect(quantileOf(aggregates[0], 0.9)).toBe(801.084769);
  expect(aggregates[0]?.latencies[0]).toMatchObject({ survivorsOnly: false, maxMs: 802.386821 });
  expect(items[0]).toMatchObject({ kind: "run", startUnixNano: 1795270842165982139n, endUnixNano: 1795270843766781403n });
  expect(notes).toEqual(["vegeta_mixed_errors"]);
});

test("with one reason only, vegeta's report tells it", () => {
  const report = {
    latencies: {},
    requests: 3,
    success: 0,
    status_codes: { "0": 3 },
    errors: ['Get "http://x": dial tcp 1.2.3.4:80: connect: connection refused'],
  };
  const { aggregates, notes } = readText(vegetaReport, JSON.stringify(report));
  expect(aggregates[0]).toMatchObject({ outcomes: { connection_error: 3 }, errorKinds: { dial_refused: 3 } });
  expect(notes).toEqual([]);
});

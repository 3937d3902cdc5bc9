import { expect, test } from "vitest";
import { type RequestMapping, WEBSOCKET_TESTER_MAPPINGS } from "../../../../collector/wire/generators/generic-mapping.ts";
import { openGenericCsv, openGenericJson, openGenericNdjson } from "../../../../collector/wire/generators/generic-reader.ts";
import type { LineReader, ReaderOptions } from "../../../../collector/wire/generators/reader.ts";
import { endings, readBytes } from "./read-fixture.ts";

const read = (open: (options: ReaderOptions) => LineReader, text: string) => readBytes(open, new TextEncoder().encode(text));

const REQUESTS: RequestMapping = {
  as: "requests",
  time: { from: "at", unit: "ms", means: "end" },
  duration: { from: "took", unit: "s", means: "start_to_last_byte" },
  endpoint: { from: "path", source: "path" },
  method: "verb",
  status: "code",
  error: "why",
  tags: ["cohort"],
};

test("a table of requests by a mapping", () => {
  const text = [
    "why,cohort,at,took,verb,path,code",
    ",slow,1795245972140,0.030,get,/a,200",
    "read ECONNRESET,fast,1795245972150,0.001,GET,/a,0",
    ",fast,1795245972160,0.002,GET,/a,503",
    ",fast,1795245972160,much,GET,/a,200",
  ].join("\n");
  const { requests, account } = read((options) => openGenericCsv(REQUESTS, options), text);
  expect(endings(requests)).toEqual({ "/a ok": 1, "/a reset": 1, "/a http_5xx": 1 });
  expect(requests[0]).toMatchObject({
    endpoint: { method: "GET", name: "/a", source: "path" },
    stamped: "end",
    startUnixNano: 1795245972110000000n,
    endUnixNano: 1795245972140000000n,
    durationMs: 30,
    durationMeans: "start_to_last_byte",
  });
  expect(requests[0]?.tags.getString("cohort")).toBe("slow");
  expect([...account.reasons]).toEqual([["bad_number", { count: 1, firstLine: 5 }]]);
});

test("NDJSON by a mapping with paths; success by a value", () => {
  const mapping: RequestMapping = {
    as: "requests",
    time: { from: "t.start", unit: "auto", means: "start" },
    endpoint: { fixed: "ws" },
    ok: { from: "result", values: ["PONG"] },
  };
  const text = '{"t":{"start":"2026-01-08T10:00:00Z"},"result":"PONG"}\n{"t":{"start":"2026-01-08T10:00:01Z"},"result":"CLOSE"}\n{"t":{}}\n';
  const { requests, account } = read((options) => openGenericNdjson(mapping, options), text);
  expect(requests.map(({ outcome, judgedFailed, durationMs }) => [outcome, judgedFailed, durationMs])).toEqual([
    ["ok", false, undefined],
    ["other_error", true, undefined],
  ]);
  expect([...account.reasons.keys()]).toEqual(["bad_time"]);
});

test("the memory table of the WebSocket tester: MB become bytes", () => {
  const text =
    "Timestamp,Name,WorkingSetMB\r\n2026-01-09T17:04:30+08:00,gw-a,277\r\n2026-01-09T17:04:32+08:00,gw-a,529.5\r\n2026-01-09T17:04:34+08:00,gw-a,\r\n";
  const { samples, account } = read((options) => openGenericCsv(WEBSOCKET_TESTER_MAPPINGS.memory, options), text);
  expect(samples.map(({ name, unit, value }) => [name, unit, value])).toEqual([
    ["process.memory.usage", "By", 290_455_552],
    ["process.memory.usage", "By", 555_220_992],
  ]);
  expect(samples[0]?.tags.getString("Name")).toBe("gw-a");
  expect(account.reasons.get("bad_number")).toEqual({ count: 1, firstLine: 4 });
});

test("the WebSocket tester's summary: attempts, counters, and a distribution for each cohort", () => {
  const result = {
    durationSeconds: 60,
    connect: { attempts: 4000, ok: 1000, fail: 3000 },
    auth: { ok: 1000 },
    ping: { sent: 29000, pong: 29000 },
    rtt: { p50: 1, p95: 3, p99: 9 },
    e2e: { p99: 37149, fast: { p50: 123, p95: 466, p99: 864 }, slow: { p50: 27565, p95: 50251, p99: 50679 } },
  };
  const { aggregates, samples } = read(
    (options) => openGenericJson(WEBSOCKET_TESTER_MAPPINGS.summary, options),
    JSON.stringify(result, undefined, 2),
  );
  expect(aggregates[0]).toMatchObject({ count: 4000, outcomes: { ok: 1000, unknown: 3000 }, durationSeconds: 60 });
  const views = aggregates
    .slice(1)
    .map(({ latencies, tags, isTotal }) => [latencies[0]?.of, tags.getString("cohort"), latencies[0]?.quantiles.at(-1)?.ms, isTotal]);
  expect(views).toEqual([
    ["round_trip", undefined, 9, true],
    ["end_to_end", undefined, 37149, true],
    ["end_to_end", "fast", 864, false],
    ["end_to_end", "slow", 50679, false],
  ]);
  expect(Object.fromEntries(samples.map(({ name, value }) => [name, value]))).toEqual({
    "connect.fail": 3000,
    "auth.ok": 1000,
    "ping.sent": 29000,
    "ping.pong": 29000,
  });
});

test("a key of the prototype is no value", () => {
  const mapping = { as: "summary", count: "constructor.name", ok: "__proto__.x" } as const;
  const { aggregates, account } = read((options) => openGenericJson(mapping, options), '{"a":1}');
  expect(aggregates).toEqual([]);
  expect([...account.reasons.keys()]).toEqual(["unknown_shape"]);
});

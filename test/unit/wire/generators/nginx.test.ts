import { expect, test } from "vitest";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { parseNginxLine } from "../../../../collector/wire/generators/nginx-line.ts";
import { nginxCombined, nginxJson, nginxTiming } from "../../../../collector/wire/generators/nginx-log.ts";
import { parseUpstreamTries } from "../../../../collector/wire/generators/nginx-upstream.ts";
import { endings, readFixture, readText } from "./read-fixture.ts";

const classes = {
  "/ok ok": 2,
  "/err http_5xx": 1,
  "/busy http_429": 1,
  "/hang aborted": 1,
  "/slow http_5xx": 1,
  "/closed http_5xx": 1,
  "/retry ok": 2,
  "/limited ok": 1,
  "/limited http_5xx": 1,
  "/redirected ok": 1,
  " http_4xx": 1,
};

test.each([
  ["nginx/classes-timing.log", nginxTiming],
  ["nginx/classes-json.log", nginxJson],
  ["nginx/classes-combined.log", nginxCombined],
  ["nginx/classes-common.log", nginxCombined],
])("%s: every request with its ending", (path, format) => {
  const { requests, account } = readFixture(format, path);
  expect(endings(requests)).toEqual(classes);
  expect(account).toMatchObject({ lines: 13, accepted: 13, skipped: 0 });
});

test("the timing format and JSON tell the same", () => {
  const [text, json] = [readFixture(nginxTiming, "nginx/classes-timing.log"), readFixture(nginxJson, "nginx/classes-json.log")].map(({ requests }) =>
    requests.map(({ endUnixNano, startUnixNano, durationMs, proxy, requestId, traceId, responseBytes }) => ({
      endUnixNano,
      startUnixNano,
      durationMs,
      proxy,
      requestId,
      traceId,
      responseBytes,
    })),
  );
  expect(json).toEqual(text);
});

test("trap: a 200 whose answer did not get out whole is no success", () => {
  const thin = readFixture(nginxTiming, "nginx/k6-mixed-timing.log").requests.filter(({ endpoint }) => endpoint.name === "/thin/big");
  expect(thin.length).toBeGreaterThan(10);
  for (const request of thin) {
    expect(request).toMatchObject({ status: 200, outcome: "cut", errorKind: "aborted", proxy: { complete: false, askedUpstream: true } });
    expect((request.durationMs ?? 0) - (request.proxy?.tries[0]?.responseMs ?? 0)).toBeGreaterThan(250);
    expect(request.proxy?.tries[0]?.responseMs).toBeLessThan(10);
  }
});

test("client and proxy tell the same story of one run, except for what k6 cut off at its end", () => {
  const { requests } = readFixture(nginxTiming, "nginx/k6-mixed-timing.log");
  const client = readFixture(k6Json, "k6/mixed.ndjson.gz").requests;
  const [first, last] = [client[0]?.startUnixNano ?? 0n, client.at(-1)?.endUnixNano ?? 0n];
  const inRun = requests.filter(({ endUnixNano = 0n }) => endUnixNano >= first && endUnixNano <= last + 350_000_000n);
  expect(endings(inRun)).toMatchObject({ "/ok ok": 121, "/hang aborted": 13, "/err http_5xx": 11 });
  expect(inRun.filter(({ endpoint }) => endpoint.name === "/thin/big")).toHaveLength(13);
  expect(client.filter(({ endpoint }) => endpoint.name === "thin")).toHaveLength(11);
  expect(requests[0]).toMatchObject({
    endpoint: { method: "GET", name: "/ok", url: "/ok?id=0", source: "path" },
    endUnixNano: 1795245972777000000n,
    startUnixNano: 1795245972772000000n,
    stamped: "end",
    stampStepMs: 1,
    requestId: "471e418b5a6edc971767ce199bea4c90",
    newConnection: true,
  });
});

test("a retry hidden behind a 200 shows as two tries", () => {
  const { requests } = readFixture(nginxTiming, "nginx/classes-timing.log");
  const retried = requests.find(({ proxy }) => proxy?.tries.length === 2 && proxy.tries[1]?.redirect === 0);
  expect(retried).toMatchObject({ status: 200, outcome: "ok" });
  expect(retried?.proxy?.tries).toMatchObject([
    { address: "127.0.0.1:18382", status: 502, connectMs: undefined, headerMs: undefined, responseMs: expect.any(Number), redirect: 0 },
    { address: "127.0.0.1:18381", status: 200, connectMs: expect.any(Number), redirect: 0 },
  ]);
});

test("tries on both sides of an internal redirect are told apart", () => {
  const redirected = readFixture(nginxTiming, "nginx/classes-timing.log").requests.find(({ endpoint }) => endpoint.name === "/redirected");
  expect(redirected?.proxy?.tries.map(({ status, redirect }) => [status, redirect])).toEqual([
    [500, 0],
    [200, 1],
  ]);
});

test("nginx's own 503 asked no upstream, an upstream's 429 did", () => {
  const { requests } = readFixture(nginxTiming, "nginx/classes-timing.log");
  const asked = (status: number) => requests.find((request) => request.status === status)?.proxy;
  expect(asked(503)).toMatchObject({ askedUpstream: false, tries: [] });
  expect(asked(429)).toMatchObject({ askedUpstream: true });
  expect(asked(504)?.tries).toMatchObject([{ status: 504, headerMs: undefined }]);
});

test("a traceparent is trace id and parent span id", () => {
  const [first] = readFixture(nginxTiming, "nginx/classes-timing.log").requests;
  expect(first).toMatchObject({ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7" });
});

test("combined has no duration: nothing is made up for it", () => {
  const [first] = readFixture(nginxCombined, "nginx/classes-combined.log").requests;
  expect(first).toMatchObject({
    durationMs: undefined,
    startUnixNano: undefined,
    stampStepMs: 1000,
    proxy: { complete: undefined, askedUpstream: undefined, tries: [] },
  });
});

test("what is no HTTP is kept as a request without an endpoint", () => {
  expect(readFixture(nginxTiming, "nginx/classes-timing.log").requests.at(-1)).toMatchObject({
    endpoint: { method: "", name: "", source: "none" },
    status: 400,
  });
});

test("offsets of local time count", () => {
  const line = '10.0.0.1 - - [12/May/2026:04:51:02 +0800] "GET / HTTP/1.1" 200 5 "-" "-"';
  expect(readText(nginxCombined, line).requests[0]?.endUnixNano).toBe(BigInt(Date.parse("2026-05-11T20:51:02Z")) * 1_000_000n);
});

test("three servers, two redirects and a socket of Unix in one list", () => {
  const tries = parseUpstreamTries({
    addresses: "[::1]:80, unix:/run/app.sock : 10.0.0.2:80",
    statuses: "502, 504 : 200",
    connectSeconds: "-, 0.001 : 0.002",
    headerSeconds: "-, - : 0.010",
    responseSeconds: "0.000, 3.003 : 0.011",
  });
  expect(tries.map(({ address, status, redirect, responseMs }) => [address, status, redirect, responseMs])).toEqual([
    ["[::1]:80", 502, 0, 0],
    ["unix:/run/app.sock", 504, 0, 3003],
    ["10.0.0.2:80", 200, 1, 11],
  ]);
});

test("unquoted lists in the timing part are read as well", () => {
  const line =
    '1.2.3.4 - bob [21/Nov/2026:07:26:12 +0000] "GET / HTTP/1.1" 200 5 "-" "x" rt=0.010 uct=-, 0.002 us=502, 200 rc=OK ua=a:1, b:2 msec=1795245972.777';
  const fields = parseNginxLine(line);
  expect([fields?.get("upstream_connect_time"), fields?.get("upstream_status"), fields?.get("upstream_addr"), fields?.get("msec")]).toEqual([
    "-, 0.002",
    "502, 200",
    "a:1, b:2",
    "1795245972.777",
  ]);
});

test("a line of a million brackets costs no squared time", () => {
  const { account } = readText(nginxTiming, `1.2.3.4 - ${"[ ".repeat(400_000)}`);
  expect([...account.reasons.keys()]).toEqual(["bad_line"]);
});

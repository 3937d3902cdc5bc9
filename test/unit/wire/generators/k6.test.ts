import { expect, test } from "vitest";
import { k6Csv } from "../../../../collector/wire/generators/k6-csv.ts";
import { errorKindOfK6 } from "../../../../collector/wire/generators/k6-error-codes.ts";
import { k6Json } from "../../../../collector/wire/generators/k6-json.ts";
import { endings, fixtureBytes, readFixture, readText } from "./read-fixture.ts";

const mixedEndings = {
  "ok ok": 121,
  "refused dial_refused": 121,
  "hang timeout_wait": 13,
  "thin timeout_recv": 11,
  "err http_5xx": 11,
};

test("k6 JSON: nine points of equal time and tags are one request again", () => {
  const { requests, account } = readFixture(k6Json, "k6/mixed.ndjson.gz");
  expect(requests).toHaveLength(277);
  expect(endings(requests)).toEqual(mixedEndings);
  expect(requests[0]).toMatchObject({
    endpoint: { method: "GET", name: "ok", url: "", source: "name" },
    endUnixNano: 1795245972777982646n,
    startUnixNano: 1795245972777982646n - 11053824n,
    stamped: "end",
    status: 200,
    judgedFailed: false,
    durationMs: 6.161302,
    durationMeans: "send_to_last_byte",
    scenario: "spike",
    newConnection: true,
    traceId: "e2f505122652b76e1526d61a77f58155",
  });
  expect(requests[0]?.phases).toMatchObject({ blocked: 4.892522, connect: 4.34714, tls: 0, send: 0.279835 });
  expect(requests[0]?.tags.getString("testid")).toBe("run-1");
  expect(account.rejected).toBe(0);
  expect(account.pending).toBe(0);
});

test("k6 CSV in whole seconds gives the same requests, and says that their times are coarse", () => {
  const { requests, account } = readFixture(k6Csv, "k6/mixed.csv.gz");
  expect(endings(requests)).toEqual(mixedEndings);
  expect(new Set(requests.map(({ stampStepMs }) => stampStepMs))).toEqual(new Set([1000]));
  expect(requests[0]).toMatchObject({ traceId: "e2f505122652b76e1526d61a77f58155", durationMs: 6.161302 });
  expect(account.accepted + account.skipped).toBe(account.lines);
});

test("trap: k6's zeros for a request without a connection are no measurements", () => {
  const refused = readFixture(k6Json, "k6/mixed.ndjson.gz").requests.filter(({ errorKind }) => errorKind === "dial_refused");
  expect(refused).toHaveLength(121);
  for (const request of refused) {
    expect(request).toMatchObject({
      durationMs: undefined,
      phases: {},
      startUnixNano: undefined,
      newConnection: undefined,
      outcome: "connection_error",
      status: 0,
    });
  }
});

test("trap: of one k6 error code, the running phase tells a hanging server from a starved answer", () => {
  const { requests } = readFixture(k6Json, "k6/mixed.ndjson.gz");
  const [hang, thin] = ["hang", "thin"].map((name) => requests.find(({ endpoint }) => endpoint.name === name));
  expect([hang?.errorText, thin?.errorText]).toEqual(["request timeout", "request timeout"]);
  expect([hang?.errorKind, thin?.errorKind]).toEqual(["timeout_wait", "timeout_recv"]);
  expect(hang?.phases.wait).toBeGreaterThan(700);
  expect(thin?.phases.recv).toBeGreaterThan(890);
});

test.each(["k6/classes.ndjson", "k6/classes-unix-nano.csv"])("each class of failure of %s gets its word", (path) => {
  const { requests, samples, account } = readFixture(path.endsWith("csv") ? k6Csv : k6Json, path);
  expect(endings(requests)).toEqual({
    "http://127.0.0.1:18381/ok ok": 2,
    "busy http_429": 2,
    "missing http_4xx": 2,
    "expected missing ok": 2,
    "unexpected ok body_check": 2,
    "err http_5xx": 2,
    "reset reset": 2,
    "tls tls": 2,
    "dns dns": 2,
    "refused dial_refused": 2,
    "hang timeout_wait": 2,
  });
  expect(requests.map(({ vu, iteration }) => `${vu}/${iteration}`)).toEqual([...Array<string>(11).fill("1/0"), ...Array<string>(11).fill("1/1")]);
  expect(requests[0]?.endpoint.source).toBe("url");
  expect(requests[0]?.stampStepMs).toBe(0);
  expect(samples.filter(({ name }) => name === "works_seen").map(({ value }) => value)).toEqual([80, 80]);
  expect(account.rejected).toBe(0);
});

test("k6 JSON and CSV of one run are the same to the nanosecond", () => {
  const [json, csv] = [readFixture(k6Json, "k6/classes.ndjson"), readFixture(k6Csv, "k6/classes-unix-nano.csv")].map(({ requests }) =>
    requests.map(({ endUnixNano, durationMs, endpoint }) => [endUnixNano, durationMs?.toFixed(3), endpoint]),
  );
  expect(csv).toEqual(json);
});

test("a script's own metrics have their type from JSON, and none from CSV", () => {
  const types = (samples: readonly { name: string; type: string }[]) =>
    samples.filter(({ name }) => name.startsWith("works")).map(({ type }) => type);
  expect(types(readFixture(k6Json, "k6/classes.ndjson").samples)).toEqual(["trend", "delta", "trend", "delta"]);
  expect(types(readFixture(k6Csv, "k6/classes-unix-nano.csv").samples)).toEqual(["gauge", "gauge", "gauge", "gauge"]);
});

test("points that are no requests are samples of their own kind", () => {
  const { samples } = readFixture(k6Json, "k6/mixed.ndjson.gz");
  const kinds = new Map(samples.map(({ name, type, unit }) => [name, `${type} ${unit}`]));
  expect(Object.fromEntries(kinds)).toEqual({
    checks: "rate ",
    data_sent: "delta By",
    data_received: "delta By",
    iteration_duration: "trend ms",
    iterations: "delta ",
    vus: "gauge ",
    vus_max: "gauge ",
  });
  expect(samples.filter(({ name }) => name === "iterations")).toHaveLength(119);
});

test("a bad line costs its request nothing else, and is named by number", () => {
  const lines = new TextDecoder().decode(fixtureBytes("k6/classes.ndjson")).split("\n");
  const at = lines.findIndex((line) => line.includes('"http_req_waiting"') && line.includes('"Point"'));
  lines[at] = '{"metric":"http_req_waiting","type":"Point","data":{"time":';
  const { requests, account } = readText(k6Json, lines.join("\n"));
  expect(requests).toHaveLength(22);
  expect(requests[0]).toMatchObject({ outcome: "ok", durationMs: expect.any(Number) });
  expect(requests[0]?.phases.wait).toBeUndefined();
  expect([...account.reasons]).toEqual([["bad_json", { count: 1, firstLine: at + 1 }]]);
});

test("a file cut in the middle of a request keeps what was there", () => {
  const bytes = fixtureBytes("k6/classes.ndjson");
  const { requests, account } = readText(k6Json, new TextDecoder().decode(bytes.subarray(0, bytes.length - 12_345)));
  expect(requests.length).toBeGreaterThan(15);
  expect(account.pending).toBe(0);
  expect(account.reasons.get("bad_json")?.count).toBe(1);
});

test.each([
  [1000, "other"],
  [1050, "timeout_unknown"],
  [1101, "dns"],
  [1110, "blocked"],
  [1201, "broken_pipe"],
  [1210, "other"],
  [1211, "dial_timeout"],
  [1212, "dial_refused"],
  [1220, "reset"],
  [1310, "tls"],
  [1404, "http_4xx"],
  [1429, "http_429"],
  [1503, "http_5xx"],
  [1630, "protocol"],
  [1701, "protocol"],
])("k6 error code %i is %s", (code, kind) => {
  expect(errorKindOfK6(code, {})).toBe(kind);
});

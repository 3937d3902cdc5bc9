import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGate } from "../../../../collector/diagnose/gates/parse-gate.ts";

function gateOf(text: string) {
  const parsed = parseGate(text);
  if ("mistake" in parsed) throw new Error(`${text}: ${parsed.mistake.message}`);
  const { subject, labels, limit } = parsed.gate;
  return { subject, labels: Object.fromEntries(labels), limit };
}

const latency = (q: number, hop = "client") => ({ kind: "latency", hop, stat: { kind: "quantile", q } });

describe("what can be written", () => {
  test.each([
    ["http_req_failed < 1%", { kind: "failed", hop: "client" }, { comparison: "<", value: 0.01, unit: "share" }],
    ["http_req_failed rate<0.01", { kind: "failed", hop: "client" }, { comparison: "<", value: 0.01, unit: "share" }],
    ["p95 < 2000ms", latency(0.95), { comparison: "<", value: 2000, unit: "ms" }],
    ["p(95) < 800", latency(0.95), { comparison: "<", value: 800, unit: "ms" }],
    ["p99.9<=1.5s", latency(0.999), { comparison: "<=", value: 1500, unit: "ms" }],
    ["http_req_duration p(95) < 2s", latency(0.95), { comparison: "<", value: 2000, unit: "ms" }],
    ["med < 50ms", latency(0.5), { comparison: "<", value: 50, unit: "ms" }],
    ["max < 1min", { kind: "latency", hop: "client", stat: { kind: "max" } }, { comparison: "<", value: 60_000, unit: "ms" }],
    ["app p95 < 50ms", latency(0.95, "application"), { comparison: "<", value: 50, unit: "ms" }],
    ["nginx p(99) < 50ms", latency(0.99, "proxy"), { comparison: "<", value: 50, unit: "ms" }],
    ["dropped_iterations == 0", { kind: "metric", name: "dropped_iterations", stat: "" }, { comparison: "==", value: 0, unit: "count" }],
    ["proxy 502 == 0", { kind: "status", hop: "proxy", from: 502, to: 502 }, { comparison: "==", value: 0, unit: "count" }],
    ["app 5xx = 0", { kind: "status", hop: "application", from: 500, to: 599 }, { comparison: "==", value: 0, unit: "count" }],
    ["client timeouts <= 3", { kind: "timeouts", hop: "client" }, { comparison: "<=", value: 3, unit: "count" }],
    ["rps > 45/s", { kind: "requests", hop: "client", per: "second" }, { comparison: ">", value: 45, unit: "per_second" }],
    ["http_reqs count > 100", { kind: "requests", hop: "client", per: "run" }, { comparison: ">", value: 100, unit: "count" }],
    [
      "min(permits) > 0",
      {
        kind: "gauge",
        fold: "min",
        names: ["genarrative.http.server.request_permits.available.min", "genarrative.http.server.request_permits.available"],
      },
      { comparison: ">", value: 0, unit: "count" },
    ],
    ["max(rss) < 500MB", { kind: "gauge", fold: "max", names: ["process.memory.usage"] }, { comparison: "<", value: 5e8, unit: "bytes" }],
    [
      "max( process.thread.count ) < 1.5GiB",
      { kind: "gauge", fold: "max", names: ["process.thread.count"] },
      { comparison: "<", value: 1.5 * 1024 ** 3, unit: "bytes" },
    ],
    ["trend(rss)", { kind: "trend", names: ["process.memory.usage"] }, undefined],
    ["checks > 99%", { kind: "metric", name: "checks", stat: "" }, { comparison: ">", value: 0.99, unit: "share" }],
    [
      "works_list_shape_error_rate < 1%",
      { kind: "metric", name: "works_list_shape_error_rate", stat: "" },
      { comparison: "<", value: 0.01, unit: "share" },
    ],
    ["my_trend avg < 20ms", { kind: "metric", name: "my_trend", stat: "avg" }, { comparison: "<", value: 20, unit: "ms" }],
  ])("%s", (text, subject, limit) => {
    const gate = gateOf(text);
    expect(gate.subject).toEqual(subject);
    if (limit === undefined) expect(gate.limit).toBeUndefined();
    else expect(gate.limit).toEqual({ ...limit, value: expect.closeTo(limit.value, 9) });
  });

  test("labels choose requests; braces, commas in quotes, and k6's colon are understood", () => {
    expect(gateOf("p99{cohort=fast} < 5s").labels).toEqual({ cohort: "fast" });
    expect(gateOf("p95{endpoint=GET /api/works/{id}, status=200} < 1s").labels).toEqual({ endpoint: "GET /api/works/{id}", status: "200" });
    expect(gateOf('p95{name:"a, b"} < 1s').labels).toEqual({ endpoint: "a, b" });
    expect(gateOf("p95{hop=app, scenario=spike} < 1s")).toMatchObject({ subject: { hop: "application" }, labels: { scenario: "spike" } });
    expect(gateOf("checks{check=status is 200} > 99%").labels).toEqual({ check: "status is 200" });
  });
});

describe("mistakes say where and what is expected", () => {
  test.each([
    ["", 1, "the threshold is empty"],
    ["< 5ms", 1, "begins with what is measured"],
    ["p95", 4, "nothing to compare with"],
    ["p95 < ", 7, "the number is missing"],
    ["p95 < fast", 7, '"fast" is no number'],
    ["p95 < 80xs", 9, 'no unit "xs"'],
    ["p95 < 5%", 7, "a share cannot be compared with a time"],
    ["http_req_failed < 5", 19, "a share lies between 0 and 1"],
    ["p95 ~ 5ms", 5, '"~" is no comparison'],
    ["p95 < 5ms or so", 11, 'there is more after the value: "or so"'],
    ["p(0) < 5ms", 1, "no 0th percentile"],
    ["p(9x) < 5ms", 1, "p(…) holds a percentage"],
    ["proxy < 5", 7, "is followed by what is measured there"],
    ["http_req_duration < 5ms", 19, "needs to be told which figure"],
    ["sum(rss) < 5MB", 1, 'no function "sum"'],
    ["max(rss < 5MB", 5, "holds the name of one series"],
    ["trend(rss) < 5", 12, "takes no comparison"],
    ["p95{endpoint} < 5ms", 5, "a label is a name, = and a value"],
    ["p95{region=eu} < 5ms", 5, 'no label "region"'],
    ["p95{endpoint=GET /a < 5ms", 4, "the brace is not closed"],
    ["p95{endpoint=} < 5ms", 14, "the label has no value"],
    ['p95{endpoint="a} < 5ms', 14, "the quote is not closed"],
    ["p95{hop=moon} < 5ms", 4, 'no hop is called "moon"'],
  ])("%s", (text, column, message) => {
    const parsed = parseGate(text);
    expect("mistake" in parsed ? parsed.mistake : undefined).toMatchObject({
      column,
      message: expect.stringContaining(message),
      expected: expect.stringMatching(/.+/),
    });
  });

  test("whatever is written, the answer is a gate or a mistake within the text", () => {
    const pieces = fc.constantFrom(
      "p95",
      "p(",
      "95",
      ")",
      "{",
      "}",
      "endpoint",
      "=",
      "<",
      "==",
      " ",
      "1",
      "%",
      "ms",
      "proxy",
      "5xx",
      "min(",
      "permits",
      "trend(",
      ",",
      '"',
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const parsed = parseGate(text);
        if ("mistake" in parsed) {
          expect(parsed.mistake.column).toBeGreaterThan(0);
          expect(parsed.mistake.column).toBeLessThanOrEqual(text.length + 1);
        } else expect(parsed.gate.limit === undefined || Number.isFinite(parsed.gate.limit.value)).toBe(true);
      }),
    );
  });
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bucketMap, category, covers, sameLabels, sameSet } from "../../../scripts/golden/compare.ts";
import { type GoldenCase, parseCases, readCases } from "../../../scripts/golden/read-cases.ts";
import { runCase } from "../../../scripts/golden/run-case.ts";

const CASES = readCases(join(import.meta.dirname, "../../fixtures/prometheus-golden.json"));

test("every golden case of names, labels, units and metrics comes out of the product's own code", async () => {
  const failed: unknown[] = [];
  for (const one of CASES) {
    const { passed, got, problem } = await runCase(one);
    if (!passed) failed.push({ id: one.id, problem, expected: one.expected, got });
  }
  expect(failed).toEqual([]);
  expect(CASES).toHaveLength(351);
});

function golden(kind: string, input: object, expected: unknown): GoldenCase {
  return { id: "x", kind, source: "", input: input as GoldenCase["input"], expected, note: "" };
}

test("no case passes with another answer than its own: each fails with the one of a neighbour of its kind that expects something else", async () => {
  for (const op of ["labels", "convert", "targetInfo", "exemplar", "timestampMs", "expToNative", "explicitToNHCB", "expBucketsToNative"]) {
    const [first, ...others] = CASES.filter(({ input }) => input["op"] === op) as [GoldenCase, ...GoldenCase[]];
    const other = others.find((one) => !covers(first.expected, one.expected)) as GoldenCase;
    expect([op, (await runCase({ ...first, expected: other.expected })).passed]).toEqual([op, false]);
  }
});

describe("other cases of the same form", () => {
  const point = { timeUnixNano: "1700000000123000000" };
  const convert = (metric: object, settings: object = {}) => ({ op: "convert", resource: {}, scope: null, metric, settings });
  const delta = { name: "d", sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ ...point, asDouble: 5 }] } };
  const series = (labels: object, value: unknown) => ({ labels, value, timestampMs: 1700000000123 });
  const stale = (labels: object) => series(labels, "StaleNaN:7ff0000000000002");

  test.each([
    [
      "a delta is added up where that is allowed",
      convert(delta, { allowDelta: true }),
      { type: "counter", series: [series({ __name__: "d_total" }, 5)] },
    ],
    ["a delta is dropped where it is not", convert(delta, { allowDelta: false }), { dropped: true, reason: "delta temporality not allowed" }],
    ["where a case does not say, either is right", convert(delta), { dropped: true, reason: "delta temporality" }],
    [
      "all series of a histogram without recorded value end",
      convert({
        name: "h",
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [{ ...point, flags: 1, count: "3", sum: 1, bucketCounts: ["2", "1"], explicitBounds: [1] }],
        },
      }),
      {
        push: {
          series: [
            stale({ __name__: "h_count" }),
            stale({ __name__: "h_sum" }),
            stale({ __name__: "h_bucket", le: "1" }),
            stale({ __name__: "h_bucket", le: "+Inf" }),
          ],
        },
        pull: { series: [] },
      },
    ],
    [
      "points of one series are all pushed, in order",
      convert({
        name: "g",
        gauge: {
          dataPoints: [
            { timeUnixNano: "1700000000122000000", asInt: "1" },
            { ...point, asInt: "2" },
          ],
        },
      }),
      { type: "gauge", series: [{ ...series({ __name__: "g" }, 1), timestampMs: 1700000000122 }, series({ __name__: "g" }, 2)] },
    ],
    [
      "a name of nothing is dropped",
      convert({ name: "@#", gauge: { dataPoints: [{ ...point, asInt: "1" }] } }),
      { dropped: true, reason: "empty name" },
    ],
    [
      "an exponential histogram that is too coarse is dropped",
      { op: "expToNative", point: { count: 1, scale: -5, positive: { offset: 0, bucketCounts: [1] } } },
      { error: true },
    ],
    [
      "a native histogram without a sum has the sum 0",
      { op: "expToNative", point: { count: 2, scale: 0, positive: { offset: 0, bucketCounts: [1, 1] } } },
      { schema: 0, count: 2, sum: 0, positiveSpans: [[1, 2]], positiveDeltas: [1, 0] },
    ],
    [
      "promotion of all but some",
      {
        op: "labels",
        metricName: "m",
        resource: { "service.name": "api", "host.name": "h" },
        attributes: {},
        scope: null,
        settings: { promoteAllResourceAttributes: true, ignoreResourceAttributes: ["host.name"] },
      },
      { labels: { __name__: "m", job: "api", service_name: "api" } },
    ],
    [
      "the rules of Prometheus' server",
      { op: "labels", metricName: "m", resource: {}, attributes: { _a: 1, b__c: true }, scope: null, settings: { compat: "prometheus-server" } },
      { labels: { __name__: "m", key_a: "1", b__c: "true" } },
    ],
    ["no target_info of a resource that is only identity", { op: "targetInfo", resource: { "service.name": "api" }, settings: {} }, null],
    [
      "an exemplar's ids come with its filtered attributes",
      {
        op: "exemplar",
        exemplar: { asInt: "1", traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174", filteredAttributes: { a: "b" } },
      },
      { value: 1, labels: { trace_id: "5b8efff798038103d269b633813fc60c", span_id: "eee19b7ec3c1b174", a: "b" } },
    ],
    [
      "the same help twice is no reason to warn",
      {
        op: "expose",
        metrics: [
          { name: "x", help: "h", scope: "a" },
          { name: "x", help: "h", scope: "b" },
        ],
      },
      { typeLines: 1, warn: false },
    ],
  ])("%s", async (_, input, expected) => {
    expect(await runCase(golden("metric", input, expected))).toMatchObject({ passed: true, problem: "" });
  });

  test.each([
    ["sound", {}, 'unknown kind "sound"'],
    ["metric", { op: "sing" }, 'kind metric has no op "sing"'],
    ["name", { op: "toString" }, 'kind name has no op "toString"'],
    ["name", { name: "a", type: "gauge", strategy: "Loud" }, 'unknown strategy "Loud"'],
    ["name", { name: "a", type: "tune" }, 'unknown metric type "tune"'],
    ["name", { op: "escape", name: "a", scheme: "loud" }, 'unknown escaping scheme "loud"'],
  ])("what is not known fails with words: kind %s, %j", async (kind, input, problem) => {
    expect(await runCase(golden(kind, input, {}))).toEqual({ passed: false, got: undefined, problem });
  });
});

describe("comparison", () => {
  test("spans of any form are the same buckets", () => {
    const map = [
      ...bucketMap(
        [
          [5, 4],
          [12, 1],
        ],
        [4, -2, -2, 2, -1],
      ),
    ];
    expect(map).toEqual([
      [5, 4],
      [6, 2],
      [8, 2],
      [21, 1],
    ]);
    expect([...bucketMap([[5, 17]], [4, -2, -2, 2, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])]).toEqual(map);
  });
  test("sets match one to one: nothing may be missing, double or left over", () => {
    const isSame = (got: number, expected: unknown) => got === expected;
    expect(sameSet([1, 2, 2], [2, 1, 2], isSame)).toBe(true);
    expect([sameSet([1, 2], [1], isSame), sameSet([1], [1, 2], isSame), sameSet([1, 2], [1, 1], isSame)]).toEqual([false, false, false]);
  });
  test("bounds are numbers, other labels are texts, empty ones are none", () => {
    expect(sameLabels({ le: "100.0", a: "1" }, { le: "100", a: "1", b: "" })).toBe(true);
    expect(sameLabels({ le: "+Inf" }, { le: "100" })).toBe(false);
    expect(sameLabels({ a: "1.0" }, { a: "1" })).toBe(false);
  });
  test("what JSON has no number for may be written as Prometheus or as OTLP does", () => {
    expect([covers(Number.NaN, "NaN"), covers(Infinity, "+Inf"), covers(-Infinity, "-Infinity"), covers(Infinity, "Infinity")]).not.toContain(false);
    expect([covers(1, "NaN"), covers(Infinity, "-Inf"), covers(Number.NaN, "+Inf"), covers(undefined, "NaN")]).not.toContain(true);
  });
  test("reasons are compared by what they are about", () => {
    expect(category("unspecified temporality")).toBe(category("unspecified_temporality"));
    expect(category("empty data points. x is dropped")).toBe(category("no_points"));
    expect(category("no data")).toBe(category("no_data"));
    expect(category("no data")).not.toBe(category("no_points"));
  });
});

describe("npm run golden", () => {
  const SCRIPT = join(import.meta.dirname, "../../../scripts/golden.ts");
  const run = (...args: string[]) => spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });

  test("tells each failure with what went in, what was expected and what came out, and ends with the counts", () => {
    const folder = mkdtempSync(join(tmpdir(), "pitwall-test-"));
    const file = join(folder, "cases.json");
    const name = { name: "a", unit: "s", type: "gauge", namespace: "", strategy: "NoTranslation" };
    const [good, bad] = ["a", "b"].map((expected, index) => ({ id: `c${index}`, kind: "name", input: name, expected: { name: expected } }));
    writeFileSync(file, JSON.stringify([good, bad]));
    const { stdout, status } = run(file);
    writeFileSync(file, JSON.stringify([good]));
    const passed = run(file, file);
    rmSync(folder, { recursive: true });
    expect(stdout).toContain(`c1 name\n  input    ${JSON.stringify(name)}\n  expected {"name":"b"}\n  got      {"name":"a"`);
    expect([stdout.endsWith("\n1 passed, 1 failed\n"), status]).toEqual([true, 1]);
    expect([passed.stdout, passed.status]).toEqual(["2 passed, 0 failed\n", 0]);
  });

  test("without a file, or with one that is none, it says what is wrong", () => {
    const none = run();
    expect([none.status, none.stderr]).toEqual([64, expect.stringContaining("FILE")]);
    const absent = run("absent.json");
    expect([absent.status, absent.stderr]).toEqual([69, expect.stringContaining("absent.json")]);
  });

  test.each([
    ["{", "f: not JSON"],
    ["{}", "f: must be an array of cases"],
    ["[1]", "f: case 0 is not an object"],
    ['[{"kind":"name"}]', "f: case 0 has no id"],
    ['[{"id":"a","kind":"name","input":[]}]', "f: case 0 (a): input must be an object"],
    ['[{"id":"a","kind":"name","input":{}}]', "f: case 0 (a) does not say what is expected"],
  ])("%s is no file of cases", (text, message) => {
    expect(() => parseCases(text, "f")).toThrow(message);
  });
});

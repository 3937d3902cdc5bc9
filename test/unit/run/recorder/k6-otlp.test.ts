import { expect, test } from "vitest";
import type { ExponentialHistogramPoint, Metric } from "../../../../collector/model/metric.ts";
import { decodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { buckets, counter, histogram, K6, metric, number, openLab, scope, seriesOf, total } from "./lab.ts";

/** As k6 2.2.0 sends them without settings; the first bucket is what is 0. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const OVER = { resource: K6, scope: scope("k6") };
const OK = { name: "works", method: "GET", status: "200", expected_response: "true", scenario: "spike" };

function spread(zeros: number, to10: number, above: number): readonly number[] {
  return BOUNDS.map((_, index) => (index === 0 ? zeros : index === 2 ? to10 : 0)).concat(above);
}
function k6(name: string, data: Metric["data"]): Metric {
  return metric(name, data, { ...OVER, unit: name.startsWith("http_req_") && name !== "http_reqs" ? "ms" : "" });
}
function trend(name: string, atMs: number, counts: readonly number[], sum: number, attributes: Record<string, string>, startMs = 0): Metric {
  return k6(name, histogram([buckets(atMs, BOUNDS, counts, sum, attributes, startMs)]));
}

test("requests are counted by http_reqs alone, with durations and phases of the same tags", () => {
  const { recorder, writer } = openLab();
  for (const [at, requests] of [
    [10_000, 40],
    [20_000, 100],
  ] as const) {
    recorder.push(
      batchOf("metrics", [
        k6("http_reqs", counter([number(at, requests, OK)])),
        trend("http_req_duration", at, spread(0, requests, 0), requests * 8, OK),
        trend("http_req_waiting", at, spread(0, requests, 0), requests * 7, OK),
        trend("http_req_blocked", at, spread(requests - 10, 10, 0), 80, OK),
      ]),
    );
  }
  recorder.close();
  expect(writer.cells.map(({ second, count }) => [second % 1000, count])).toEqual([
    [10, 40],
    [20, 60],
  ]);
  expect(total(writer.cells, { hop: "client", source: "metrics", witness: "k6", scenario: "spike", outcome: "ok", status: 200 })).toBe(100);
  expect(writer.cells[1]?.sums).toMatchObject({ wait: { n: 60, sum: 420 }, blocked: { n: 60, sum: 0 } });
  const latency = decodeHistogram(writer.cells[1]?.latency as Uint8Array);
  expect([latency.count, latency.sum]).toEqual([60, 480]);
  expect(writer.endpoints).toEqual([{ method: "GET", name: "works", source: "name" }]);
});

test("zeros of requests that got no connection are no latencies", () => {
  const { recorder, writer } = openLab();
  const refused = { name: "works", method: "GET", status: "0", error_code: "1212", expected_response: "false" };
  recorder.push(
    batchOf("metrics", [k6("http_reqs", counter([number(1000, 9, refused)])), trend("http_req_duration", 1000, spread(9, 0, 0), 0, refused)]),
  );
  recorder.close();
  expect(writer.cells).toMatchObject([{ count: 9, outcome: "connection_error", errorKind: "dial_refused", status: 0, latency: undefined }]);
});

test("timeouts are told apart by the phase that took time", () => {
  const { recorder, writer } = openLab();
  const timeout = { name: "works", method: "GET", status: "0", error_code: "1050", expected_response: "false" };
  recorder.push(
    batchOf("metrics", [
      k6("http_reqs", counter([number(1000, 10, timeout)])),
      trend("http_req_duration", 1000, spread(1, 0, 9), 270_000, timeout),
      trend("http_req_waiting", 1000, spread(1, 4, 5), 150_000, timeout),
      trend("http_req_receiving", 1000, spread(6, 0, 4), 120_000, timeout),
    ]),
  );
  recorder.close();
  const kinds = Object.fromEntries(writer.cells.map(({ errorKind, count }) => [errorKind, count]));
  expect(kinds).toEqual({ timeout_recv: 4, timeout_wait: 5, timeout_unknown: 1 });
  expect(writer.cells.every(({ outcome }) => outcome === "timeout")).toBe(true);
  const latencies = writer.cells.flatMap(({ latency }) => (latency === undefined ? [] : [decodeHistogram(latency)]));
  expect(latencies.map(({ count, zeroCount }) => [count, zeroCount])).toEqual([[9, 0]]);
});

test("statuses are failures as k6 judged them: an expected 404 is none, an unexpected 200 is", () => {
  const { recorder, writer } = openLab();
  const points = [
    number(1000, 1, { ...OK, status: "404", error_code: "1404", expected_response: "true" }),
    number(1000, 2, { ...OK, status: "404", error_code: "1404", expected_response: "false" }),
    number(1000, 3, { ...OK, status: "429", error_code: "1429", expected_response: "false" }),
    number(1000, 4, { ...OK, status: "200", expected_response: "false" }),
    number(1000, 5, { name: "works" }),
  ];
  recorder.push(batchOf("metrics", [k6("http_reqs", counter(points))]));
  recorder.close();
  expect(writer.cells.map(({ count, outcome, errorKind }) => [count, outcome, errorKind])).toEqual([
    [1, "ok", undefined],
    [2, "http_error", "http_4xx"],
    [3, "http_error", "http_429"],
    [4, "check_failed", "body_check"],
    [5, "unknown", undefined],
  ]);
});

test("delta and exponential histograms count alike", () => {
  const { recorder, writer } = openLab();
  const exponential = (atMs: number, perBucket: number): ExponentialHistogramPoint => {
    const { number: _, ...timed } = number(atMs, 0, OK);
    return {
      ...timed,
      count: BigInt(perBucket * 4),
      sum: perBucket * 40,
      min: 8,
      max: 16,
      scale: 2,
      zeroCount: 0n,
      zeroThreshold: 0,
      positive: { offset: 12, bucketCounts: [1, 1, 1, 1].map((one) => BigInt(one * perBucket)) },
      negative: undefined,
    };
  };
  for (const [at, perBucket] of [
    [1000, 1],
    [2000, 3],
  ] as const) {
    recorder.push(
      batchOf("metrics", [
        k6("http_reqs", counter([number(at, 4, OK)], 1)),
        k6("http_req_duration", { type: "exponential_histogram", temporality: 2, points: [exponential(at, perBucket)] }),
      ]),
    );
  }
  recorder.close();
  expect(total(writer.cells)).toBe(8);
  expect(writer.cells.map(({ latency }) => decodeHistogram(latency as Uint8Array).count)).toEqual([4, 8]);
});

test("checks become the same two counters from both generations of k6's rates", () => {
  const views = (["new", "old"] as const).map((generation) => {
    const { recorder, writer } = openLab();
    for (const [at, passed, failed] of [
      [10_000, 30, 2],
      [20_000, 70, 5],
    ] as const) {
      const tags = { check: "status is 200", scenario: "spike" };
      const pair =
        generation === "new"
          ? [k6("checks.total", counter([number(at, passed, { ...tags, condition: "nonzero" }), number(at, failed, { ...tags, condition: "zero" })]))]
          : [k6("checks.occurred", counter([number(at, passed, tags)])), k6("checks.total", counter([number(at, passed + failed, tags)]))];
      recorder.push(batchOf("metrics", pair));
    }
    recorder.close();
    return seriesOf(writer, "checks")
      .map(({ attributes, points }) => [attributes["condition"], attributes["check"], points.map(({ second, sum }) => [second, sum])] as const)
      .sort(([a = ""], [b = ""]) => a.localeCompare(b));
  });
  expect(views[0]).toEqual([
    [
      "nonzero",
      "status is 200",
      [
        [10, 30],
        [20, 40],
      ],
    ],
    [
      "zero",
      "status is 200",
      [
        [10, 2],
        [20, 3],
      ],
    ],
  ]);
  expect(views[1]).toEqual(views[0]);
});

test("a script without names overflows k6's SDK: that is noted, and other series leave URLs out", () => {
  const { recorder, writer } = openLab();
  recorder.push(
    batchOf("metrics", [
      k6("http_reqs", counter([number(1000, 3, { "otel.metric.overflow": true }), number(1000, 1, { ...OK, name: "http://h/works/17?q=2" })])),
      k6("http_req_failed.total", counter([number(1000, 1, { ...OK, condition: "zero" }), number(1000, 1, { ...OK, name: "b", condition: "zero" })])),
      k6("vus", { type: "gauge", points: [number(1000, 12)] }),
    ]),
  );
  recorder.close();
  expect(writer.notes.map(({ code }) => code)).toEqual(["metric_overflow"]);
  expect(writer.endpoints.map(({ name }) => name)).toEqual(["", "/works/{id}"]);
  expect(seriesOf(writer, "http_req_failed")).toMatchObject([{ attributes: { scenario: "spike", condition: "zero" }, points: [{ sum: 2 }] }]);
  expect(seriesOf(writer, "vus")).toMatchObject([{ hop: "client", witness: "k6", points: [{ last: 12 }] }]);
});

test("a prefix before k6's names changes nothing, and a point without a time is of when it came", () => {
  const { recorder, writer, clock } = openLab();
  clock.ms += 7000;
  const untimed = { ...number(0, 4, OK), timeUnixNano: 0n };
  recorder.push(batchOf("metrics", [k6("k6_http_reqs", counter([untimed], 1)), k6("k6_vus", { type: "gauge", points: [untimed] })]));
  recorder.close();
  expect(writer.cells).toMatchObject([{ hop: "client", source: "metrics", count: 4, second: clock.ms / 1000 }]);
  expect(seriesOf(writer, "k6_vus")).toMatchObject([{ hop: "client", points: [{ second: 7, last: 4 }] }]);
});

test("a number of requests that cannot be is no number of requests", () => {
  const { recorder, writer } = openLab();
  recorder.push(batchOf("metrics", [k6("http_reqs", counter([number(1000, 1e300, OK), number(1000, 5, { ...OK, name: "b" })]))]));
  recorder.close();
  expect(total(writer.cells)).toBe(5);
  expect(recorder.ownLosses()).toMatchObject([{ signal: "metrics", items: 1 }]);
});

test("what its durations mean is known whichever of its metrics comes first", () => {
  const { recorder, writer } = openLab();
  recorder.push(batchOf("metrics", [k6("vus", { type: "gauge", points: [number(500, 3)] })]));
  recorder.push(batchOf("metrics", [k6("http_reqs", counter([number(1000, 4, OK)], 1))]));
  recorder.close();
  expect(writer.witnesses).toMatchObject([
    { hop: "client", name: "k6", durationMeans: "send_to_last_byte", correction: "not_needed", survivorsOnly: "no" },
  ]);
});

import { expect, test } from "vitest";
import { Attributes, anyValue } from "../../../../collector/model/attributes.ts";
import type { ExponentialHistogramPoint } from "../../../../collector/model/metric.ts";
import { isRejected, rejectedParts } from "../../../../collector/pipeline/sink.ts";
import {
  at,
  buckets,
  counter,
  deltaCounter,
  deltaHistogram,
  gauge,
  histogram,
  metric,
  NO_SCOPE,
  number,
  OPENMETRICS,
  openLab,
  resource,
  upDownCounter,
} from "./lab.ts";

const ID = 'instance="i-1",job="api"';

/** What the push lost, by reason; {} = nothing. */
async function losses(push: Promise<void>): Promise<Record<string, number>> {
  try {
    await push;
    return {};
  } catch (error) {
    if (!isRejected(error)) throw error;
    expect(rejectedParts(error).reduce((sum, part) => sum + part.items, 0)).toBe(error.items);
    return Object.fromEntries(rejectedParts(error).map(({ reason, items }) => [reason, items]));
  }
}

test("a gauge, a counter and an up-down counter are shown with name, unit and suffix", async () => {
  await using lab = await openLab();
  await lab.push(
    metric("process.memory.usage", gauge(number(1024)), { unit: "By" }),
    metric("cache.hits", counter(number(7))),
    metric("permits.used", upDownCounter(number(-3)), { unit: "1" }),
    metric("load", gauge(number(0.25)), { unit: "1" }),
  );
  expect(await lab.samples()).toEqual([
    `cache_hits_total{${ID}} 7`,
    `load_ratio{${ID}} 0.25`,
    `permits_used{${ID}} -3`,
    `process_memory_usage_bytes{${ID}} 1024`,
  ]);
});

test("a number keeps its digits: int64 beyond 2^53, infinities and NaN", async () => {
  await using lab = await openLab();
  await lab.push(
    metric("a", counter(number(9_007_199_254_740_993n))),
    metric("b", gauge(number(Number.NaN))),
    metric("c", gauge(number(-Infinity))),
    metric("d", gauge(number(-(2n ** 63n)))),
    metric("e", gauge(number(4_294_967_296))),
    metric("f", gauge(number(1e-7))),
  );
  expect((await lab.samples()).map((line) => line.split(" ").at(-1))).toEqual([
    "9007199254740993",
    "NaN",
    "-Inf",
    "-9223372036854775808",
    "4294967296",
    "1e-7",
  ]);
});

test("buckets are accumulated, +Inf is the count, bounds are written as 1.0 is", async () => {
  await using lab = await openLab();
  await lab.push(metric("d", histogram({ ...buckets([1, 2, 3], [0.5, 1], { attributes: { route: "/a" }, sum: 4.5 }), count: 9n }), { unit: "s" }));
  const labels = `${ID},route="/a"`;
  expect(await lab.samples()).toEqual([
    `d_seconds_bucket{${labels},le="0.5"} 1`,
    `d_seconds_bucket{${labels},le="1.0"} 3`,
    `d_seconds_bucket{${labels},le="+Inf"} 9`,
    `d_seconds_sum{${labels}} 4.5`,
    `d_seconds_count{${labels}} 9`,
  ]);
});

test("a histogram without sum has no sum; without labels it has no empty braces", async () => {
  await using lab = await openLab();
  await lab.push(metric("d", histogram(buckets([4], [], { sum: undefined })), { resource: resource({}) }));
  expect(await lab.samples()).toEqual([`d_bucket{le="+Inf"} 4`, "d_count 4"]);
  // OpenMetrics wants both or none.
  expect(await lab.samples(OPENMETRICS)).toEqual([`d_bucket{le="+Inf"} 4`]);
});

test("fewer bucket counts than bounds, and bounds of other lengths later, are taken as they come", async () => {
  await using lab = await openLab();
  await lab.push(metric("d", histogram({ ...buckets([1], [1, 2, 3]), count: 5n })));
  expect(await lab.samples()).toContain(`d_bucket{${ID},le="3.0"} 1`);
  await lab.push(metric("d", histogram(buckets([1, 1], [10], { time: 20 }))));
  expect(await lab.samples()).toEqual([`d_bucket{${ID},le="10.0"} 1`, `d_bucket{${ID},le="+Inf"} 2`, `d_sum{${ID}} 1.5`, `d_count{${ID}} 2`]);
});

test("bounds out of order cannot be shown and are counted", async () => {
  await using lab = await openLab();
  expect(await losses(lab.push(metric("d", histogram(buckets([1, 1, 1], [2, 1])))))).toEqual({ invalid_histogram: 1 });
  expect(await lab.samples()).toEqual([]);
});

test("a summary is shown with its quantiles", async () => {
  await using lab = await openLab();
  const point = { attributes: Attributes.EMPTY, timeUnixNano: at(1), startUnixNano: at(0), flags: 0, count: 50n, sum: 100 };
  const quantiles = [
    { quantile: 0.9, value: 40 },
    { quantile: 0.5, value: 30.5 },
  ];
  await lab.push(metric("s", { type: "summary", points: [{ ...point, quantiles }] }));
  expect(await lab.samples()).toEqual([`s{${ID},quantile="0.5"} 30.5`, `s{${ID},quantile="0.9"} 40`, `s_sum{${ID}} 100`, `s_count{${ID}} 50`]);
});

function exponential(fields: Partial<ExponentialHistogramPoint>): ExponentialHistogramPoint {
  return {
    attributes: Attributes.EMPTY,
    timeUnixNano: at(1),
    startUnixNano: at(0),
    flags: 0,
    count: 0n,
    sum: 3,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: undefined,
    negative: undefined,
    exemplars: [],
    ...fields,
  };
}

test("an exponential histogram becomes power-of-two buckets, which are exact, and says so", async () => {
  await using lab = await openLab();
  const point = exponential({
    count: 16n,
    scale: 1,
    zeroCount: 1n,
    positive: { offset: 1, bucketCounts: [4n, 3n, 2n, 1n] },
    negative: { offset: 0, bucketCounts: [5n] },
  });
  await lab.push(metric("e", { type: "exponential_histogram", temporality: 2, points: [point] }, { description: "Latency" }));
  expect(await lab.scrape()).toContain("# HELP e Latency (exponential histogram; its classic buckets end at powers of two)\n# TYPE e histogram\n");
  // Scale 1: bucket 1 ends at 2, buckets 2 and 3 at 4, bucket 4 below 8; the negative one lies in [-1.41, -1).
  expect(await lab.samples()).toEqual([
    `e_bucket{${ID},le="-1.0"} 5`,
    `e_bucket{${ID},le="0.0"} 6`,
    `e_bucket{${ID},le="2.0"} 10`,
    `e_bucket{${ID},le="4.0"} 15`,
    `e_bucket{${ID},le="8.0"} 16`,
    `e_bucket{${ID},le="+Inf"} 16`,
    `e_sum{${ID}} 3`,
    `e_count{${ID}} 16`,
  ]);
});

test("deltas of exponential histograms add up, whatever bounds each of them has", async () => {
  await using lab = await openLab();
  const data = (point: ExponentialHistogramPoint) => metric("e", { type: "exponential_histogram", temporality: 1, points: [point] });
  await lab.push(data(exponential({ count: 3n, positive: { offset: 0, bucketCounts: [3n] } })));
  const next = { startUnixNano: at(1), timeUnixNano: at(2) };
  await lab.push(data(exponential({ ...next, count: 2n, positive: { offset: 2, bucketCounts: [2n] } })));
  expect((await lab.samples()).slice(0, 4)).toEqual([
    `e_bucket{${ID},le="2.0"} 3`,
    `e_bucket{${ID},le="4.0"} 3`,
    `e_bucket{${ID},le="8.0"} 5`,
    `e_bucket{${ID},le="+Inf"} 5`,
  ]);
  expect((await lab.samples()).slice(4)).toEqual([`e_sum{${ID}} 6`, `e_count{${ID}} 5`]);
});

test("deltas are accumulated; repeated and late ones are left out and counted", async () => {
  await using lab = await openLab();
  await lab.push(metric("c", deltaCounter(number(5, { start: 0, time: 10 }))));
  await lab.push(metric("c", deltaCounter(number(3, { start: 10, time: 20 }))));
  expect(await losses(lab.push(metric("c", deltaCounter(number(3, { start: 10, time: 20 })))))).toEqual({ duplicate: 1 });
  expect(await losses(lab.push(metric("c", deltaCounter(number(9, { start: 5, time: 15 })))))).toEqual({ late: 1 });
  // A gap does not reset: PromQL sees exactly what was added.
  await lab.push(metric("c", deltaCounter(number(2, { start: 60, time: 70 }))));
  expect(await lab.samples()).toEqual([`c_total{${ID}} 10`]);
});

test("deltas of histograms are accumulated; other bounds begin anew", async () => {
  await using lab = await openLab();
  await lab.push(metric("d", deltaHistogram(buckets([1, 2], [1], { start: 0, time: 10, sum: 2 }))));
  await lab.push(metric("d", deltaHistogram(buckets([3, 4], [1], { start: 10, time: 20, sum: 3 }))));
  expect(await lab.samples()).toEqual([`d_bucket{${ID},le="1.0"} 4`, `d_bucket{${ID},le="+Inf"} 10`, `d_sum{${ID}} 5`, `d_count{${ID}} 10`]);
  await lab.push(metric("d", deltaHistogram(buckets([1, 1], [2], { start: 20, time: 30, sum: 1 }))));
  expect(await lab.samples()).toEqual([`d_bucket{${ID},le="2.0"} 1`, `d_bucket{${ID},le="+Inf"} 2`, `d_sum{${ID}} 1`, `d_count{${ID}} 2`]);
});

test("unspecified temporality and points without a value are left out, exactly counted", async () => {
  await using lab = await openLab();
  const empty = { ...number(1), number: { kind: "empty", value: null } } as const;
  const unspecified = { type: "sum", temporality: 0, isMonotonic: true, points: [number(1), number(2, { attributes: { a: 1 } })] } as const;
  expect(await losses(lab.push(metric("u", unspecified), metric("g", gauge(empty, number(1, { attributes: { a: 1 } })))))).toEqual({
    unspecified_temporality: 2,
    no_value: 1,
  });
  expect(await lab.samples()).toEqual([`g{a="1",${ID}} 1`]);
});

test("a point without recorded value takes its series out of the exposition, and only that", async () => {
  await using lab = await openLab();
  await lab.push(metric("g", gauge(number(1, { attributes: { a: 1 } }), number(2, { attributes: { a: 2 } }))));
  await lab.push(metric("g", gauge(number(0, { attributes: { a: 1 }, flags: 1, time: 20 }), number(3, { attributes: { a: 2 }, time: 20 }))));
  expect(await lab.samples()).toEqual([`g{a="2",${ID}} 3`]);
});

test("of several points of a series the newest is shown", async () => {
  await using lab = await openLab();
  await lab.push(metric("g", gauge(number(2, { time: 20 }), number(1, { time: 10 }))));
  expect(await lab.samples()).toEqual([`g{${ID}} 2`]);
});

test("one name with two types: the first keeps it, the other's points are counted, one TYPE line", async () => {
  await using lab = await openLab();
  await lab.push(metric("x", gauge(number(1))));
  expect(await losses(lab.push(metric("x", histogram(buckets([1], [])))))).toEqual({ type_conflict: 1 });
  expect(await losses(lab.push(metric("x", histogram(buckets([1], [], { time: 20 })))))).toEqual({ type_conflict: 1 });
  expect((await lab.scrape()).match(/# TYPE x/g)).toHaveLength(1);
  expect(await lab.samples()).toEqual([`x{${ID}} 1`]);
});

test("a name that a histogram needs for its parts cannot be another metric", async () => {
  await using lab = await openLab();
  await lab.push(metric("x", histogram(buckets([1], []))));
  expect(await losses(lab.push(metric("x_count", gauge(number(1)))))).toEqual({ type_conflict: 1 });
});

test("when the winner has expired the other metric gets the name", async () => {
  await using lab = await openLab({ metric_expiration: "1m" });
  await lab.push(metric("x", gauge(number(1))));
  lab.clock.nowMsValue += 61_000;
  expect(lab.expire()).toBe(1);
  await lab.push(metric("x", histogram(buckets([1], []))));
  expect(await lab.samples()).toContain(`x_count{${ID}} 1`);
});

test("two metrics of one name and type share the family, told apart by their scope", async () => {
  await using lab = await openLab();
  const scope = (name: string) => ({ ...NO_SCOPE, name, version: "1", schemaUrl: "u", attributes: Attributes.from({ team: "a", name: "clash" }) });
  await lab.push(
    metric("x", gauge(number(1)), { scope: scope("one"), description: "first" }),
    metric("x", gauge(number(2)), { scope: scope("two"), description: "second" }),
  );
  const text = await lab.scrape();
  expect(text.match(/# (HELP|TYPE) x/g)).toEqual(["# HELP x", "# TYPE x"]);
  const rest = 'otel_scope_schema_url="u",otel_scope_team="a",otel_scope_version="1"';
  expect(await lab.samples()).toEqual(["one", "two"].map((name, index) => `x{${ID},otel_scope_name="${name}",${rest}} ${index + 1}`));
});

test("label rules: collisions are joined, reserved names kept free, empty values are none", async () => {
  await using lab = await openLab({ const_labels: { env: "test", route: "never" } });
  const attributes = Attributes.of([
    ["a_b", anyValue("2")],
    ["a.b", anyValue("1")],
    ["__name__", anyValue("evil")],
    ["job", anyValue("evil")],
    ["empty", anyValue("")],
    ["le", anyValue("7")],
    ["route", anyValue('q"\\\n')],
  ]);
  await lab.push(metric("h", histogram({ ...buckets([1], []), attributes })));
  const labels = `a_b="1;2",env="test",exported_le="7",${ID},route="q\\"\\\\\\n"`;
  expect(await lab.samples()).toEqual([`h_bucket{${labels},le="+Inf"} 1`, `h_sum{${labels}} 1.5`, `h_count{${labels}} 1`]);
});

test("service.namespace goes before the job, resource attributes to target_info", async () => {
  await using lab = await openLab();
  const from = resource({ "service.name": "api", "service.namespace": "shop", "service.instance.id": "i-1", "host.name": "h", "process.pid": 7 });
  await lab.push(metric("g", gauge(number(1)), { resource: from }));
  expect(await lab.scrape()).toBe(
    [
      "# HELP target_info Target metadata",
      "# TYPE target_info gauge",
      'target_info{host_name="h",instance="i-1",job="shop/api",process_pid="7"} 1',
      "# TYPE g gauge",
      'g{instance="i-1",job="shop/api"} 1',
      "",
    ].join("\n"),
  );
  const later = resource({ "service.name": "api", "service.namespace": "shop", "service.instance.id": "i-1", "host.name": "h2" });
  await lab.push(metric("g", gauge(number(2)), { resource: later }));
  expect((await lab.scrape()).match(/^target_info.*/gm)).toEqual(['target_info{host_name="h2",instance="i-1",job="shop/api",process_pid="7"} 1']);
});

test("an empty namespace is no namespace, and without anything but identity there is no target_info", async () => {
  await using lab = await openLab();
  await lab.push(metric("g", gauge(number(1)), { resource: resource({ "service.name": "api", "service.namespace": "" }) }));
  expect(await lab.scrape()).toBe('# TYPE g gauge\ng{job="api"} 1\n');
});

test("resource attributes become labels where asked for, and lose to the point's own", async () => {
  await using lab = await openLab({ resource_to_telemetry_conversion: { enabled: true }, without_scope_info: true });
  const from = resource({ "service.name": "api", "host.name": "h", region: "eu" });
  await lab.push(metric("g", gauge(number(1, { attributes: { region: "us" } })), { resource: from, scope: { ...NO_SCOPE, name: "lib" } }));
  expect(await lab.samples()).toEqual(['g{host_name="h",job="api",region="us",service_name="api"} 1']);
});

test("attributes in another order are the same series", async () => {
  await using lab = await openLab();
  await lab.push(metric("g", gauge(number(1, { attributes: { a: 1, b: 2 } }))));
  await lab.push(metric("g", gauge(number(2, { attributes: { b: 2, a: 1 }, time: 20 }))));
  expect(await lab.samples()).toEqual([`g{a="1",b="2",${ID}} 2`]);
});

test("max_series refuses new series for exactly their points; those that live go on", async () => {
  await using lab = await openLab({ max_series: 2 });
  const points = (time: number) => [1, 2, 3, 4].map((id) => number(id * time, { attributes: { id }, time }));
  expect(await losses(lab.push(metric("g", gauge(...points(10)))))).toEqual({ series_limit: 2 });
  expect(await losses(lab.push(metric("g", gauge(...points(20))), metric("other", gauge(number(1)))))).toEqual({ series_limit: 3 });
  expect(await lab.samples()).toEqual([`g{id="1",${ID}} 20`, `g{id="2",${ID}} 40`]);
});

test("series that no point renews are forgotten, and their place is free again", async () => {
  await using lab = await openLab({ metric_expiration: "1m", max_series: 3 });
  const renewed = () => metric("g", gauge(number(1, { attributes: { id: "renewed" } })));
  await lab.push(metric("g", gauge(number(1, { attributes: { id: "old" } }))), metric("h", histogram(buckets([1], []))), renewed());
  for (let seconds = 0; seconds < 80; seconds += 10) {
    lab.clock.nowMsValue += 10_000;
    await lab.push(renewed());
  }
  expect(lab.expire()).toBe(2);
  expect(await lab.samples()).toEqual([`g{id="renewed",${ID}} 1`]);
  await lab.push(metric("g", gauge(number(5, { attributes: { id: "new" } }), number(6, { attributes: { id: "old" } }))), renewed());
  expect(new Set(await lab.samples())).toEqual(new Set([`g{id="renewed",${ID}} 1`, `g{id="new",${ID}} 5`, `g{id="old",${ID}} 6`]));
});

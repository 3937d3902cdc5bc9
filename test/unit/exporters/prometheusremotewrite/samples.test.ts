import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Exemplar, ExponentialHistogramPoint, MetricData } from "../../../../collector/model/metric.ts";
import { type Answer, labelsOf, nameOf, STALE_BITS } from "../../../remote-write/mock-receiver.ts";
import { at, buckets, counter, deltaCounter, EPOCH_MS, gauge, histogram, type Lab, metric, number, openLab, resource } from "./lab.ts";

const HEAD = 'instance="i-1",job="api"';
const T = EPOCH_MS + 10_000;
/** A receiver that knows 1.0 only. */
const of1 = ({ version }: { readonly version: number }): Answer => (version === 2 ? { status: 415 } : {});

const exponential = (fields: Partial<ExponentialHistogramPoint> = {}): MetricData => ({
  type: "exponential_histogram",
  temporality: 2,
  points: [
    {
      attributes: Attributes.EMPTY,
      startUnixNano: at(0),
      timeUnixNano: at(10),
      flags: 0,
      count: 10n,
      sum: 12.5,
      min: undefined,
      max: undefined,
      scale: 1,
      zeroCount: 1n,
      zeroThreshold: 0,
      positive: { offset: -1, bucketCounts: [2n, 3n, 4n] },
      negative: undefined,
      exemplars: [],
      ...fields,
    },
  ],
});
const exemplar = (value: number, fields: Partial<Exemplar> = {}): Exemplar => ({
  filteredAttributes: Attributes.EMPTY,
  timeUnixNano: at(9),
  number: { kind: "double", value },
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  ...fields,
});
/** Everything that was sent at this second, without what begins and ends series. */
const linesAt = (lab: Lab, seconds: number): readonly string[] =>
  lab.receiver
    .lines()
    .filter((line) => line.endsWith(`@${EPOCH_MS + seconds * 1000}`))
    .sort();

test("a gauge, a counter and a histogram arrive with their time, and their ends are marked", async () => {
  await using lab = await openLab();
  await lab.push(
    metric("temperature", gauge(number(21.5, { attributes: { room: "a" } }))),
    metric("requests", counter(number(7))),
    metric("latency", histogram(buckets([1, 2, 3], [0.5, 1])), { unit: "s" }),
  );
  await lab.close();
  expect(linesAt(lab, 10)).toEqual([
    `latency_seconds_bucket{${HEAD},le="+Inf"} 6@${T}`,
    `latency_seconds_bucket{${HEAD},le="0.5"} 1@${T}`,
    `latency_seconds_bucket{${HEAD},le="1.0"} 3@${T}`,
    `latency_seconds_count{${HEAD}} 6@${T}`,
    `latency_seconds_sum{${HEAD}} 1.5@${T}`,
    `requests_total{${HEAD}} 7@${T}`,
    `temperature{${HEAD},room="a"} 21.5@${T}`,
  ]);
  const ends = lab.receiver.lines().filter((line) => line.includes("stale"));
  expect(ends).toHaveLength(7);
  expect(ends.every((line) => line.endsWith(`stale@${T + 1}`))).toBe(true);
  expect(lab.ledger()).toEqual({ exported: 3 });
});

test("counters and histograms begin with a known zero at their start, gauges do not", async () => {
  await using lab = await openLab();
  await lab.push(
    metric("temperature", gauge(number(1))),
    metric("requests", counter(number(7))),
    metric("latency", histogram(buckets([1, 2], [0.5]))),
  );
  await lab.close();
  expect(linesAt(lab, 0)).toEqual([
    `latency_bucket{${HEAD},le="+Inf"} 0@${EPOCH_MS}`,
    `latency_bucket{${HEAD},le="0.5"} 0@${EPOCH_MS}`,
    `latency_count{${HEAD}} 0@${EPOCH_MS}`,
    `latency_sum{${HEAD}} 0@${EPOCH_MS}`,
    `requests_total{${HEAD}} 0@${EPOCH_MS}`,
  ]);
});

test("a counter born in the middle of a run was 0 at the export before", async () => {
  await using lab = await openLab();
  const failed = (value: number, time: number) => number(value, { time, attributes: { status: "429" } });
  await lab.push(metric("requests", counter(number(7, { time: 10, attributes: { status: "200" } }))));
  lab.clock.ms += 5000;
  await lab.push(metric("requests", counter(number(9, { time: 15, attributes: { status: "200" } }), failed(4, 15))));
  await lab.close();
  expect(lab.receiver.lines().filter((line) => line.includes("429") && !line.includes("stale"))).toEqual([
    `requests_total{${HEAD},status="429"} 0@${EPOCH_MS + 10_000}`,
    `requests_total{${HEAD},status="429"} 4@${EPOCH_MS + 15_000}`,
  ]);
});

test("start timestamps go along over 2.0", async () => {
  await using lab = await openLab();
  await lab.push(metric("requests", counter(number(7))), metric("native", exponential()), metric("temperature", gauge(number(1, { start: 3 }))));
  await lab.close();
  const starts = (name: string) =>
    lab.receiver.series(name).flatMap(({ samples }) => samples.filter(({ value }) => value > 0).map(({ startMs }) => startMs));
  expect(starts("requests_total")).toEqual([EPOCH_MS]);
  expect(starts("temperature")).toEqual([0]);
  expect(lab.receiver.series("native")[0]?.histograms.find(({ count }) => count > 0)?.startMs).toBe(EPOCH_MS);
});

test("deltas arrive as totals", async () => {
  await using lab = await openLab();
  await lab.push(metric("requests", deltaCounter(number(3, { start: 0, time: 10 }))));
  await lab.push(metric("requests", deltaCounter(number(4, { start: 10, time: 12 }))));
  await lab.close();
  expect(linesAt(lab, 12)).toEqual([`requests_total{${HEAD}} 7@${EPOCH_MS + 12_000}`]);
});

test("an exponential histogram is a native one over 2.0, with Prometheus' bucket numbers, and ends with a stale one", async () => {
  await using lab = await openLab();
  await lab.push(metric("latency", exponential()));
  await lab.close();
  const histograms = lab.receiver.series("latency").flatMap((series) => series.histograms);
  expect(histograms.map(({ timestampMs, count, sumBits }) => [timestampMs, count, sumBits === STALE_BITS])).toEqual([
    [EPOCH_MS, 0, false],
    [T, 10, false],
    [T + 1, 0, true],
  ]);
  const [, value] = histograms;
  expect(value).toMatchObject({ schema: 1, sum: 12.5, zeroCount: 1, zeroThreshold: 1e-128 });
  expect([...(value?.positive ?? [])]).toEqual([
    [0, 2],
    [1, 3],
    [2, 4],
  ]);
});

test.each([
  ["over 1.0", of1, {}],
  ["where native_histograms is off", undefined, { native_histograms: false }],
])("an exponential histogram becomes a classic one that ends at powers of two %s", async (_when, script, keys) => {
  await using lab = await openLab({ ...(script === undefined ? {} : { script }), keys });
  await lab.push(metric("latency", exponential()));
  await lab.close();
  const values = linesAt(lab, 10).map((line) => line.replace(`${HEAD},`, "").replace(`@${T}`, ""));
  expect(values.filter((line) => !line.includes('le="0') && !line.includes('le="1e'))).toEqual([
    'latency_bucket{le="+Inf"} 10',
    'latency_bucket{le="1.0"} 3',
    'latency_bucket{le="2.0"} 10',
    `latency_count{${HEAD}} 10`,
    `latency_sum{${HEAD}} 12.5`,
  ]);
  expect(lab.receiver.series().every(({ histograms }) => histograms.length === 0)).toBe(true);
  expect(lab.receiver.lines().filter((line) => line.includes("stale"))).toHaveLength(values.length);
});

test("native_histograms: true keeps native histograms over 1.0", async () => {
  await using lab = await openLab({ script: of1, keys: { native_histograms: true } });
  await lab.push(metric("latency", exponential()));
  await lab.close();
  expect(lab.receiver.series("latency").flatMap(({ histograms }) => histograms)).toHaveLength(3);
});

test("a native histogram whose count its buckets do not add up to is turned down: receivers answer 500 to it", async () => {
  await using lab = await openLab();
  expect(await lab.push(metric("latency", exponential({ count: 11n })))).toEqual(["1 invalid_histogram"]);
  await lab.close();
  expect(lab.ledger()).toEqual({ exported: 0, invalid_histogram: 1 });
});

test("classic histograms become native ones with custom buckets over 2.0, and classic again over 1.0", async () => {
  const keys = { convert_classic_to_nhcb: true };
  const points = metric("latency", histogram(buckets([1, 2, 3], [0.5, 1])));
  await using modern = await openLab({ keys });
  await modern.push(points);
  await modern.close();
  expect(modern.receiver.series("latency")[0]?.histograms.find(({ count }) => count > 0)).toMatchObject({
    schema: -53,
    count: 6,
    customBounds: [0.5, 1],
  });
  await using old = await openLab({ keys, script: of1 });
  await old.push(points);
  await old.close();
  expect(linesAt(old, 10)).toContain(`latency_bucket{${HEAD},le="1.0"} 3@${T}`);
  expect(old.receiver.series().every(({ histograms }) => histograms.length === 0)).toBe(true);
});

test("a summary has a series per quantile", async () => {
  await using lab = await openLab();
  const point = {
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: at(10),
    flags: 0,
    count: 5n,
    sum: 2.5,
    quantiles: [
      { quantile: 0.5, value: 0.4 },
      { quantile: 1, value: 0.9 },
    ],
  };
  await lab.push(metric("rpc", { type: "summary", points: [point] }));
  await lab.close();
  expect(linesAt(lab, 10)).toEqual([
    `rpc_count{${HEAD}} 5@${T}`,
    `rpc_sum{${HEAD}} 2.5@${T}`,
    `rpc{${HEAD},quantile="0.5"} 0.4@${T}`,
    `rpc{${HEAD},quantile="1.0"} 0.9@${T}`,
  ]);
});

test("buckets that a histogram no longer has end when its bounds change", async () => {
  await using lab = await openLab();
  await lab.push(metric("latency", histogram(buckets([1, 2], [0.5], { time: 10 }))));
  await lab.push(metric("latency", histogram(buckets([1, 4], [0.7], { time: 11 }))));
  await lab.close();
  expect(linesAt(lab, 11)).toContain(`latency_bucket{${HEAD},le="0.5"} stale@${EPOCH_MS + 11_000}`);
  expect(linesAt(lab, 11)).toContain(`latency_bucket{${HEAD},le="0.7"} 1@${EPOCH_MS + 11_000}`);
});

test("a point without recorded value ends its series, and the next one begins it again", async () => {
  await using lab = await openLab();
  await lab.push(metric("temperature", gauge(number(1, { time: 10 }))));
  await lab.push(metric("temperature", gauge(number(0, { time: 12, flags: 1 }))));
  await lab.push(metric("temperature", gauge(number(3, { time: 14 }))));
  await lab.close();
  expect(lab.receiver.lines().map((line) => line.replace(`temperature{${HEAD}} `, ""))).toEqual([
    `1@${T}`,
    `stale@${EPOCH_MS + 12_000}`,
    `3@${EPOCH_MS + 14_000}`,
    `stale@${EPOCH_MS + 14_001}`,
  ]);
  expect(lab.ledger()).toEqual({ exported: 3 });
});

test("a series that nothing renews ends when it expires", async () => {
  await using lab = await openLab();
  await lab.push(metric("temperature", gauge(number(1))));
  lab.clock.ms += 600_000;
  expect(lab.exporter.expire()).toBe(1);
  await lab.close();
  expect(lab.receiver.lines()).toEqual([`temperature{${HEAD}} 1@${T}`, `temperature{${HEAD}} stale@${T + 1}`]);
});

test("stale_markers: false leaves them out", async () => {
  await using lab = await openLab({ keys: { stale_markers: false } });
  await lab.push(metric("temperature", gauge(number(1))), metric("native", exponential()));
  await lab.close();
  expect(lab.receiver.lines().filter((line) => line.includes("stale"))).toEqual([]);
  expect(
    lab.receiver
      .series("native")
      .flatMap(({ histograms }) => histograms)
      .some(({ sumBits }) => sumBits === STALE_BITS),
  ).toBe(false);
});

test("target_info comes with the first point, once a minute after that, and ends where it changes", async () => {
  await using lab = await openLab();
  const from = (version: string, time: number) =>
    metric("temperature", gauge(number(time, { time })), {
      resource: resource({ "service.name": "api", "service.instance.id": "i-1", "service.version": version }),
    });
  for (const time of [10, 20, 69, 71, 80]) {
    lab.clock.ms = EPOCH_MS + time * 1000;
    await lab.push(from("1", time));
  }
  lab.clock.ms = EPOCH_MS + 90_000;
  await lab.push(from("2", 90));
  await lab.close();
  const info = lab.receiver.lines().filter((line) => line.startsWith("target_info"));
  const line = (version: string, rest: string) => `target_info{${HEAD},service_version="${version}"} ${rest}`;
  expect(info).toEqual([
    line("1", `1@${T}`),
    line("1", `1@${EPOCH_MS + 71_000}`),
    line("1", `stale@${EPOCH_MS + 90_000}`),
    line("2", `1@${EPOCH_MS + 90_000}`),
    line("2", `stale@${EPOCH_MS + 90_001}`),
  ]);
});

test("target_info can be left out", async () => {
  await using lab = await openLab({ keys: { target_info: { enabled: false } } });
  await lab.push(metric("temperature", gauge(number(1)), { resource: resource({ "service.name": "api", "host.name": "h" }) }));
  await lab.close();
  expect(lab.receiver.series("target_info")).toEqual([]);
});

test("exemplars go to the bucket that they fell into, ids first, each once", async () => {
  await using lab = await openLab();
  const point = (time: number) => ({ ...buckets([1, 2, 3], [0.5, 1], { time }), exemplars: [exemplar(0.7), exemplar(0.2, { timeUnixNano: at(8) })] });
  await lab.push(metric("latency", histogram(point(10))), metric("requests", counter(number(7, { exemplars: [exemplar(1)] }))));
  await lab.push(metric("latency", histogram(point(11))));
  await lab.close();
  const found = lab.receiver
    .series()
    .flatMap((series) => series.exemplars.map((one) => ({ name: nameOf(series), le: labelsOf(series)["le"], ...one })));
  expect(found.map(({ name, le, value, timestampMs }) => [name, le, value, timestampMs])).toEqual([
    ["latency_bucket", "0.5", 0.2, EPOCH_MS + 8000],
    ["latency_bucket", "1.0", 0.7, EPOCH_MS + 9000],
    ["requests_total", undefined, 1, EPOCH_MS + 9000],
  ]);
  expect(found[0]?.labels).toEqual(
    expect.arrayContaining([
      ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
      ["span_id", "b7ad6b7169203331"],
    ]),
  );
});

test("UTF-8 names go to 2.0 as they are, and escaped to 1.0", async () => {
  const keys = { translation_strategy: "NoTranslation" };
  const points = metric("http.requests", gauge(number(1, { attributes: { "http.route": "/" } })), { resource: resource({ "service.name": "api" }) });
  await using modern = await openLab({ keys });
  await modern.push(points);
  await modern.close();
  expect(modern.receiver.lines()[0]).toBe(`http.requests{http.route="/",job="api"} 1@${T}`);
  await using old = await openLab({ keys, script: of1 });
  await old.push(points);
  await old.close();
  expect(old.receiver.lines()).toEqual([`http_requests{http_route="/",job="api"} 1@${T}`, `http_requests{http_route="/",job="api"} stale@${T + 1}`]);
});

test("what a receiver would turn down together with all beside it is turned down here, with its reason", async () => {
  await using lab = await openLab({ keys: { max_labels_per_series: 4 } });
  expect(
    await lab.push(
      metric("future", gauge(number(1, { time: 10 + 601 }))),
      metric("wide", gauge(number(1, { attributes: { a: "1", b: "2" } }))),
      metric("temperature", gauge(number(1, { time: 10 }), number(2, { time: 10 }), number(1, { time: 10 }), number(3, { time: 9 }))),
    ),
  ).toEqual(expect.arrayContaining(["1 future", "1 too_many_labels", "1 conflict", "1 out_of_order"]));
  await lab.close();
  expect(lab.ledger()).toEqual({ exported: 2, future: 1, too_many_labels: 1, conflict: 1, out_of_order: 1 });
});

test("int64 values beyond 2^53 are the nearest double", async () => {
  await using lab = await openLab();
  await lab.push(metric("bytes", gauge(number(2n ** 60n + 1n, { attributes: { a: "1" } }), number(-(2n ** 60n), { attributes: { a: "2" } }))));
  await lab.close();
  expect(linesAt(lab, 10)).toEqual([`bytes{a="1",${HEAD}} ${2 ** 60}@${T}`, `bytes{a="2",${HEAD}} ${-(2 ** 60)}@${T}`]);
});

test("external labels fill up what is not there", async () => {
  await using lab = await openLab({ keys: { external_labels: { cluster: "c", room: "default" }, namespace: "ns" } });
  await lab.push(metric("temperature", gauge(number(1, { attributes: { room: "a" } }))));
  await lab.close();
  expect(linesAt(lab, 10)).toEqual([`ns_temperature{cluster="c",${HEAD},room="a"} 1@${T}`]);
});

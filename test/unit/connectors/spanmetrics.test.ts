import { describe, expect, test } from "vitest";
import { openSpanmetrics, spanmetrics } from "../../../collector/connectors/spanmetrics/spanmetrics.ts";
import { type AnyValue, Attributes, anyValue } from "../../../collector/model/attributes.ts";
import type { Batch } from "../../../collector/model/batch.ts";
import type { Metric } from "../../../collector/model/metric.ts";
import type { Resource } from "../../../collector/model/resource.ts";
import type { Span } from "../../../collector/model/span.ts";
import { Refused } from "../../../collector/pipeline/sink.ts";
import { batchOf } from "../../../collector/wire/otlp-batch.ts";
import { context, RESOURCE, SCOPE, surroundings } from "../pipeline/river.ts";

const START_MS = 1_790_000_000_000;

interface SpanFields extends Partial<Span> {
  readonly ms?: number;
}

function span({ ms = 5, ...fields }: SpanFields = {}): Span {
  const startUnixNano = BigInt(START_MS) * 1_000_000n + 123n;
  return {
    resource: RESOURCE,
    scope: SCOPE,
    traceId: "0123456789abcdef0123456789abcdef",
    spanId: "0123456789abcdef",
    parentSpanId: "",
    traceState: "",
    flags: 0,
    name: "GET /a",
    kind: 2,
    startUnixNano,
    endUnixNano: startUnixNano + BigInt(Math.round(ms * 1e6)),
    attributes: Attributes.EMPTY,
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: "",
    ...fields,
  };
}

async function openLab(keys: object = {}) {
  const clock = { now: START_MS, nowMs: () => clock.now };
  const taken: Metric[][] = [];
  const state = { refuse: false };
  const next = {
    signals: new Set(["metrics" as const]),
    async push(batch: Batch) {
      if (state.refuse) throw new Refused("full", { retryAfterMs: 0, overload: true });
      if (batch.signal !== "metrics") throw new Error("not metrics");
      taken.push([...batch.items]);
    },
  };
  const around = surroundings();
  const connector = await openSpanmetrics(
    spanmetrics.config.parse({ metrics_flush_interval: "1h", ...keys }),
    next,
    context("spanmetrics", around),
    clock,
  );
  return {
    clock,
    taken,
    state,
    around,
    push: (...spans: Span[]) => connector.push(batchOf("traces", spans)),
    flush: () => connector.flush(),
    [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose](),
  };
}

const textOf = (any: AnyValue) => String(any.value);

/** `name=value …` of each point, with its count, sorted. */
function calls(metrics: readonly Metric[] | undefined): string[] {
  return (metrics ?? [])
    .filter(({ name }) => name.endsWith("calls"))
    .flatMap(({ data }) => (data.type === "sum" ? data.points : []))
    .map(({ attributes, number }) => `${[...attributes].map(([key, any]) => `${key}=${textOf(any)}`).join(" ")} ${number.value}`)
    .sort();
}

describe("calls", () => {
  test("are counted by service, name, kind and status", async () => {
    await using lab = await openLab({ dimensions: [] });
    await lab.push(span(), span(), span({ name: "GET /b" }), span({ kind: 3 }), span({ statusCode: 2 }));
    await lab.push(span());
    await lab.flush();
    expect(calls(lab.taken[0])).toEqual([
      "service.name=shop span.name=GET /a span.kind=SPAN_KIND_CLIENT status.code=STATUS_CODE_UNSET 1",
      "service.name=shop span.name=GET /a span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_ERROR 1",
      "service.name=shop span.name=GET /a span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_UNSET 3",
      "service.name=shop span.name=GET /b span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_UNSET 1",
    ]);
    expect(lab.taken[0]?.map(({ name, unit }) => [name, unit])).toEqual([
      ["traces.span.metrics.calls", "{span}"],
      ["traces.span.metrics.duration", "ms"],
    ]);
  });

  test("by default also by route, method and status code, under their old names as well", async () => {
    await using lab = await openLab();
    const attributes = (record: Readonly<Record<string, string | number>>) => ({ attributes: Attributes.from(record) });
    await lab.push(
      span(attributes({ "http.route": "/a", "http.request.method": "GET", "http.response.status_code": 200 })),
      span(attributes({ "http.status_code": 200, "http.method": "GET", "http.route": "/a", other: "x" })),
      span(attributes({ "http.route": "/a", "http.request.method": "GET", "http.response.status_code": 500 })),
    );
    await lab.flush();
    const fixed = "service.name=shop span.name=GET /a span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_UNSET";
    expect(calls(lab.taken[0])).toEqual([
      `${fixed} http.route=/a http.request.method=GET http.response.status_code=200 2`,
      `${fixed} http.route=/a http.request.method=GET http.response.status_code=500 1`,
    ]);
  });

  test("a dimension that a span lacks is left away, or has its default", async () => {
    await using lab = await openLab({ dimensions: [{ name: "region", default: "eu" }, { name: "zone" }] });
    await lab.push(span(), span({ attributes: Attributes.of([["zone", anyValue("z")]]) }), span({ attributes: Attributes.from({ region: "us" }) }));
    await lab.flush();
    const fixed = "service.name=shop span.name=GET /a span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_UNSET";
    expect(calls(lab.taken[0])).toEqual([`${fixed} region=eu 1`, `${fixed} region=eu zone=z 1`, `${fixed} region=us 1`]);
  });

  test("of each resource stay with that resource", async () => {
    await using lab = await openLab({ dimensions: [] });
    const other: Resource = { ...RESOURCE, attributes: Attributes.from({ "service.name": "stock", "service.instance.id": "i-2" }) };
    await lab.push(span(), span({ resource: other }), span());
    await lab.flush();
    const byInstance = lab.taken[0]
      ?.filter(({ name }) => name.endsWith("calls"))
      .map((metric) => [metric.resource.attributes.getString("service.instance.id"), calls([metric])[0]?.split(" ").at(-1)]);
    expect(byInstance).toEqual([
      [undefined, "2"],
      ["i-2", "1"],
    ]);
  });
});

describe("durations", () => {
  async function durationsOf(keys: object, ...spans: Span[]) {
    await using lab = await openLab({ dimensions: [], ...keys });
    await lab.push(...spans);
    await lab.flush();
    const data = lab.taken[0]?.find(({ name }) => name.endsWith("duration"))?.data;
    const point = data?.type === "histogram" ? data.points[0] : undefined;
    return { sum: point?.sum, count: point?.count, counts: point?.bucketCounts.map(Number), bounds: point?.explicitBounds };
  }

  test("fall into the bucket whose bound is the first not below them", async () => {
    const buckets = { explicit: { buckets: ["2ms", "10ms"] } };
    expect(await durationsOf({ histogram: buckets }, span({ ms: 2 }), span({ ms: 2.000001 }), span({ ms: 10 }), span({ ms: 11 }))).toEqual({
      sum: 25.000001,
      count: 4n,
      counts: [1, 2, 1],
      bounds: [2, 10],
    });
  });

  test("are in seconds where that is asked for", async () => {
    const found = await durationsOf({ histogram: { unit: "s", explicit: { buckets: ["100ms", "1s"] } } }, span({ ms: 250 }));
    expect(found).toEqual({ sum: 0.25, count: 1n, counts: [0, 1, 0], bounds: [0.1, 1] });
  });

  test("of a span that ends before it starts are 0", async () => {
    expect(await durationsOf({}, span({ ms: -5 }))).toMatchObject({ sum: 0, count: 1n });
  });

  test("bounds must rise", () => {
    expect(spanmetrics.config.safeParse({ histogram: { explicit: { buckets: ["2ms", "1ms"] } } }).success).toBe(false);
  });
});

test("counts are cumulative from flush to flush, and start where there was nothing yet", async () => {
  await using lab = await openLab({ dimensions: [] });
  await lab.push(span());
  lab.clock.now += 5000;
  await lab.flush();
  await lab.push(span(), span({ name: "new" }));
  lab.clock.now += 5000;
  await lab.flush();
  const points = lab.taken.map((metrics) => (metrics[0]?.data.type === "sum" ? metrics[0].data.points : []));
  expect(points.map((list) => list.map(({ number }) => number.value))).toEqual([[1], [2, 1]]);
  const start = BigInt(START_MS) * 1_000_000n;
  expect(points[1]?.map((point) => point.startUnixNano - start)).toEqual([0n, 5_000_000_000n]);
  expect(points[1]?.map((point) => point.timeUnixNano - start)).toEqual([10_000_000_000n, 10_000_000_000n]);
});

test("beyond the cardinality limit spans are counted in one overflow series per resource", async () => {
  await using lab = await openLab({ dimensions: [], aggregation_cardinality_limit: 2 });
  await lab.push(...["a", "b", "c", "d", "a", "c"].map((name) => span({ name })));
  await lab.flush();
  const kind = "span.kind=SPAN_KIND_SERVER status.code=STATUS_CODE_UNSET";
  expect(calls(lab.taken[0])).toEqual([
    "service.name=shop otel.metric.overflow=true 3",
    `service.name=shop span.name=a ${kind} 2`,
    `service.name=shop span.name=b ${kind} 1`,
  ]);
});

test("many series are told apart", async () => {
  await using lab = await openLab({ dimensions: [{ name: "id" }] });
  const spans = Array.from({ length: 3000 }, (_, index) => span({ attributes: Attributes.from({ id: index % 1000 }) }));
  await lab.push(...spans);
  await lab.push(...spans);
  await lab.flush();
  const found = calls(lab.taken[0]);
  expect(found).toHaveLength(1000);
  expect(found.every((line) => line.endsWith(" 6"))).toBe(true);
});

test("what a refused flush could not deliver the next one does", async () => {
  await using lab = await openLab({ dimensions: [] });
  await lab.push(span());
  lab.state.refuse = true;
  await lab.flush();
  expect(lab.taken).toEqual([]);
  lab.state.refuse = false;
  await lab.push(span());
  await lab.flush();
  expect(calls(lab.taken[0])[0]).toMatch(/ 2$/);
});

test("closing flushes what is there", async () => {
  const lab = await openLab({ dimensions: [] });
  await lab.push(span());
  await lab[Symbol.asyncDispose]();
  expect(calls(lab.taken[0])).toHaveLength(1);
});

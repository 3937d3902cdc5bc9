import fc from "fast-check";
import { type AnyValue, Attributes, EMPTY_VALUE } from "../../collector/model/attributes.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { Exemplar, Metric, MetricData, NumberValue } from "../../collector/model/metric.ts";
import type { EntityRef, Resource, Scope } from "../../collector/model/resource.ts";
import type { Span, SpanEvent, SpanLink } from "../../collector/model/span.ts";

// Whatever the model can hold, with the awkward values often: integers round 2^53, -0, NaN, empty strings, half-empty messages.

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("", "a", "http.request.method", "é", "日本", "😀", "__proto__") },
  fc.string({ unit: "binary" }),
);
const uint32 = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff }));
const uint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 1023n, 1024n, 2n ** 53n - 1n, 2n ** 53n, 1_544_712_660_300_000_123n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const int64 = fc
  .oneof(
    fc.constantFrom(0n, -1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  )
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const double = fc.oneof(fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 1e300, 5e-324), fc.double());
const bytes = fc.uint8Array({ maxLength: 12 });

function hexId(digits: number): fc.Arbitrary<string> {
  const whole = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
  return fc.oneof(fc.constant(""), whole);
}
const traceId = hexId(32);
const spanId = hexId(16);

const { anyValue, attributes } = fc.letrec<{ anyValue: AnyValue; attributes: Attributes }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(EMPTY_VALUE),
    text.map((value): AnyValue => ({ kind: "string", value })),
    fc.boolean().map((value): AnyValue => ({ kind: "bool", value })),
    int64.map((value): AnyValue => ({ kind: "int", value })),
    double.map((value): AnyValue => ({ kind: "double", value })),
    bytes.map((value): AnyValue => ({ kind: "bytes", value })),
    fc.array(tie("anyValue"), { maxLength: 3 }).map((value): AnyValue => ({ kind: "array", value })),
    tie("attributes").map((value): AnyValue => ({ kind: "map", value })),
  ),
  attributes: fc.array(fc.tuple(text, tie("anyValue")), { maxLength: 4 }).map((entries) => Attributes.of(entries)),
}));

export { anyValue, attributes };

const entityRef: fc.Arbitrary<EntityRef> = fc.record({
  schemaUrl: text,
  type: text,
  idKeys: fc.array(text, { maxLength: 2 }),
  descriptionKeys: fc.array(text, { maxLength: 2 }),
});
const resource: fc.Arbitrary<Resource> = fc.record({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: fc.array(entityRef, { maxLength: 2 }),
  schemaUrl: text,
});
const scope: fc.Arbitrary<Scope> = fc.record({ name: text, version: text, attributes, droppedAttributesCount: uint32, schemaUrl: text });

const event: fc.Arbitrary<SpanEvent> = fc.record({ timeUnixNano: uint64, name: text, attributes, droppedAttributesCount: uint32 });
const link: fc.Arbitrary<SpanLink> = fc.record({ traceId, spanId, traceState: text, attributes, droppedAttributesCount: uint32, flags: uint32 });
const span = fc.record({
  traceId,
  spanId,
  parentSpanId: spanId,
  traceState: text,
  flags: uint32,
  name: text,
  kind: fc.oneof(fc.integer({ min: 0, max: 5 }), int32),
  startUnixNano: uint64,
  endUnixNano: uint64,
  attributes,
  droppedAttributesCount: uint32,
  events: fc.array(event, { maxLength: 2 }),
  droppedEventsCount: uint32,
  links: fc.array(link, { maxLength: 2 }),
  droppedLinksCount: uint32,
  statusCode: fc.integer({ min: 0, max: 2 }),
  statusMessage: text,
});

const logRecord = fc.record({
  timeUnixNano: uint64,
  observedUnixNano: uint64,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  eventName: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId,
  spanId,
});

const number: fc.Arbitrary<NumberValue> = fc.oneof(
  int64.map((value): NumberValue => ({ kind: "int", value })),
  double.map((value): NumberValue => ({ kind: "double", value })),
  fc.constant<NumberValue>({ kind: "empty", value: null }),
);
const exemplar: fc.Arbitrary<Exemplar> = fc.record({ filteredAttributes: attributes, timeUnixNano: uint64, number, traceId, spanId });
const common = { attributes, startUnixNano: uint64, timeUnixNano: uint64, flags: uint32 };
const exemplars = fc.array(exemplar, { maxLength: 2 });
const maybeDouble = fc.option(double, { nil: undefined });
const numberPoints = fc.array(fc.record({ ...common, number, exemplars }), { maxLength: 4 });
const histogramPoints = fc.array(
  fc.record({
    ...common,
    count: uint64,
    sum: maybeDouble,
    min: maybeDouble,
    max: maybeDouble,
    bucketCounts: fc.array(uint64, { maxLength: 4 }),
    explicitBounds: fc.array(double, { maxLength: 4 }),
    exemplars,
  }),
  { maxLength: 3 },
);
const buckets = fc.option(fc.record({ offset: int32, bucketCounts: fc.array(uint64, { maxLength: 4 }) }), { nil: undefined });
const exponentialPoints = fc.array(
  fc.record({
    ...common,
    count: uint64,
    sum: maybeDouble,
    min: maybeDouble,
    max: maybeDouble,
    scale: int32,
    zeroCount: uint64,
    zeroThreshold: double,
    positive: buckets,
    negative: buckets,
    exemplars,
  }),
  { maxLength: 3 },
);
const quantile = fc.record({ quantile: double, value: double });
const summaryPoints = fc.array(fc.record({ ...common, count: uint64, sum: double, quantiles: fc.array(quantile, { maxLength: 3 }) }), {
  maxLength: 3,
});
const temporality = fc.integer({ min: 0, max: 3 });
const data: fc.Arbitrary<MetricData> = fc.oneof(
  fc.constant<MetricData>({ type: "empty", points: [] }),
  numberPoints.map((points): MetricData => ({ type: "gauge", points })),
  fc.record({ points: numberPoints, temporality, isMonotonic: fc.boolean() }).map((rest): MetricData => ({ type: "sum", ...rest })),
  fc.record({ points: histogramPoints, temporality }).map((rest): MetricData => ({ type: "histogram", ...rest })),
  fc.record({ points: exponentialPoints, temporality }).map((rest): MetricData => ({ type: "exponential_histogram", ...rest })),
  summaryPoints.map((points): MetricData => ({ type: "summary", points })),
);
const metric = fc.record({ name: text, description: text, unit: text, metadata: attributes, data });

/** Items as a request gives them: in groups that share resource and scope by identity. */
function grouped<T extends object>(item: fc.Arbitrary<T>): fc.Arbitrary<(T & { resource: Resource; scope: Scope })[]> {
  const inScope = fc.tuple(scope, fc.array(item, { minLength: 1, maxLength: 3 }));
  const inResource = fc.tuple(resource, fc.array(inScope, { minLength: 1, maxLength: 2 }));
  return fc
    .array(inResource, { maxLength: 3 })
    .map((tree) =>
      tree.flatMap(([ofResource, scopes]) =>
        scopes.flatMap(([ofScope, items]) => items.map((one) => ({ resource: ofResource, scope: ofScope, ...one }))),
      ),
    );
}

export const spans: fc.Arbitrary<Span[]> = grouped(span);
export const metrics: fc.Arbitrary<Metric[]> = grouped(metric);
export const logRecords: fc.Arbitrary<LogRecord[]> = grouped(logRecord);

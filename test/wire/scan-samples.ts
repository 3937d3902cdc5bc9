import { type AnyValue, Attributes, anyValue, EMPTY_VALUE } from "../../collector/model/attributes.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { Metric, NumberPoint } from "../../collector/model/metric.ts";
import type { Resource, Scope } from "../../collector/model/resource.ts";
import type { Span } from "../../collector/model/span.ts";

/** Small batches in which every field of every message is set once, for tests of the scanners. */

const nested: AnyValue = {
  kind: "map",
  value: Attributes.of([["list", { kind: "array", value: [anyValue("a"), EMPTY_VALUE, { kind: "bytes", value: Uint8Array.of(1, 2) }] }]]),
};

export const ATTRIBUTES = Attributes.of([
  ["http.route", anyValue("/api/items/:id")],
  ["http.response.status_code", anyValue(200)],
  ["big", { kind: "int", value: -1n << 60n }],
  ["ratio", anyValue(0.5)],
  ["cached", anyValue(true)],
  ["long", anyValue("x".repeat(200))],
  ["nested", nested],
]);

export const RESOURCE: Resource = {
  attributes: Attributes.from({ "service.name": "api", "service.instance.id": "i-1", "host.name": "h" }),
  droppedAttributesCount: 1,
  entityRefs: [{ schemaUrl: "u", type: "service", idKeys: ["service.name"], descriptionKeys: ["host.name"] }],
  schemaUrl: "https://opentelemetry.io/schemas/1.30.0",
};

export const SCOPE: Scope = {
  name: "tests",
  version: "1.0",
  attributes: Attributes.from({ a: "b" }),
  droppedAttributesCount: 2,
  schemaUrl: "https://opentelemetry.io/schemas/1.29.0",
};

const TRACE_ID = "0123456789abcdef0123456789abcdef";
const SPAN_ID = "0123456789abcdef";
const START = 1_790_000_000_000_000_000n;
const TIME = START + 5_000_000_123n;

const SPAN: Span = {
  resource: RESOURCE,
  scope: SCOPE,
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  parentSpanId: "fedcba9876543210",
  traceState: "a=b",
  flags: 257,
  name: "GET /api/items/:id",
  kind: 2,
  startUnixNano: START,
  endUnixNano: TIME,
  attributes: ATTRIBUTES,
  droppedAttributesCount: 3,
  events: [{ timeUnixNano: TIME, name: "exception", attributes: Attributes.from({ "exception.type": "E" }), droppedAttributesCount: 1 }],
  droppedEventsCount: 4,
  links: [{ traceId: TRACE_ID, spanId: SPAN_ID, traceState: "c=d", attributes: Attributes.from({ l: 1 }), droppedAttributesCount: 1, flags: 1 }],
  droppedLinksCount: 5,
  statusCode: 2,
  statusMessage: "boom",
};
const EMPTY_SPAN: Span = {
  ...SPAN,
  traceId: "",
  spanId: "",
  parentSpanId: "",
  name: "",
  attributes: Attributes.EMPTY,
  events: [],
  links: [],
  startUnixNano: 0n,
  endUnixNano: 0n,
};
export const SPANS: readonly Span[] = [SPAN, EMPTY_SPAN, { ...SPAN, name: "n".repeat(300) }, { ...SPAN, kind: 3, statusCode: 0, statusMessage: "" }];

const RECORD: LogRecord = {
  resource: RESOURCE,
  scope: SCOPE,
  timeUnixNano: START,
  observedUnixNano: TIME,
  severityNumber: 9,
  severityText: "INFO",
  eventName: "request",
  body: nested,
  attributes: ATTRIBUTES,
  droppedAttributesCount: 1,
  flags: 1,
  traceId: TRACE_ID,
  spanId: SPAN_ID,
};
export const LOGS: readonly LogRecord[] = [RECORD, { ...RECORD, body: anyValue("plain") }, { ...RECORD, attributes: Attributes.EMPTY }, RECORD];

const POINT = { attributes: Attributes.from({ route: "/a", code: 200 }), startUnixNano: START, timeUnixNano: TIME, flags: 0 };
const EXEMPLAR = {
  filteredAttributes: Attributes.from({ user: "u" }),
  timeUnixNano: TIME,
  number: { kind: "double", value: 0.3 },
  traceId: TRACE_ID,
  spanId: SPAN_ID,
} as const;
const INT_POINT: NumberPoint = { ...POINT, number: { kind: "int", value: -7 }, exemplars: [EXEMPLAR] };
const DOUBLE_POINT: NumberPoint = { ...POINT, attributes: ATTRIBUTES, flags: 1, number: { kind: "double", value: 2.5 }, exemplars: [] };
const METRIC = {
  resource: RESOURCE,
  scope: SCOPE,
  description: "what it is",
  unit: "s",
  metadata: Attributes.from({ "prometheus.type": "gauge" }),
};
export const METRICS: readonly Metric[] = [
  { ...METRIC, name: "a.gauge", data: { type: "gauge", points: [INT_POINT, DOUBLE_POINT] } },
  { ...METRIC, name: "a.sum", data: { type: "sum", temporality: 2, isMonotonic: true, points: [DOUBLE_POINT, INT_POINT] } },
  {
    ...METRIC,
    name: "a.histogram",
    data: {
      type: "histogram",
      temporality: 2,
      points: [
        {
          ...POINT,
          count: 6n,
          sum: 4.5,
          min: 0.1,
          max: 2,
          bucketCounts: [1n, 2n, 3n],
          explicitBounds: [0.5, 1],
          exemplars: [EXEMPLAR, { ...EXEMPLAR, number: { kind: "int", value: 2 } }],
        },
      ],
    },
  },
  {
    ...METRIC,
    name: "an.exponential.histogram",
    data: {
      type: "exponential_histogram",
      temporality: 1,
      points: [
        {
          ...POINT,
          count: 10n,
          sum: 3,
          min: -1,
          max: 2,
          scale: -1,
          zeroCount: 1n,
          zeroThreshold: 0.001,
          positive: { offset: -3, bucketCounts: [1n, 200n, 0n] },
          negative: { offset: 2, bucketCounts: [4n] },
          exemplars: [EXEMPLAR],
        },
      ],
    },
  },
  { ...METRIC, name: "a.summary", data: { type: "summary", points: [{ ...POINT, count: 3n, sum: 6, quantiles: [{ quantile: 0.5, value: 2 }] }] } },
  { ...METRIC, name: "nothing", metadata: Attributes.EMPTY, data: { type: "empty", points: [] } },
];

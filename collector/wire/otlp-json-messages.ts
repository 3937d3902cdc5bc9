import type { Signal } from "../model/batch.ts";
import { type FieldKind, type FieldSpec, Message } from "./json-message.ts";

// The messages of OTLP by the names that their fields have in JSON: lowerCamelCase of those in the .proto files
// (opentelemetry-proto: docs/specification.md, "JSON Protobuf Encoding"; opentelemetry/proto/*/v1/*.proto).

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

type Row = (number: number) => FieldSpec;
const row =
  (kind: FieldKind, wireType: number, rest: Omit<FieldSpec, "kind" | "tag"> = {}): Row =>
  (number) => ({ kind, tag: number * 8 + wireType, ...rest });
const PRESENT = { present: true };

const text = row("text", LENGTH);
const texts = row("texts", LENGTH);
const traceId = row("id", LENGTH, { sizeBytes: 16 });
const spanId = row("id", LENGTH, { sizeBytes: 8 });
const bool = row("bool", VARINT);
const uint32 = row("uint32", VARINT);
const sint32 = row("sint32", VARINT);
const fixed32 = row("fixed32", FIXED32);
const fixed64 = row("fixed64", FIXED64);
const double = row("double", FIXED64);
const presentDouble = row("double", FIXED64, PRESENT);
const presentInt = row("sfixed64", FIXED64, PRESENT);
const attributes = row("attributes", LENGTH);
const enumeration = (number: number, names: ReadonlyMap<string, number>) => row("enumeration", VARINT, { names })(number);
const one = (number: number, message: () => Message) => row("one", LENGTH, { message })(number);
const presentOne = (number: number, message: () => Message) => row("one", LENGTH, { message, ...PRESENT })(number);
const many = (number: number, message: () => Message) => row("many", LENGTH, { message })(number);

/** Enum names in the order of their numbers, under their common prefix. */
function enumNames(prefix: string, names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [prefix + name, number]));
}

const SPAN_KINDS = enumNames("SPAN_KIND_", ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]);
const STATUS_CODES = enumNames("STATUS_CODE_", ["UNSET", "OK", "ERROR"]);
const TEMPORALITIES = enumNames("AGGREGATION_TEMPORALITY_", ["UNSPECIFIED", "DELTA", "CUMULATIVE"]);
const SEVERITIES = enumNames("SEVERITY_NUMBER_", [
  "UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]);

export const ANY_VALUE: Message = new Message(
  "AnyValue",
  {
    stringValue: row("text", LENGTH, PRESENT)(1),
    boolValue: row("bool", VARINT, PRESENT)(2),
    intValue: row("int64", VARINT, PRESENT)(3),
    doubleValue: presentDouble(4),
    arrayValue: row("nested", LENGTH, { message: () => ARRAY_VALUE })(5),
    kvlistValue: row("nested", LENGTH, { message: () => KEY_VALUE_LIST })(6),
    bytesValue: row("bytes", LENGTH, PRESENT)(7),
  },
  { oneof: true },
);
// An element that is null is an empty value, and keeps its place.
const ARRAY_VALUE = new Message("ArrayValue", { values: row("many", LENGTH, { message: () => ANY_VALUE, ...PRESENT })(1) });
const KEY_VALUE_LIST = new Message("KeyValueList", { values: attributes(1) });

const ENTITY_REF = new Message("EntityRef", { schemaUrl: text(1), type: text(2), idKeys: texts(3), descriptionKeys: texts(4) });
const RESOURCE = new Message("Resource", {
  attributes: attributes(1),
  droppedAttributesCount: uint32(2),
  entityRefs: many(3, () => ENTITY_REF),
});
const SCOPE = new Message("InstrumentationScope", { name: text(1), version: text(2), attributes: attributes(3), droppedAttributesCount: uint32(4) });

const STATUS = new Message("Status", { message: text(2), code: enumeration(3, STATUS_CODES) });
const EVENT = new Message("Event", { timeUnixNano: fixed64(1), name: text(2), attributes: attributes(3), droppedAttributesCount: uint32(4) });
const LINK = new Message(
  "Link",
  { traceId: traceId(1), spanId: spanId(2), traceState: text(3), attributes: attributes(4), droppedAttributesCount: uint32(5), flags: fixed32(6) },
  { badIdCosts: "link" },
);
const SPAN = new Message(
  "Span",
  {
    traceId: traceId(1),
    spanId: spanId(2),
    traceState: text(3),
    parentSpanId: spanId(4),
    name: text(5),
    kind: enumeration(6, SPAN_KINDS),
    startTimeUnixNano: fixed64(7),
    endTimeUnixNano: fixed64(8),
    attributes: attributes(9),
    droppedAttributesCount: uint32(10),
    events: many(11, () => EVENT),
    droppedEventsCount: uint32(12),
    links: many(13, () => LINK),
    droppedLinksCount: row("droppedLinks", VARINT)(14),
    status: one(15, () => STATUS),
    flags: fixed32(16),
  },
  { badIdCosts: "item" },
);

const LOG_RECORD = new Message(
  "LogRecord",
  {
    timeUnixNano: fixed64(1),
    severityNumber: enumeration(2, SEVERITIES),
    severityText: text(3),
    body: one(5, () => ANY_VALUE),
    attributes: attributes(6),
    droppedAttributesCount: uint32(7),
    flags: fixed32(8),
    traceId: traceId(9),
    spanId: spanId(10),
    observedTimeUnixNano: fixed64(11),
    eventName: text(12),
  },
  { badIdCosts: "item" },
);

const EXEMPLAR = new Message(
  "Exemplar",
  {
    timeUnixNano: fixed64(2),
    asDouble: presentDouble(3),
    spanId: spanId(4),
    traceId: traceId(5),
    asInt: presentInt(6),
    filteredAttributes: attributes(7),
  },
  { badIdCosts: "exemplar" },
);
const NUMBER_POINT = new Message("NumberDataPoint", {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  asDouble: presentDouble(4),
  exemplars: many(5, () => EXEMPLAR),
  asInt: presentInt(6),
  attributes: attributes(7),
  flags: uint32(8),
});
const HISTOGRAM_POINT = new Message("HistogramDataPoint", {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: presentDouble(5),
  bucketCounts: row("packedFixed64", LENGTH)(6),
  explicitBounds: row("packedDouble", LENGTH)(7),
  exemplars: many(8, () => EXEMPLAR),
  attributes: attributes(9),
  flags: uint32(10),
  min: presentDouble(11),
  max: presentDouble(12),
});
const BUCKETS = new Message("Buckets", { offset: sint32(1), bucketCounts: row("packedUint64", LENGTH)(2) });
const EXPONENTIAL_HISTOGRAM_POINT = new Message("ExponentialHistogramDataPoint", {
  attributes: attributes(1),
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: presentDouble(5),
  scale: sint32(6),
  zeroCount: fixed64(7),
  positive: presentOne(8, () => BUCKETS),
  negative: presentOne(9, () => BUCKETS),
  flags: uint32(10),
  exemplars: many(11, () => EXEMPLAR),
  min: presentDouble(12),
  max: presentDouble(13),
  zeroThreshold: double(14),
});
const QUANTILE = new Message("ValueAtQuantile", { quantile: double(1), value: double(2) });
const SUMMARY_POINT = new Message("SummaryDataPoint", {
  startTimeUnixNano: fixed64(2),
  timeUnixNano: fixed64(3),
  count: fixed64(4),
  sum: double(5),
  quantileValues: many(6, () => QUANTILE),
  attributes: attributes(7),
  flags: uint32(8),
});

const temporality = enumeration(2, TEMPORALITIES);
const GAUGE = new Message("gauge", { dataPoints: many(1, () => NUMBER_POINT) });
const SUM = new Message("sum", { dataPoints: many(1, () => NUMBER_POINT), aggregationTemporality: temporality, isMonotonic: bool(3) });
const HISTOGRAM = new Message("histogram", { dataPoints: many(1, () => HISTOGRAM_POINT), aggregationTemporality: temporality });
const EXPONENTIAL_HISTOGRAM = new Message("exponential_histogram", {
  dataPoints: many(1, () => EXPONENTIAL_HISTOGRAM_POINT),
  aggregationTemporality: temporality,
});
const SUMMARY = new Message("summary", { dataPoints: many(1, () => SUMMARY_POINT) });
const METRIC = new Message("Metric", {
  name: text(1),
  description: text(2),
  unit: text(3),
  gauge: presentOne(5, () => GAUGE),
  sum: presentOne(7, () => SUM),
  histogram: presentOne(9, () => HISTOGRAM),
  exponentialHistogram: presentOne(10, () => EXPONENTIAL_HISTOGRAM),
  summary: presentOne(11, () => SUMMARY),
  metadata: attributes(12),
});

/** `word`: how the messages of the signal are called; the withdrawn names of scopes begin with "instrumentationLibrary". */
function request(word: string, items: string, item: Message): Message {
  const scopeItems = new Message(
    `Scope${word}`,
    { scope: one(1, () => SCOPE), [items]: many(2, () => item), schemaUrl: text(3) },
    { aliases: { instrumentationLibrary: "scope" } },
  );
  const resourceItems = new Message(
    `Resource${word}`,
    { resource: one(1, () => RESOURCE), [`scope${word}`]: many(2, () => scopeItems), schemaUrl: text(3) },
    { aliases: { [`instrumentationLibrary${word}`]: `scope${word}` } },
  );
  return new Message(`Export${word}ServiceRequest`, { [`resource${word}`]: many(1, () => resourceItems) });
}

/** `Export…ServiceRequest`. */
export const REQUESTS: Readonly<Record<Signal, Message>> = {
  traces: request("Spans", "spans", SPAN),
  metrics: request("Metrics", "metrics", METRIC),
  logs: request("Logs", "logRecords", LOG_RECORD),
};

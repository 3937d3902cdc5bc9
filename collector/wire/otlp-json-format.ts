import type { AnyValue, Attributes } from "../model/attributes.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { EntityRef, Resource, Scope } from "../model/resource.ts";
import type { Span, SpanEvent, SpanLink } from "../model/span.ts";

// Members are built as text in the order of the protobuf tables; "" is a member left out because it is at its default.

export function object(...members: readonly string[]): string {
  return `{${members.filter((part) => part !== "").join(",")}}`;
}

export function member(name: string, json: string): string {
  return json === "{}" ? "" : `"${name}":${json}`;
}

export function text(name: string, value: string): string {
  return value === "" ? "" : `"${name}":${JSON.stringify(value)}`;
}

/** uint32, int32 and enums. */
export function int(name: string, value: number): string {
  return value === 0 ? "" : `"${name}":${value}`;
}

/** 64-bit integers: a string, since a number would lose digits in most readers. */
export function int64(name: string, value: bigint): string {
  return value === 0n ? "" : `"${name}":"${value}"`;
}

export function list<T>(name: string, items: readonly T[], format: (item: T) => string): string {
  return items.length === 0 ? "" : `"${name}":[${items.map(format).join(",")}]`;
}

export function attributesMember(name: string, attributes: Attributes): string {
  return attributes.size === 0 ? "" : `"${name}":${formatKeyValues(attributes)}`;
}

function formatKeyValues(attributes: Attributes): string {
  return `[${[...attributes].map(([key, value]) => `{"key":${JSON.stringify(key)},"value":${formatAnyValue(value)}}`).join(",")}]`;
}

export function formatAnyValue(any: AnyValue): string {
  switch (any.kind) {
    case "empty":
      return "{}";
    case "string":
      return `{"stringValue":${JSON.stringify(any.value)}}`;
    case "bool":
      return `{"boolValue":${any.value}}`;
    case "int":
      return `{"intValue":"${any.value}"}`;
    case "double":
      return `{"doubleValue":${formatDouble(any.value)}}`;
    case "bytes":
      return `{"bytesValue":"${Buffer.from(any.value).toString("base64")}"}`;
    case "array":
      return `{"arrayValue":{"values":[${any.value.map(formatAnyValue).join(",")}]}}`;
    case "map":
      return `{"kvlistValue":{"values":${formatKeyValues(any.value)}}}`;
  }
}

/** The shortest digits that give the same double again; what JSON has no number for stands in quotes. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}

export function formatResource(resource: Resource): string {
  return object(
    attributesMember("attributes", resource.attributes),
    int("droppedAttributesCount", resource.droppedAttributesCount),
    list("entityRefs", resource.entityRefs, formatEntityRef),
  );
}

function formatEntityRef(ref: EntityRef): string {
  return object(
    text("schemaUrl", ref.schemaUrl),
    text("type", ref.type),
    list("idKeys", ref.idKeys, JSON.stringify),
    list("descriptionKeys", ref.descriptionKeys, JSON.stringify),
  );
}

export function formatScope(scope: Scope): string {
  return object(
    text("name", scope.name),
    text("version", scope.version),
    attributesMember("attributes", scope.attributes),
    int("droppedAttributesCount", scope.droppedAttributesCount),
  );
}

export function formatSpan(span: Span): string {
  return object(
    text("traceId", span.traceId),
    text("spanId", span.spanId),
    text("traceState", span.traceState),
    text("parentSpanId", span.parentSpanId),
    int("flags", span.flags),
    text("name", span.name),
    int("kind", span.kind),
    int64("startTimeUnixNano", span.startUnixNano),
    int64("endTimeUnixNano", span.endUnixNano),
    attributesMember("attributes", span.attributes),
    int("droppedAttributesCount", span.droppedAttributesCount),
    list("events", span.events, formatEvent),
    int("droppedEventsCount", span.droppedEventsCount),
    list("links", span.links, formatLink),
    int("droppedLinksCount", span.droppedLinksCount),
    member("status", object(text("message", span.statusMessage), int("code", span.statusCode))),
  );
}

function formatEvent(event: SpanEvent): string {
  return object(
    int64("timeUnixNano", event.timeUnixNano),
    text("name", event.name),
    attributesMember("attributes", event.attributes),
    int("droppedAttributesCount", event.droppedAttributesCount),
  );
}

function formatLink(link: SpanLink): string {
  return object(
    text("traceId", link.traceId),
    text("spanId", link.spanId),
    text("traceState", link.traceState),
    attributesMember("attributes", link.attributes),
    int("droppedAttributesCount", link.droppedAttributesCount),
    int("flags", link.flags),
  );
}

export function formatLogRecord(record: LogRecord): string {
  return object(
    int64("timeUnixNano", record.timeUnixNano),
    int64("observedTimeUnixNano", record.observedUnixNano),
    int("severityNumber", record.severityNumber),
    text("severityText", record.severityText),
    member("body", formatAnyValue(record.body)),
    attributesMember("attributes", record.attributes),
    int("droppedAttributesCount", record.droppedAttributesCount),
    int("flags", record.flags),
    text("traceId", record.traceId),
    text("spanId", record.spanId),
    text("eventName", record.eventName),
  );
}

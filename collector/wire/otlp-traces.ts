import type { Resource, Scope } from "../model/resource.ts";
import type { Span, SpanEvent, SpanLink } from "../model/span.ts";
import { type AttributeList, finishAttributes, readKeyValue } from "./otlp-common.ts";
import { writeAttributes } from "./otlp-common-writer.ts";
import { type EnvelopeOf, readEnvelope, writeEnvelope } from "./otlp-envelope.ts";
import type { Reader } from "./protobuf.ts";
import type { Writer } from "./protobuf-writer.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * The spans of one or more `ExportTraceServiceRequest`s in a row. Ids are hex of what was sent, whatever its length.
 * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED.
 */
export function decodeTraces(pieces: readonly Uint8Array[], notes?: WireNotes): Span[] {
  return readEnvelope(TRACES, pieces, notes);
}

export function encodeTraces(spans: readonly Span[]): Uint8Array {
  return writeEnvelope(TRACES, spans);
}

/*
 * Span (opentelemetry-proto: opentelemetry/proto/trace/v1/trace.proto)
 *    1 trace_id                  bytes (16)
 *    2 span_id                   bytes (8)
 *    3 trace_state               string
 *    4 parent_span_id            bytes (8 or 0)
 *    5 name                      string
 *    6 kind                      varint (enum SpanKind)
 *    7 start_time_unix_nano      fixed64
 *    8 end_time_unix_nano        fixed64
 *    9 attributes                repeated message KeyValue
 *   10 dropped_attributes_count  varint (uint32)
 *   11 events                    repeated message Event
 *   12 dropped_events_count      varint (uint32)
 *   13 links                     repeated message Link
 *   14 dropped_links_count       varint (uint32)
 *   15 status                    message Status
 *   16 flags                     fixed32
 */
function readSpan(reader: Reader, resource: Resource, scope: Scope): Span {
  const outer = reader.open();
  let traceId = "";
  let spanId = "";
  let traceState = "";
  let parentSpanId = "";
  let name = "";
  let kind = 0;
  let startUnixNano = 0n;
  let endUnixNano = 0n;
  let attributes: AttributeList | undefined;
  let droppedAttributesCount = 0;
  let events: SpanEvent[] | undefined;
  let droppedEventsCount = 0;
  let links: SpanLink[] | undefined;
  let droppedLinksCount = 0;
  let flags = 0;
  const status = { code: 0, message: "" };
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        traceId = reader.hex();
        break;
      case 18:
        spanId = reader.hex();
        break;
      case 26:
        traceState = reader.string();
        break;
      case 34:
        parentSpanId = reader.hex();
        break;
      case 42:
        name = reader.string();
        break;
      case 48:
        kind = reader.int32();
        break;
      case 57:
        startUnixNano = reader.fixed64();
        break;
      case 65:
        endUnixNano = reader.fixed64();
        break;
      case 74:
        attributes = readKeyValue(reader, attributes);
        break;
      case 80:
        droppedAttributesCount = reader.varint32();
        break;
      case 90:
        events ??= [];
        events.push(readEvent(reader));
        break;
      case 96:
        droppedEventsCount = reader.varint32();
        break;
      case 106:
        links ??= [];
        links.push(readLink(reader));
        break;
      case 112:
        droppedLinksCount = reader.varint32();
        break;
      case 122:
        readStatus(reader, status);
        break;
      case 133:
        flags = reader.fixed32();
        break;
      default:
        reader.unknown("Span", tag);
    }
  }
  reader.close(outer);
  return {
    resource,
    scope,
    traceId,
    spanId,
    parentSpanId,
    traceState,
    flags,
    name,
    kind,
    startUnixNano,
    endUnixNano,
    attributes: finishAttributes(reader, attributes),
    droppedAttributesCount,
    events: events ?? NONE,
    droppedEventsCount,
    links: links ?? NONE,
    droppedLinksCount,
    statusCode: status.code,
    statusMessage: status.message,
  };
}

const NONE: readonly never[] = [];

/*
 * Status (opentelemetry/proto/trace/v1/trace.proto; 1 was deprecated_code)
 *   2 message  string
 *   3 code     varint (enum StatusCode)
 */
function readStatus(reader: Reader, status: { code: number; message: string }): void {
  const outer = reader.open();
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 18) status.message = reader.string();
    else if (tag === 24) status.code = reader.int32();
    else reader.unknown("Status", tag);
  }
  reader.close(outer);
}

/*
 * Span.Event (opentelemetry/proto/trace/v1/trace.proto)
 *   1 time_unix_nano            fixed64
 *   2 name                      string
 *   3 attributes                repeated message KeyValue
 *   4 dropped_attributes_count  varint (uint32)
 */
function readEvent(reader: Reader): SpanEvent {
  const outer = reader.open();
  let timeUnixNano = 0n;
  let name = "";
  let attributes: AttributeList | undefined;
  let droppedAttributesCount = 0;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 9) timeUnixNano = reader.fixed64();
    else if (tag === 18) name = reader.string();
    else if (tag === 26) attributes = readKeyValue(reader, attributes);
    else if (tag === 32) droppedAttributesCount = reader.varint32();
    else reader.unknown("Event", tag);
  }
  reader.close(outer);
  return { timeUnixNano, name, attributes: finishAttributes(reader, attributes), droppedAttributesCount };
}

/*
 * Span.Link (opentelemetry/proto/trace/v1/trace.proto)
 *   1 trace_id                  bytes (16)
 *   2 span_id                   bytes (8)
 *   3 trace_state               string
 *   4 attributes                repeated message KeyValue
 *   5 dropped_attributes_count  varint (uint32)
 *   6 flags                     fixed32
 */
function readLink(reader: Reader): SpanLink {
  const outer = reader.open();
  let traceId = "";
  let spanId = "";
  let traceState = "";
  let attributes: AttributeList | undefined;
  let droppedAttributesCount = 0;
  let flags = 0;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) traceId = reader.hex();
    else if (tag === 18) spanId = reader.hex();
    else if (tag === 26) traceState = reader.string();
    else if (tag === 34) attributes = readKeyValue(reader, attributes);
    else if (tag === 40) droppedAttributesCount = reader.varint32();
    else if (tag === 53) flags = reader.fixed32();
    else reader.unknown("Link", tag);
  }
  reader.close(outer);
  return { traceId, spanId, traceState, attributes: finishAttributes(reader, attributes), droppedAttributesCount, flags };
}

/** Field tables: `readSpan`, `readEvent`, `readLink`, `readStatus`. */
function writeSpan(writer: Writer, span: Span): void {
  const before = writer.size;
  writer.optionalFixed32(133, span.flags);
  if (span.statusCode !== 0 || span.statusMessage !== "") {
    const inner = writer.size;
    writer.optionalInt(24, span.statusCode);
    writer.optionalString(18, span.statusMessage);
    writer.message(122, inner);
  }
  writer.optionalInt(112, span.droppedLinksCount);
  for (let index = span.links.length - 1; index >= 0; index--) writeLink(writer, span.links[index] as SpanLink);
  writer.optionalInt(96, span.droppedEventsCount);
  for (let index = span.events.length - 1; index >= 0; index--) writeEvent(writer, span.events[index] as SpanEvent);
  writer.optionalInt(80, span.droppedAttributesCount);
  writeAttributes(writer, 74, span.attributes);
  writer.optionalFixed64(65, span.endUnixNano);
  writer.optionalFixed64(57, span.startUnixNano);
  writer.optionalInt(48, span.kind);
  writer.optionalString(42, span.name);
  writer.optionalHex(34, span.parentSpanId);
  writer.optionalString(26, span.traceState);
  writer.optionalHex(18, span.spanId);
  writer.optionalHex(10, span.traceId);
  writer.message(18, before);
}

function writeEvent(writer: Writer, event: SpanEvent): void {
  const before = writer.size;
  writer.optionalInt(32, event.droppedAttributesCount);
  writeAttributes(writer, 26, event.attributes);
  writer.optionalString(18, event.name);
  writer.optionalFixed64(9, event.timeUnixNano);
  writer.message(90, before);
}

function writeLink(writer: Writer, link: SpanLink): void {
  const before = writer.size;
  writer.optionalFixed32(53, link.flags);
  writer.optionalInt(40, link.droppedAttributesCount);
  writeAttributes(writer, 34, link.attributes);
  writer.optionalString(26, link.traceState);
  writer.optionalHex(18, link.spanId);
  writer.optionalHex(10, link.traceId);
  writer.message(106, before);
}

const TRACES: EnvelopeOf<Span> = { word: "Spans", read: readSpan, write: writeSpan };

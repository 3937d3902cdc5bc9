import { Attributes } from "../model/attributes.ts";
import type { Resource, Scope } from "../model/resource.ts";
import type { Span, SpanEvent, SpanLink } from "../model/span.ts";
import type { BadId } from "./json-error.ts";
import type { JsonReader } from "./json-reader.ts";
import type { Mutable } from "./otlp-common.ts";
import { enumNames, JsonIds, readJsonAttributes } from "./otlp-json-common.ts";

const SPAN_KINDS = enumNames("SPAN_KIND_", ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]);
const STATUS_CODES = enumNames("STATUS_CODE_", ["UNSET", "OK", "ERROR"]);
const NONE: readonly never[] = [];

/** Fields: the table of `Span` in otlp-traces.ts. */
export function readJsonSpan(reader: JsonReader, resource: Resource, scope: Scope): Span | BadId {
  const ids = new JsonIds();
  const span: Mutable<Span> = {
    resource,
    scope,
    traceId: "",
    spanId: "",
    parentSpanId: "",
    traceState: "",
    flags: 0,
    name: "",
    kind: 0,
    startUnixNano: 0n,
    endUnixNano: 0n,
    attributes: Attributes.EMPTY,
    droppedAttributesCount: 0,
    events: NONE,
    droppedEventsCount: 0,
    links: NONE,
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: "",
  };
  let badLinks = 0;
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "traceId":
        span.traceId = ids.traceId(reader);
        break;
      case "spanId":
        span.spanId = ids.spanId(reader);
        break;
      case "parentSpanId":
        span.parentSpanId = ids.spanId(reader);
        break;
      case "traceState":
        span.traceState = reader.string();
        break;
      case "flags":
        span.flags = reader.uint32();
        break;
      case "name":
        span.name = reader.string();
        break;
      case "kind":
        span.kind = reader.enumeration(SPAN_KINDS);
        break;
      case "startTimeUnixNano":
        span.startUnixNano = reader.uint64();
        break;
      case "endTimeUnixNano":
        span.endUnixNano = reader.uint64();
        break;
      case "attributes":
        span.attributes = readJsonAttributes(reader);
        break;
      case "droppedAttributesCount":
        span.droppedAttributesCount = reader.uint32();
        break;
      case "events":
        span.events = readEvents(reader);
        break;
      case "droppedEventsCount":
        span.droppedEventsCount = reader.uint32();
        break;
      case "links": {
        const links: SpanLink[] = [];
        badLinks = readLinks(reader, links);
        span.links = links;
        break;
      }
      case "droppedLinksCount":
        span.droppedLinksCount = reader.uint32();
        break;
      case "status":
        readStatus(reader, span);
        break;
      default:
        reader.unknown("Span", key);
    }
  }
  if (ids.bad !== undefined) return ids.bad;
  span.droppedLinksCount += badLinks;
  reader.notes.droppedLinks += badLinks;
  return span;
}

function readStatus(reader: JsonReader, span: Mutable<Span>): void {
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "code") span.statusCode = reader.enumeration(STATUS_CODES);
    else if (key === "message") span.statusMessage = reader.string();
    else reader.unknown("Status", key);
  }
}

function readEvents(reader: JsonReader): SpanEvent[] {
  const events: SpanEvent[] = [];
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    const event: Mutable<SpanEvent> = { timeUnixNano: 0n, name: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0 };
    for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
      if (key === "timeUnixNano") event.timeUnixNano = reader.uint64();
      else if (key === "name") event.name = reader.string();
      else if (key === "attributes") event.attributes = readJsonAttributes(reader);
      else if (key === "droppedAttributesCount") event.droppedAttributesCount = reader.uint32();
      else reader.unknown("Event", key);
    }
    events.push(event);
  }
  return events;
}

/** Gives the number of links whose ids were bad: the span stays without them, as if its sender had dropped them. */
function readLinks(reader: JsonReader, links: SpanLink[]): number {
  let bad = 0;
  for (let more = reader.firstItem(); more; more = reader.nextItem()) {
    if (reader.isNull()) continue;
    const ids = new JsonIds();
    const link: Mutable<SpanLink> = { traceId: "", spanId: "", traceState: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, flags: 0 };
    for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
      if (key === "traceId") link.traceId = ids.traceId(reader);
      else if (key === "spanId") link.spanId = ids.spanId(reader);
      else if (key === "traceState") link.traceState = reader.string();
      else if (key === "attributes") link.attributes = readJsonAttributes(reader);
      else if (key === "droppedAttributesCount") link.droppedAttributesCount = reader.uint32();
      else if (key === "flags") link.flags = reader.uint32();
      else reader.unknown("Link", key);
    }
    if (ids.bad === undefined) links.push(link);
    else bad++;
  }
  return bad;
}

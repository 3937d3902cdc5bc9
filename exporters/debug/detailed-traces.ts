import type { Span, SpanEvent, SpanLink } from "../../collector/model/span.ts";
import { attributesText, FLUSH, NESTED } from "./attributes-text.ts";
import { detailedHeaders } from "./detailed-headers.ts";
import { Groups } from "./groups.ts";
import { timeText } from "./time-text.ts";

const KIND_WORDS = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];
const STATUS_WORDS = ["Unset", "Ok", "Error"];

const HEADERS = detailedHeaders("traces");

/** Spans as otelcol's debug exporter prints them at `verbosity: detailed` (exporter/debugexporter/internal/otlptext, v0.159.0). */
export function detailedTraces(spans: readonly Span[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const span of spans) {
    out += groups.enter(span.resource, span.scope);
    out += spanText(span, groups.itemIndex);
  }
  return out;
}

function spanText(span: Span, index: number): string {
  const traceState = span.traceState === "" ? "" : `    TraceState     : ${span.traceState}\n`;
  return (
    `Span #${index}\n    Trace ID       : ${span.traceId}\n    Parent ID      : ${span.parentSpanId}\n    ID             : ${span.spanId}\n` +
    `    Name           : ${span.name}\n    Kind           : ${KIND_WORDS[span.kind] ?? ""}\n${traceState}` +
    `    Start time     : ${timeText(span.startUnixNano)}\n    End time       : ${timeText(span.endUnixNano)}\n` +
    `    Status code    : ${STATUS_WORDS[span.statusCode] ?? ""}\n    Status message : ${span.statusMessage}\n` +
    `    DroppedAttributesCount: ${span.droppedAttributesCount}\n    DroppedEventsCount: ${span.droppedEventsCount}\n` +
    `    DroppedLinksCount: ${span.droppedLinksCount}\n${attributesText("Attributes:\n", FLUSH, span.attributes)}` +
    `${span.events.length === 0 ? "" : eventsText(span.events)}${span.links.length === 0 ? "" : linksText(span.links)}`
  );
}

/** The doubled colon is otelcol's; readers of its output rely on it. */
const INNER_ATTRIBUTES = "     -> Attributes::\n";

function eventsText(events: readonly SpanEvent[]): string {
  let out = "Events:\n";
  for (const [index, event] of events.entries()) {
    out += `SpanEvent #${index}\n     -> Name: ${event.name}\n     -> Timestamp: ${timeText(event.timeUnixNano)}\n     -> DroppedAttributesCount: ${event.droppedAttributesCount}\n`;
    out += attributesText(INNER_ATTRIBUTES, NESTED, event.attributes);
  }
  return out;
}

function linksText(links: readonly SpanLink[]): string {
  let out = "Links:\n";
  for (const [index, link] of links.entries()) {
    out += `SpanLink #${index}\n     -> Trace ID: ${link.traceId}\n     -> ID: ${link.spanId}\n     -> TraceState: ${link.traceState}\n     -> DroppedAttributesCount: ${link.droppedAttributesCount}\n`;
    out += attributesText(INNER_ATTRIBUTES, NESTED, link.attributes);
  }
  return out;
}

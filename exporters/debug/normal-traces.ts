import type { Span } from "../../collector/model/span.ts";
import { Groups } from "./groups.ts";
import { normalHeaders, spaced } from "./normal-headers.ts";

const HEADERS = normalHeaders("traces");

/** A line for each span, as otelcol's debug exporter prints at `verbosity: normal` (exporter/debugexporter/internal/normal, v0.159.0). */
export function normalTraces(spans: readonly Span[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const span of spans) {
    out += groups.enter(span.resource, span.scope);
    out += `${span.name} ${span.traceId} ${span.spanId}${spaced(span.attributes)}\n`;
  }
  return out;
}

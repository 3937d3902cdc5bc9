import type { Hop } from "../../model/catalog.ts";
import type { Span } from "../../model/span.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { CellFate } from "./cell-table.ts";
import { fateOf } from "./error-type.ts";
import type { JoinTable } from "./join-table.ts";
import { numberAt, textAt } from "./read-value.ts";
import { addDuration, type Counted, countRequests, type RecorderParts, secondAt } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";
import { isAsync, roleOf, type SpanRole, serverEndpoint, storeEndpoint } from "./span-reading.ts";

const STATUS_ERROR = 2;

/** Counts spans that serve requests or call the store, in the second of their end, and gives all of them to the joins. */
export function recordSpan(parts: RecorderParts, joins: JoinTable, sender: Sender, span: Span): void {
  const [startMs, endMs] = [msFromUnixNano(span.startUnixNano), msFromUnixNano(span.endUnixNano)];
  if (endMs <= 0) {
    parts.losses.add("traces", "spans without an end");
    return;
  }
  const { attributes } = span;
  const role = roleOf(span);
  const hop: Hop = role === "store" ? "store" : sender.serverHop;
  const status = numberAt(attributes, "http.response.status_code") ?? numberAt(attributes, "http.status_code");
  const fate = fateOf(status, textAt(attributes, "error.type"), span.statusCode === STATUS_ERROR);
  const endpoint = role === "inner" ? -1 : endpointOf(parts, role, span);
  if (role !== "inner") count(parts, sender, { hop, endpoint, fate, endMs, durationMs: endMs - startMs });
  joins.addSpan(span.traceId, textAt(attributes, "request_id", "http.request.header.x-request-id"), {
    hop,
    witness: sender.service,
    name: span.name,
    isServer: role === "server",
    isStore: role === "store",
    isAsync: isAsync(span),
    endpoint,
    outcome: fate.outcome,
    errorKind: fate.errorKind,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    startMs,
    endMs,
    attributes,
  });
}

function endpointOf(parts: RecorderParts, role: SpanRole, span: Span): number {
  const { method, name, source } = role === "store" ? storeEndpoint(span) : serverEndpoint(span);
  return parts.endpoints.of(method, name, source);
}

interface SpanRequest {
  readonly hop: Hop;
  readonly endpoint: number;
  readonly fate: CellFate;
  readonly endMs: number;
  readonly durationMs: number;
}

function count(parts: RecorderParts, sender: Sender, { hop, endpoint, fate, endMs, durationMs }: SpanRequest): void {
  const witness = sender.witness(hop);
  witness.heard(parts.arrivedMs(), endMs);
  const counted: Counted = {
    second: secondAt(parts, endMs, sender.service),
    source: sender.cells(hop, "spans"),
    instance: sender.instance,
    scenario: "",
    endpoint,
    fate,
    witness,
  };
  const cell = countRequests(parts, counted, 1);
  if (cell !== undefined) addDuration(parts, counted, cell, Math.max(0, durationMs));
}

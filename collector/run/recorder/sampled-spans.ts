import type { SampledSpan } from "../../model/ledger.ts";
import { PHASES } from "../../model/load-outcome.ts";
import { msFromUnixNano } from "../../model/time.ts";
import { cutText } from "./cut-text.ts";
import type { JoinedRequest, JoinRequest, JoinSpan } from "./join-entry.ts";
import { textsOf } from "./read-value.ts";
import { isFailure } from "./recorder-parts.ts";
import { totalOf } from "./upstream-times.ts";

const MAX_NAME_CHARACTERS = 200;
/** Of one trace that is kept: thousands of them are, till the run's end. Attributes of spans that come after those are left out. */
const MAX_SPANS = 50;
const MAX_VALUE_CHARACTERS = 500;
const MAX_ATTRIBUTE_CHARACTERS = 16_384;

/** All that is known of a request as spans, outermost hop first. */
export function sampledSpans(joined: JoinedRequest): readonly SampledSpan[] {
  const { client, proxy, app, spans } = joined;
  // The id that the client gave its request is known from whoever got it.
  const clientId = proxy?.request.parentSpanId || app?.parentSpanId || "client";
  const made: SampledSpan[] = [];
  if (client !== undefined) made.push(spanOfRequest(client, clientId, ""));
  if (proxy !== undefined) made.push(spanOfRequest(proxy, "proxy", client === undefined ? "" : clientId));
  let room = MAX_ATTRIBUTE_CHARACTERS;
  for (const span of spans.slice(0, MAX_SPANS)) {
    const texts = room > 0 ? textsOf(span.attributes) : {};
    for (const [key, text] of Object.entries(texts)) room -= key.length + text.length;
    made.push(spanOf(span, texts));
  }
  return made;
}

function spanOfRequest({ hop, witness, request, endMs }: JoinRequest, spanId: string, parentSpanId: string): SampledSpan {
  const { endpoint, startUnixNano, durationMs } = request;
  const start = startUnixNano === undefined ? endMs - (durationMs ?? 0) : msFromUnixNano(startUnixNano);
  return {
    hop,
    witness,
    name: cutText(`${endpoint.method} ${endpoint.name || endpoint.url}`.trim(), MAX_NAME_CHARACTERS),
    spanId,
    parentSpanId,
    startUnixMs: start,
    endUnixMs: endMs,
    failed: isFailure(request),
    attributes: attributesOf(request),
  };
}

function attributesOf({
  status,
  errorKind,
  errorText,
  phases,
  durationMs,
  responseBytes,
  scenario,
  vu,
  iteration,
  proxy,
  requestId,
}: JoinRequest["request"]) {
  const tries = proxy?.tries ?? [];
  const told: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ["status", status],
    ["error_kind", errorKind],
    ["error", errorText],
    ["duration_ms", durationMs],
    ...PHASES.map((phase) => [`${phase}_ms`, phases[phase]] as const),
    ["response_bytes", responseBytes],
    ["scenario", scenario],
    ["vu", vu],
    ["iteration", iteration],
    ["request_id", requestId],
    ["upstream", tries.map(({ address }) => address).join(", ")],
    ["upstream_status", tries.map((one) => one.status ?? "-").join(", ")],
    ["upstream_connect_ms", totalOf(tries, "connectMs")],
    ["upstream_header_ms", totalOf(tries, "headerMs")],
    ["upstream_response_ms", totalOf(tries, "responseMs")],
    ["complete", proxy?.complete],
  ];
  return Object.fromEntries(
    told.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [[key, cutText(String(value), MAX_VALUE_CHARACTERS)]])),
  );
}

function spanOf(span: JoinSpan, attributes: SampledSpan["attributes"]): SampledSpan {
  const { hop, witness, name, spanId, parentSpanId, startMs, endMs } = span;
  return {
    hop,
    witness,
    name: cutText(name, MAX_NAME_CHARACTERS),
    spanId,
    parentSpanId,
    startUnixMs: startMs,
    endUnixMs: endMs,
    failed: isFailure(span),
    attributes,
  };
}

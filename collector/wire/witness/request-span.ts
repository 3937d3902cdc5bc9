import type { Attributes } from "../../model/attributes.ts";
import { ERROR_KINDS, type ErrorKind, OUTCOMES, PHASES, type Phase } from "../../model/load-outcome.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../model/load-record.ts";
import type { Resource } from "../../model/resource.ts";
import type { Span } from "../../model/span.ts";
import type { UnixNano } from "../../model/time.ts";
import { AttributeBuilder } from "./attribute-builder.ts";
import { flagAt, numberAt, textAt, unprefixed, wordAt } from "./attribute-reading.ts";
import { DURATION_MEANINGS } from "./duration-meanings.ts";
import { addEndpoint, readEndpoint, spanName } from "./endpoint-attributes.ts";
import { addProxyView, readProxyView } from "./proxy-attributes.ts";
import type { SpanIds } from "./span-ids.ts";
import { TAG_PREFIX } from "./tags.ts";
import { WITNESS_SCOPE } from "./witness-scope.ts";

/*
 * A request as a span. Attributes of the OpenTelemetry semantic conventions where there are any; the rest:
 *   loadtest.outcome            how it ended (Outcome)
 *   loadtest.timed              which times the witness knew: "start", "end" or "none"; absent = both
 *   loadtest.stamped            which of them it wrote, where that is not the end
 *   loadtest.stamp.step_ms      step of the stamp, where it is not 0
 *   loadtest.duration_ms        as the witness measured it, with its own meaning; the span's own length may be another
 *   loadtest.duration.means     where it is another than the witness's durations have
 *   loadtest.phase.<phase>_ms   phases of a client
 *   loadtest.no_response        true: no answer came (status 0)
 *   loadtest.judged_failed      the generator's own judgement
 *   loadtest.error.text         of a request that is not marked as failed; else it is the status message
 *   loadtest.connection.new     whether a connection was made for it
 *   loadtest.{vu,iteration,scenario,group,request_id}
 *   loadtest.trace_id           present where the span's trace id was given by us: what the witness had instead, mostly ""
 *   loadtest.parent_span_id     what the witness had, where that is no span id
 *   loadtest.tag.<key>          all else
 * and those of endpoint-attributes.ts and proxy-attributes.ts.
 */

const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

const PHASE_KEYS = PHASES.map((phase): readonly [Phase, string] => [phase, `loadtest.phase.${phase}_ms`]);

/** What the spans of one witness have in common. */
export interface SpanFrame {
  readonly resource: Resource;
  readonly isProxy: boolean;
  readonly durationMeans: string;
}

/** A CLIENT span of what a client sent, a SERVER span of what a proxy was asked. A request without any time gets that of reading. */
export function spanOf(request: LoadRequest, frame: SpanFrame, ids: SpanIds, readUnixNano: UnixNano): Span {
  const own = ids.next();
  const hasTrace = isId(request.traceId, TRACE_ID);
  const hasParent = hasTrace && isId(request.parentSpanId, SPAN_ID);
  const isError = isSpanError(request, frame.isProxy);
  return {
    resource: frame.resource,
    scope: WITNESS_SCOPE,
    traceId: hasTrace ? request.traceId : own.traceId,
    spanId: own.spanId,
    parentSpanId: hasParent ? request.parentSpanId : "",
    traceState: "",
    flags: 0,
    name: spanName(request.endpoint),
    kind: frame.isProxy ? KIND_SERVER : KIND_CLIENT,
    ...spanTimes(request, readUnixNano),
    attributes: attributesOf(request, frame, { isError, hasTrace, hasParent }),
    droppedAttributesCount: 0,
    events: NONE,
    droppedEventsCount: 0,
    links: NONE,
    droppedLinksCount: 0,
    statusCode: isError ? STATUS_ERROR : STATUS_UNSET,
    statusMessage: isError ? request.errorText : "",
  };
}

const NONE: readonly never[] = [];
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

function isId(text: string, form: RegExp): boolean {
  return text !== "" && form.test(text);
}

/** Semantic conventions, HTTP spans: on the server's side 4xx is no error of the span. */
function isSpanError({ outcome, errorKind }: LoadRequest, isProxy: boolean): boolean {
  if (outcome === "ok" || outcome === "unknown") return false;
  return !(isProxy && (errorKind === "http_4xx" || errorKind === "http_429"));
}

function spanTimes({ startUnixNano, endUnixNano, durationMs }: LoadRequest, readUnixNano: UnixNano): Pick<Span, "startUnixNano" | "endUnixNano"> {
  const length = durationMs === undefined || !(durationMs > 0 && durationMs < MAX_LENGTH_MS) ? 0n : BigInt(Math.round(durationMs * 1e6));
  if (startUnixNano !== undefined) return { startUnixNano, endUnixNano: endUnixNano ?? startUnixNano + length };
  const end = endUnixNano ?? readUnixNano;
  return { startUnixNano: end > length ? end - length : end, endUnixNano: end };
}

/** A year: a longer request is a mistake of the file, and no start is computed from it. */
const MAX_LENGTH_MS = 365 * 24 * 3600 * 1000;

interface SpanFlags {
  readonly isError: boolean;
  readonly hasTrace: boolean;
  readonly hasParent: boolean;
}

function attributesOf(request: LoadRequest, { durationMeans }: SpanFrame, { isError, hasTrace, hasParent }: SpanFlags): Attributes {
  const { status, phases } = request;
  const attributes = new AttributeBuilder();
  addEndpoint(attributes, request.endpoint);
  attributes.text("loadtest.outcome", request.outcome).text("error.type", request.errorKind ?? "");
  if (status === 0) attributes.flag("loadtest.no_response", true);
  else attributes.count("http.response.status_code", status);
  attributes.text("loadtest.timed", timedWord(request));
  if (request.stamped !== "end") attributes.text("loadtest.stamped", request.stamped);
  if (request.stampStepMs !== 0) attributes.number("loadtest.stamp.step_ms", request.stampStepMs);
  attributes.number("loadtest.duration_ms", request.durationMs);
  if (request.durationMeans !== durationMeans) attributes.text("loadtest.duration.means", request.durationMeans);
  for (const [phase, key] of PHASE_KEYS) attributes.number(key, phases[phase]);
  attributes
    .count("http.request.size", request.requestBytes)
    .count("http.response.body.size", request.responseBytes)
    .flag("loadtest.judged_failed", request.judgedFailed)
    .text("loadtest.error.text", isError ? "" : request.errorText)
    .flag("loadtest.connection.new", request.newConnection)
    .text("loadtest.vu", request.vu)
    .text("loadtest.iteration", request.iteration)
    .text("loadtest.scenario", request.scenario)
    .text("loadtest.group", request.group)
    .text("loadtest.request_id", request.requestId);
  if (!hasTrace) attributes.present("loadtest.trace_id", request.traceId);
  if (!hasParent) attributes.text("loadtest.parent_span_id", request.parentSpanId);
  if (request.proxy !== undefined) addProxyView(attributes, request.proxy);
  return attributes.prefixed(TAG_PREFIX, request.tags).build();
}

function timedWord({ startUnixNano, endUnixNano }: LoadRequest): string {
  if (startUnixNano === undefined) return endUnixNano === undefined ? "none" : "end";
  return endUnixNano === undefined ? "start" : "";
}

/** The request that `spanOf` made the span of. What somebody took away on the way is unknown. */
export function requestOfSpan(span: Span, witnessDurationMeans: string): LoadRequest {
  const { attributes } = span;
  const timed = textAt(attributes, "loadtest.timed");
  const means = textAt(attributes, "loadtest.duration.means") || witnessDurationMeans;
  return {
    ...BLANK_REQUEST,
    endpoint: readEndpoint(attributes),
    startUnixNano: timed === "" || timed === "start" ? span.startUnixNano : undefined,
    endUnixNano: timed === "" || timed === "end" ? span.endUnixNano : undefined,
    stamped: wordAt(attributes, "loadtest.stamped", ["start", "none"], "end"),
    stampStepMs: numberAt(attributes, "loadtest.stamp.step_ms") ?? 0,
    outcome: wordAt(attributes, "loadtest.outcome", OUTCOMES, "unknown"),
    errorKind: wordAt<ErrorKind, undefined>(attributes, "error.type", ERROR_KINDS, undefined),
    errorText: span.statusCode === STATUS_ERROR ? span.statusMessage : textAt(attributes, "loadtest.error.text"),
    status: flagAt(attributes, "loadtest.no_response") === true ? 0 : numberAt(attributes, "http.response.status_code"),
    judgedFailed: flagAt(attributes, "loadtest.judged_failed"),
    durationMs: numberAt(attributes, "loadtest.duration_ms"),
    durationMeans: DURATION_MEANINGS.find((word) => word === means) ?? "unknown",
    phases: Object.fromEntries(
      PHASE_KEYS.flatMap(([phase, key]) => {
        const ms = numberAt(attributes, key);
        return ms === undefined ? [] : [[phase, ms]];
      }),
    ),
    requestBytes: numberAt(attributes, "http.request.size"),
    responseBytes: numberAt(attributes, "http.response.body.size"),
    newConnection: flagAt(attributes, "loadtest.connection.new"),
    vu: textAt(attributes, "loadtest.vu"),
    iteration: textAt(attributes, "loadtest.iteration"),
    scenario: textAt(attributes, "loadtest.scenario"),
    group: textAt(attributes, "loadtest.group"),
    traceId: attributes.getString("loadtest.trace_id") ?? span.traceId,
    parentSpanId: span.parentSpanId || textAt(attributes, "loadtest.parent_span_id"),
    requestId: textAt(attributes, "loadtest.request_id"),
    tags: unprefixed(attributes, TAG_PREFIX),
    proxy: readProxyView(attributes),
  };
}

import type { Diagnosis } from "../diagnose/diagnosis.ts";
import type { Hop } from "../model/catalog.ts";
import type { KeptLog, RunLedger, SampledSpan, SampledTrace } from "../model/ledger.ts";
import { redactRecord, redactText } from "./redact.ts";
import type { ReportTrace, RunReport } from "./report-schema.ts";
import { HOPS } from "./report-streams.ts";
import { orNull } from "./round-number.ts";
import { mostlyIn, spanParts } from "./span-parts.ts";
import { visibleLine } from "./visible-text.ts";

const MOST_TRACES = 12;
/** Failed ones of one endpoint and kind: the third tells nothing new. */
const MOST_ALIKE = 2;
/** Slow ones of one endpoint. */
const MOST_SLOW_ALIKE = 4;
const MOST_SPANS = 40;
const MOST_ATTRIBUTES = 6;
const MOST_TRACE_LOGS = 4;
const MOST_CHARS = 160;
const MOST_LOGS = 40;
const MOST_LOG_CHARS = 400;

/** Failed and slow requests to look at, the endpoints and kinds of failure in turn. */
export function reportTraces(ledger: RunLedger, diagnosis: Diagnosis): readonly ReportTrace[] {
  const failed = inTurn(
    ledger.traces.filter(({ why }) => why === "failed"),
    (trace) => `${trace.endpoint} ${trace.errorKind ?? ""}`,
    MOST_ALIKE,
  );
  const slow = inTurn(
    // A timeout is long whatever the server does; it is among the failed ones.
    ledger.traces
      .filter(({ why, outcome }) => why === "slow" && (outcome === "ok" || outcome === "unknown"))
      .toSorted((a, b) => b.durationMs - a.durationMs),
    (trace) => `${trace.endpoint}`,
    MOST_SLOW_ALIKE,
  );
  const half = MOST_TRACES / 2;
  const chosen = [...failed.slice(0, Math.max(half, MOST_TRACES - slow.length)), ...slow].slice(0, MOST_TRACES);
  const offsets = clockOffsets(diagnosis);
  return chosen.map((trace) => traceOf(trace, ledger, offsets));
}

/** One of each group, then the next of each, so many of one at most. */
function inTurn<T>(items: readonly T[], group: (item: T) => string, most: number): readonly T[] {
  const groups = [...Map.groupBy(items, group).values()].map((one) => one.slice(0, most));
  return Array.from({ length: Math.max(0, ...groups.map(({ length }) => length)) }).flatMap((_, turn) =>
    groups.flatMap((one) => one.slice(turn, turn + 1)),
  );
}

function traceOf(trace: SampledTrace, ledger: RunLedger, offsets: ReadonlyMap<Hop, number>): ReportTrace {
  const placed = trace.spans.map((span) => ({ span, startMs: span.startUnixMs + (offsets.get(span.hop) ?? 0) }));
  // Clocks that differ by less than is known must not put the server before its client.
  const rank = ({ span: { hop } }: (typeof placed)[number]): number => Math.min(HOPS.indexOf(hop), HOPS.indexOf("application"));
  const ordered = placed.toSorted((a, b) => rank(a) - rank(b) || a.startMs - b.startMs || HOPS.indexOf(a.span.hop) - HOPS.indexOf(b.span.hop));
  const origin = Math.min(...ordered.map(({ startMs }) => startMs));
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  const spans = ordered.slice(0, MOST_SPANS).map(({ span, startMs }) => spanOf(span, startMs - origin, byId));
  return {
    why: trace.why,
    endpoint: ledger.endpoints[trace.endpoint]?.canonical ?? "",
    second: ordered.length === 0 ? 0 : Math.round((origin - ledger.run.startUnixMs) / 100) / 10,
    traceId: trace.traceId,
    durationMs: toMicros(trace.durationMs),
    outcome: trace.outcome,
    errorKind: orNull(trace.errorKind),
    mostly: mostlyIn(spans),
    logs:
      trace.traceId === ""
        ? []
        : ledger.logs
            .filter(({ traceId }) => traceId === trace.traceId)
            .slice(0, MOST_TRACE_LOGS)
            .map(logTexts),
    spansLeftOut: Math.max(0, ordered.length - MOST_SPANS),
    spans,
  };
}

type ReportSpan = ReportTrace["spans"][number];

function spanOf(span: SampledSpan, startMs: number, byId: ReadonlyMap<string, SampledSpan>): ReportSpan {
  const durationMs = toMicros(Math.max(0, span.endUnixMs - span.startUnixMs));
  const start = toMicros(startMs);
  return {
    hop: span.hop,
    witness: visibleLine(span.witness, MOST_CHARS),
    name: visibleLine(redactText(span.name), MOST_CHARS),
    depth: depthOf(span, byId),
    startMs: start,
    durationMs,
    failed: span.failed,
    status: visibleLine(STATUS_KEYS.map((key) => span.attributes[key]).find((value) => value !== undefined && value !== "0") ?? "", 20),
    parts: spanParts(span, start, durationMs),
    attributes: attributesOf(span),
  };
}

/** Attributes that the span's own fields tell already, or that stand for the whole request. */
const TOLD =
  /^(duration_ms|status|error_kind|(blocked|connect|tls|send|wait|recv|upstream_(connect|header|response))_ms|http\.(request\.method|response\.status_code|status_code|method|route|scheme|target|flavor)|url\.(path|scheme|full)|network\.protocol\.(name|version)|server\.(address|port)|user_agent\.original|otel\.status_code)$/;
const STATUS_KEYS = ["http.response.status_code", "http.status_code", "status", "rpc.grpc.status_code"];

function attributesOf({ attributes }: SampledSpan): Record<string, string> {
  const redacted = redactRecord(attributes);
  return Object.fromEntries(
    Object.entries(redacted)
      .filter(([name, value]) => value !== "" && !TOLD.test(name))
      .slice(0, MOST_ATTRIBUTES)
      .map(([name, value]) => [visibleLine(name, 60), visibleLine(value, MOST_CHARS)]),
  );
}

function depthOf(span: SampledSpan, byId: ReadonlyMap<string, SampledSpan>): number {
  let depth = 0;
  for (let parent = byId.get(span.parentSpanId); parent !== undefined && depth < 12; parent = byId.get(parent.parentSpanId)) depth++;
  return depth;
}

/** ms to be added to the clock of each hop, middles of the intervals where they are known, from the outside inwards. */
function clockOffsets({ skew }: Diagnosis): ReadonlyMap<Hop, number> {
  const offsets = new Map<Hop, number>();
  for (const { outer, inner, lowerMs, upperMs } of skew.toSorted((a, b) => HOPS.indexOf(a.outer) - HOPS.indexOf(b.outer))) {
    if (lowerMs === undefined || upperMs === undefined || lowerMs > upperMs || offsets.has(inner)) continue;
    // Within the interval, no correction is the smaller claim.
    const middle = lowerMs <= 0 && upperMs >= 0 ? 0 : (lowerMs + upperMs) / 2;
    offsets.set(inner, (offsets.get(outer) ?? 0) + middle);
  }
  const store = offsets.get("application");
  if (store !== undefined && !offsets.has("store")) offsets.set("store", store);
  return offsets;
}

/** Logs that say the same are told once; those of requests that are shown first, then the most severe and earliest. */
export function reportLogs(ledger: RunLedger, traces: readonly ReportTrace[]): Pick<RunReport, "logs" | "logsLeftOut"> {
  const shown = new Set(traces.map(({ traceId }) => traceId).filter((id) => id !== ""));
  const rank = (log: KeptLog) => (/^(error|fatal|critical|emerg|alert)/i.test(log.severity) ? 0 : shown.has(log.traceId) ? 1 : 2);
  const alike = Map.groupBy(
    ledger.logs.toSorted((a, b) => a.timeUnixMs - b.timeUnixMs),
    ({ witness, severity, body }) => JSON.stringify([witness, severity, body]),
  );
  const groups = [...alike.values()].map((logs) => ({ first: logs[0] as KeptLog, last: logs.at(-1) as KeptLog, count: logs.length }));
  const byTime = (a: (typeof groups)[number], b: (typeof groups)[number]) => a.first.timeUnixMs - b.first.timeUnixMs;
  const chosen = groups.toSorted((a, b) => rank(a.first) - rank(b.first) || byTime(a, b)).slice(0, MOST_LOGS);
  const originMs = Math.floor(ledger.run.startUnixMs / 1000) * 1000;
  const second = (log: KeptLog) => Math.round((log.timeUnixMs - originMs) / 100) / 10;
  return {
    logs: chosen.toSorted(byTime).map(({ first, last, count }) => ({
      timeUnixMs: first.timeUnixMs,
      second: second(first),
      lastSecond: second(last),
      count,
      ...logTexts(first),
      traceId: first.traceId,
    })),
    logsLeftOut: groups.length - chosen.length,
  };
}

function logTexts(log: KeptLog): ReportTrace["logs"][number] {
  return {
    witness: visibleLine(log.witness, MOST_CHARS),
    severity: visibleLine(log.severity, 20),
    body: visibleLine(redactText(log.body.slice(0, 10 * MOST_LOG_CHARS)), MOST_LOG_CHARS),
  };
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

import type { Diagnosis } from "../diagnose/diagnosis.ts";
import type { Hop } from "../model/catalog.ts";
import type { KeptLog, RunLedger, SampledSpan, SampledTrace } from "../model/ledger.ts";
import { redactRecord, redactText } from "./redact.ts";
import type { ReportTrace, RunReport } from "./report-schema.ts";
import { HOPS } from "./report-streams.ts";
import { orNull } from "./round-number.ts";
import { visibleLine } from "./visible-text.ts";

const MOST_TRACES = 12;
const MOST_SPANS = 40;
const MOST_ATTRIBUTES = 8;
const MOST_CHARS = 160;
const MOST_LOGS = 40;
const MOST_LOG_CHARS = 400;

/** Failed and slow requests to look at, the endpoints and kinds of failure in turn. */
export function reportTraces(ledger: RunLedger, diagnosis: Diagnosis): readonly ReportTrace[] {
  const failed = inTurn(
    ledger.traces.filter(({ why }) => why === "failed"),
    (trace) => `${trace.endpoint} ${trace.errorKind ?? ""}`,
  );
  const slow = inTurn(
    ledger.traces.filter(({ why }) => why === "slow").toSorted((a, b) => b.durationMs - a.durationMs),
    (trace) => `${trace.endpoint}`,
  );
  const half = MOST_TRACES / 2;
  const chosen = [...failed.slice(0, Math.max(half, MOST_TRACES - slow.length)), ...slow].slice(0, MOST_TRACES);
  const offsets = clockOffsets(diagnosis);
  return chosen.map((trace) => traceOf(trace, ledger, offsets));
}

/** One of each group, then the next of each. */
function inTurn<T>(items: readonly T[], group: (item: T) => string): readonly T[] {
  const groups = [...Map.groupBy(items, group).values()];
  return Array.from({ length: Math.max(0, ...groups.map(({ length }) => length)) }).flatMap((_, turn) =>
    groups.flatMap((one) => one.slice(turn, turn + 1)),
  );
}

function traceOf(trace: SampledTrace, ledger: RunLedger, offsets: ReadonlyMap<Hop, number>): ReportTrace {
  const placed = trace.spans.map((span) => ({ span, startMs: span.startUnixMs + (offsets.get(span.hop) ?? 0) }));
  const ordered = placed.toSorted((a, b) => a.startMs - b.startMs || HOPS.indexOf(a.span.hop) - HOPS.indexOf(b.span.hop));
  const origin = ordered[0]?.startMs ?? 0;
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  return {
    why: trace.why,
    endpoint: ledger.endpoints[trace.endpoint]?.canonical ?? "",
    second: Math.round((origin - ledger.run.startUnixMs) / 100) / 10,
    traceId: trace.traceId,
    durationMs: toMicros(trace.durationMs),
    outcome: trace.outcome,
    errorKind: orNull(trace.errorKind),
    spansLeftOut: Math.max(0, ordered.length - MOST_SPANS),
    spans: ordered.slice(0, MOST_SPANS).map(({ span, startMs }) => ({
      hop: span.hop,
      witness: visibleLine(span.witness, MOST_CHARS),
      name: visibleLine(redactText(span.name), MOST_CHARS),
      depth: depthOf(span, byId),
      startMs: toMicros(startMs - origin),
      durationMs: toMicros(Math.max(0, span.endUnixMs - span.startUnixMs)),
      failed: span.failed,
      attributes: attributesOf(span),
    })),
  };
}

function attributesOf({ attributes }: SampledSpan): Record<string, string> {
  const redacted = redactRecord(attributes);
  return Object.fromEntries(
    Object.entries(redacted)
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

/** Logs of requests that are shown first, then the most severe and earliest. */
export function reportLogs(ledger: RunLedger, traces: readonly ReportTrace[]): Pick<RunReport, "logs" | "logsLeftOut"> {
  const shown = new Set(traces.map(({ traceId }) => traceId).filter((id) => id !== ""));
  const rank = (log: KeptLog) => (shown.has(log.traceId) ? 0 : /^(error|fatal|critical|emerg|alert)/i.test(log.severity) ? 1 : 2);
  const chosen = ledger.logs.toSorted((a, b) => rank(a) - rank(b) || a.timeUnixMs - b.timeUnixMs).slice(0, MOST_LOGS);
  const originMs = Math.floor(ledger.run.startUnixMs / 1000) * 1000;
  return {
    logs: chosen
      .toSorted((a, b) => a.timeUnixMs - b.timeUnixMs)
      .map((log) => ({
        timeUnixMs: log.timeUnixMs,
        second: Math.round((log.timeUnixMs - originMs) / 100) / 10,
        witness: visibleLine(log.witness, MOST_CHARS),
        severity: visibleLine(log.severity, 20),
        body: visibleLine(redactText(log.body.slice(0, 10 * MOST_LOG_CHARS)), MOST_LOG_CHARS),
        traceId: log.traceId,
      })),
    logsLeftOut: ledger.logs.length - chosen.length,
  };
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

import type { ErrorKind } from "../../collector/model/load-outcome.ts";
import { outcomeOf } from "../../collector/model/load-outcome.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../collector/model/time.ts";
import type { SentRequest } from "../driver/driver.ts";
import type { Outcome } from "../driver/outcome.ts";
import type { TimedResult } from "../driver/timed-request.ts";

/** A request of the driver as a witness tells it; `route` is the name of its target. Its duration begins when it was due. */
export function requestOfResult(route: string, result: TimedResult, sent: SentRequest): LoadRequest {
  const errorKind = errorKindOf(result);
  const { blocked, connect, send, wait, receive } = result.phases;
  return {
    ...BLANK_REQUEST,
    endpoint: { method: sent.method, name: route, url: sent.path, source: "route" },
    startUnixNano: unixNanoFromMs(sent.intendedUnixMs),
    endUnixNano: unixNanoFromMs(sent.intendedUnixMs + result.latencyMs),
    stamped: "start",
    stampStepMs: 0,
    outcome: outcomeOf(errorKind),
    errorKind,
    status: result.status ?? 0,
    durationMs: result.latencyMs,
    durationMeans: "intended_start_to_last_byte",
    // Of a witness `blocked` contains the connection; the driver tells the two apart.
    phases: { blocked: blocked + connect, connect, send, wait, recv: receive },
    responseBytes: result.bodyBytes,
    newConnection: connect > 0,
    traceId: sent.traceparent.slice(3, 35),
  };
}

const KINDS: Readonly<Record<Exclude<Outcome, "ok" | "timeout">, ErrorKind>> = {
  http_429: "http_429",
  http_4xx: "http_4xx",
  http_5xx: "http_5xx",
  refused: "dial_refused",
  reset: "reset",
  error: "other",
};

/** A timeout is told by the phase that was under way. */
function errorKindOf({ outcome, phases }: TimedResult): ErrorKind | undefined {
  if (outcome === "ok") return undefined;
  if (outcome !== "timeout") return KINDS[outcome];
  if (phases.receive > 0) return "timeout_recv";
  return phases.wait > 0 ? "timeout_wait" : "dial_timeout";
}

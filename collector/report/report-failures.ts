import type { Diagnosis } from "../diagnose/diagnosis.ts";
import { failuresOf } from "../diagnose/digest/stream.ts";
import type { RunLedger } from "../model/ledger.ts";
import type { ErrorKind } from "../model/load-outcome.ts";
import { redactText } from "./redact.ts";
import type { ReportFailure } from "./report-schema.ts";
import { HOPS } from "./report-streams.ts";
import { visibleLine } from "./visible-text.ts";

const MOST_ROWS = 60;
const MOST_SAMPLES = 3;
const MOST_CHARS = 200;
/** Where witnesses write why a request failed, the most telling first. */
const TEXT_KEYS = ["error.message", "exception.message", "error", "error_text", "status.message", "error.type", "error_code"];

/** A log that says no more than that there was a request is no reason. */
const ACCESS_LINE = /^(http )?(request|response) (completed|finished|handled|served|ended|done)\b.{0,20}$/i;

/** Failed requests by kind, per endpoint and hop, most of them first. */
export function reportFailures(ledger: RunLedger, diagnosis: Diagnosis): readonly ReportFailure[] {
  const rows: ReportFailure[] = [];
  for (const view of diagnosis.digest.scopes[0]?.endpoints ?? []) {
    for (const hop of HOPS) {
      const stream = view.streams.get(hop);
      if (stream === undefined) continue;
      let told = 0;
      for (const [kind, requests] of stream.errorKinds) {
        told += requests;
        if (requests > 0) rows.push({ hop, endpoint: view.endpoint, kind, requests, samples: samplesOf(ledger, view.endpoint, kind) });
      }
      const untold = failuresOf(stream) - told;
      if (untold > 0) rows.push({ hop, endpoint: view.endpoint, kind: "unknown", requests: untold, samples: [] });
    }
  }
  return rows.toSorted((a, b) => b.requests - a.requests || HOPS.indexOf(a.hop) - HOPS.indexOf(b.hop)).slice(0, MOST_ROWS);
}

/** The first few different texts that sampled requests of this kind left: in their spans, else in logs of their trace. */
function samplesOf(ledger: RunLedger, endpoint: string, kind: ErrorKind): readonly string[] {
  const texts = new Set<string>();
  for (const trace of ledger.traces) {
    if (texts.size >= MOST_SAMPLES) break;
    if (trace.errorKind !== kind || ledger.endpoints[trace.endpoint]?.canonical !== endpoint) continue;
    const text = trace.spans.flatMap(({ attributes }) => TEXT_KEYS.flatMap((key) => attributes[key] ?? []))[0];
    const logged = trace.traceId === "" ? undefined : ledger.logs.find(({ traceId }) => traceId === trace.traceId)?.body;
    const found = text ?? logged;
    if (found !== undefined && found !== "" && !ACCESS_LINE.test(found)) texts.add(visibleLine(redactText(found), MOST_CHARS));
  }
  return [...texts];
}

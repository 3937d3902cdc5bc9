import { type ErrorKind, errorKindOfStatus, type PhaseTimes } from "../../model/load-outcome.ts";

/** k6's `error_code` of a timeout; the phase that was running tells which (grafana/k6 lib/netext/httpext/error_codes.go). */
export const K6_REQUEST_TIMEOUT = 1050;

/**
 * The kind behind k6's `error_code` (grafana/k6 lib/netext/httpext/error_codes.go). A timeout is one of receiving when bytes of the answer had
 * begun to come, of waiting when only the wait had begun; with neither, the connection was not there yet and nothing tells why.
 */
export function errorKindOfK6(code: number, phases: PhaseTimes): ErrorKind {
  if (code === K6_REQUEST_TIMEOUT) return kindOfTimeout(phases);
  if (code >= 1400 && code < 1600) return errorKindOfStatus(code - 1000) ?? "other";
  const exact = KINDS.get(code);
  if (exact !== undefined) return exact;
  if (code >= 1100 && code < 1110) return "dns";
  if (code >= 1110 && code < 1120) return "blocked";
  if (code >= 1300 && code < 1400) return "tls";
  return code >= 1600 && code < 1700 ? "protocol" : "other";
}

const KINDS: ReadonlyMap<number, ErrorKind> = new Map([
  [1201, "broken_pipe"],
  [1211, "dial_timeout"],
  [1212, "dial_refused"],
  [1220, "reset"],
  [1701, "protocol"],
]);

/** Codes of failures before there was a connection, also where the vocabulary has no word for the reason: 1210 dial, 1213 dial with unknown errno. */
export function isK6ConnectionFailure(code: number): boolean {
  return (code >= 1100 && code < 1120) || (code >= 1210 && code <= 1213) || (code >= 1300 && code < 1400);
}

function kindOfTimeout({ wait, recv }: PhaseTimes): ErrorKind {
  if (recv !== undefined && recv > 0) return "timeout_recv";
  return wait !== undefined && wait > 0 ? "timeout_wait" : "timeout_unknown";
}

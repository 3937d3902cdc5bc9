/** Why a request failed, in the words that every witness of a load run uses. */
export const ERROR_KINDS = [
  "dns",
  "blocked",
  "dial_refused",
  "dial_timeout",
  "tls",
  "reset",
  "broken_pipe",
  "timeout_wait",
  "timeout_recv",
  "timeout_unknown",
  "http_4xx",
  "http_429",
  "http_5xx",
  "body_check",
  "protocol",
  "aborted",
  "other",
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/**
 * How a request ended, coarse enough for laws of conservation. `connection_error`: it never left the client. `transfer_error`: it may have
 * arrived. `cut`: given up by the client or at the end of the run. `unknown`: the format does not say.
 */
export const OUTCOMES = [
  "ok",
  "http_error",
  "check_failed",
  "connection_error",
  "transfer_error",
  "timeout",
  "cut",
  "other_error",
  "unknown",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOME_OF: Readonly<Record<ErrorKind, Outcome>> = {
  dns: "connection_error",
  blocked: "connection_error",
  dial_refused: "connection_error",
  dial_timeout: "connection_error",
  tls: "connection_error",
  reset: "transfer_error",
  broken_pipe: "transfer_error",
  timeout_wait: "timeout",
  timeout_recv: "timeout",
  timeout_unknown: "timeout",
  http_4xx: "http_error",
  http_429: "http_error",
  http_5xx: "http_error",
  body_check: "check_failed",
  protocol: "transfer_error",
  aborted: "cut",
  other: "other_error",
};

export function outcomeOf(kind: ErrorKind | undefined): Outcome {
  return kind === undefined ? "ok" : OUTCOME_OF[kind];
}

/** The kind that a status of HTTP stands for; undefined below 400. */
export function errorKindOfStatus(status: number): ErrorKind | undefined {
  if (status === 429) return "http_429";
  if (status >= 500) return "http_5xx";
  return status >= 400 ? "http_4xx" : undefined;
}

/**
 * What a duration spans. Figures of different meanings are never laid over one another.
 * - `send_to_last_byte`: sending, waiting, receiving; without the connection (k6)
 * - `start_to_last_byte`: from the wish to send, the connection included
 * - `start_to_first_byte`: ends with the first byte of the answer (Artillery)
 * - `intended_start_to_last_byte`: from when the request was due (wrk2)
 * - `first_byte_in_to_last_byte_out`: a server's or proxy's view (nginx `$request_time`)
 * - `round_trip`: of a message on an open connection
 */
export const DURATION_MEANINGS = [
  "send_to_last_byte",
  "start_to_last_byte",
  "start_to_first_byte",
  "intended_start_to_last_byte",
  "first_byte_in_to_last_byte_out",
  "round_trip",
  "unknown",
] as const;
export type DurationMeaning = (typeof DURATION_MEANINGS)[number];

/**
 * Whether latencies were corrected for coordinated omission. `broken`: by a correction that is known to be wrong, so that quantiles are
 * left out. `not_needed`: an open model stamps every request by itself.
 */
export type Correction = "corrected" | "raw" | "not_needed" | "broken" | "unknown";

export const PHASES = ["blocked", "connect", "tls", "send", "wait", "recv"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Milliseconds of each phase; absent where the witness does not tell. `blocked` is all that came before sending, so `connect` and `tls` lie
 * within it; blocked + send + wait + recv is the whole.
 */
export type PhaseTimes = { readonly [phase in Phase]?: number };

import type { ErrorKind } from "../model/load-outcome.ts";

const WORDS: Readonly<Record<ErrorKind | "unknown", string>> = {
  dns: "name not resolved",
  blocked: "no connection free",
  dial_refused: "connection refused",
  dial_timeout: "connecting timed out",
  tls: "TLS handshake failed",
  reset: "connection reset",
  broken_pipe: "broken pipe",
  timeout_wait: "timed out waiting for the answer",
  timeout_recv: "timed out receiving the answer",
  timeout_unknown: "timed out",
  http_4xx: "status 4xx",
  http_429: "status 429",
  http_5xx: "status 5xx",
  body_check: "a check failed",
  protocol: "protocol error",
  aborted: "given up",
  other: "other error",
  unknown: "not told why",
};

/** Kinds of failures as people read them. */
export const ERROR_WORDS: Readonly<Record<string, string>> = WORDS;

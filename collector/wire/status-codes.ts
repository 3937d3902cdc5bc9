/** gRPC status codes (grpc: doc/statuscodes.md); `google.rpc.Status.code` uses the same numbers. */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** Code → HTTP, for servers (opentelemetry-collector: internal/statusutil); what is not listed is 500. */
const HTTP_OF_GRPC: ReadonlyMap<number, number> = new Map([
  [GRPC.ok, 200],
  [GRPC.cancelled, 503],
  [GRPC.invalidArgument, 400],
  [GRPC.deadlineExceeded, 503],
  [GRPC.permissionDenied, 403],
  [GRPC.resourceExhausted, 429],
  [GRPC.aborted, 503],
  [GRPC.outOfRange, 503],
  [GRPC.unimplemented, 404],
  [GRPC.unavailable, 503],
  [GRPC.dataLoss, 503],
  [GRPC.unauthenticated, 401],
]);

/** HTTP → code, for clients whose answer carries no `Status` (as above); what is not listed is UNKNOWN. */
const GRPC_OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, GRPC.invalidArgument],
  [401, GRPC.unauthenticated],
  [403, GRPC.permissionDenied],
  [404, GRPC.unimplemented],
  [429, GRPC.resourceExhausted],
  [502, GRPC.unavailable],
  [503, GRPC.unavailable],
  [504, GRPC.unavailable],
]);

/** opentelemetry-proto: docs/specification.md, "Retryable Response Codes". */
const RETRYABLE_HTTP: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** opentelemetry-proto: docs/specification.md, "Failures" of OTLP/gRPC; RESOURCE_EXHAUSTED is a case of its own. */
const RETRYABLE_GRPC: ReadonlySet<number> = new Set([
  GRPC.cancelled,
  GRPC.deadlineExceeded,
  GRPC.aborted,
  GRPC.outOfRange,
  GRPC.unavailable,
  GRPC.dataLoss,
]);

export function httpStatusOf(grpcCode: number): number {
  return HTTP_OF_GRPC.get(grpcCode) ?? 500;
}

/** Any 2xx is OK: some servers answer 201. */
export function grpcCodeOf(httpStatus: number): number {
  if (httpStatus >= 200 && httpStatus < 300) return GRPC.ok;
  return GRPC_OF_HTTP.get(httpStatus) ?? GRPC.unknown;
}

export function isRetryableHttp(httpStatus: number): boolean {
  return RETRYABLE_HTTP.has(httpStatus);
}

/** `hasRetryInfo`: whether the status carried RetryInfo, without which an exhausted server does not want the data again. */
export function isRetryableGrpc(grpcCode: number, hasRetryInfo: boolean): boolean {
  return RETRYABLE_GRPC.has(grpcCode) || (grpcCode === GRPC.resourceExhausted && hasRetryInfo);
}

/** "UNAVAILABLE" for 14; the bare number for codes that gRPC does not know. */
export function grpcCodeName(grpcCode: number): string {
  const found = Object.entries(GRPC).find(([, code]) => code === grpcCode);
  return found === undefined ? String(grpcCode) : found[0].replace(/[A-Z]/g, "_$&").toUpperCase();
}

/**
 * How long a `Retry-After` header asks to wait, in ms: whole seconds or an HTTP date (RFC 9110 §10.2.3), which is read against `nowMs`.
 * Undefined for anything else; 0 for a date gone by.
 */
export function parseRetryAfterMs(header: string, nowMs: number): number | undefined {
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Every form of an HTTP date begins with the day's name; Date.parse would take much more.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** Whole seconds, rounded up and never 0: a client that waits less comes too early. */
export function formatRetryAfter(delayMs: number): string {
  return String(Math.max(1, Math.ceil(delayMs / 1000)));
}

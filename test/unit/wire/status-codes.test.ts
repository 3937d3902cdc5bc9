import { expect, test } from "vitest";
import {
  formatRetryAfter,
  GRPC,
  grpcCodeName,
  grpcCodeOf,
  httpStatusOf,
  isRetryableGrpc,
  isRetryableHttp,
  parseRetryAfterMs,
} from "../../../collector/wire/status-codes.ts";

test("E-07 every gRPC code has its HTTP status", () => {
  const table = Object.fromEntries(Object.entries(GRPC).map(([name, code]) => [name, httpStatusOf(code)]));
  expect(table).toEqual({
    ok: 200,
    cancelled: 503,
    unknown: 500,
    invalidArgument: 400,
    deadlineExceeded: 503,
    notFound: 500,
    alreadyExists: 500,
    permissionDenied: 403,
    resourceExhausted: 429,
    failedPrecondition: 500,
    aborted: 503,
    outOfRange: 503,
    unimplemented: 404,
    internal: 500,
    unavailable: 503,
    dataLoss: 503,
    unauthenticated: 401,
  });
  expect(httpStatusOf(99)).toBe(500);
});

test("E-08 an HTTP status without a Status body has its gRPC code", () => {
  const codes = [200, 201, 400, 401, 403, 404, 429, 500, 502, 503, 504, 418].map(grpcCodeOf);
  expect(codes).toEqual([0, 0, 3, 16, 7, 12, 8, 2, 14, 14, 14, 2]);
});

test("E-10 only 429, 502, 503 and 504 are retried", () => {
  const retried = Array.from({ length: 500 }, (_, index) => index + 100).filter(isRetryableHttp);
  expect(retried).toEqual([429, 502, 503, 504]);
});

test("E-11 the retryable gRPC codes; RESOURCE_EXHAUSTED only with RetryInfo", () => {
  const codes = Object.values(GRPC);
  const without = codes.filter((code) => isRetryableGrpc(code, false));
  expect(without.map(grpcCodeName)).toEqual(["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"]);
  expect(codes.filter((code) => isRetryableGrpc(code, true) && !without.includes(code))).toEqual([GRPC.resourceExhausted]);
});

test("E-06 E-09 Retry-After is written in whole seconds, rounded up, never 0", () => {
  expect([0, 1, 999, 1000, 1001, 13_000].map(formatRetryAfter)).toEqual(["1", "1", "1", "1", "2", "13"]);
});

test("E-06 Retry-After is read in seconds and as a date", () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  expect(parseRetryAfterMs("0", nowMs)).toBe(0);
  expect(parseRetryAfterMs(" 120 ", nowMs)).toBe(120_000);
  expect(parseRetryAfterMs("Fri, 02 Jan 2026 03:04:35 GMT", nowMs)).toBe(30_000);
  expect(parseRetryAfterMs("Fri, 02 Jan 2026 03:00:00 GMT", nowMs)).toBe(0);
  for (const text of ["", "soon", "-1", "1.5", "2026-01-02", "Friday"]) expect(parseRetryAfterMs(text, nowMs)).toBeUndefined();
});

test("codes have their names, and unknown ones their number", () => {
  expect([0, 4, 16, 42].map(grpcCodeName)).toEqual(["OK", "DEADLINE_EXCEEDED", "UNAUTHENTICATED", "42"]);
});

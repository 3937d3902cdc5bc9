import { describe, expect, test } from "vitest";
import { encodeRpcStatus } from "../../../../collector/wire/rpc-status.ts";
import { GRPC } from "../../../../collector/wire/status-codes.ts";
import { failureError } from "../../../../exporters/otlp_grpc/judge-status.ts";

const BATCH = { count: 10 };
const RETRY_IN_2_S = encodeRpcStatus({ code: GRPC.resourceExhausted, message: "", retryDelayMs: 2000 });

describe("E-11 the retryable set", () => {
  const RETRYABLE = new Set<number>([GRPC.cancelled, GRPC.deadlineExceeded, GRPC.aborted, GRPC.outOfRange, GRPC.unavailable, GRPC.dataLoss]);

  test.each(Object.entries(GRPC).filter(([name]) => name !== "ok"))("E-11 %s", (_name, code) => {
    const error = failureError(BATCH, { code, message: "why", details: undefined });
    expect(error.name).toBe(RETRYABLE.has(code) ? "Refused" : "Rejected");
    if (error.name === "Rejected") expect(error).toMatchObject({ items: 10, reason: "send_failed" });
  });

  test("E-11 RESOURCE_EXHAUSTED is tried again only with RetryInfo, after its delay", () => {
    const exhausted = { code: GRPC.resourceExhausted, message: "busy" };
    expect(failureError(BATCH, { ...exhausted, details: RETRY_IN_2_S })).toMatchObject({ name: "Refused", retryAfterMs: 2000, overload: true });
    expect(failureError(BATCH, { ...exhausted, details: undefined })).toMatchObject({ name: "Rejected", reason: "send_failed" });
  });

  test("E-11 RetryInfo sets the delay of other retryable codes, and makes none of the others retryable", () => {
    expect(failureError(BATCH, { code: GRPC.unavailable, message: "", details: RETRY_IN_2_S })).toMatchObject({
      retryAfterMs: 2000,
      overload: false,
    });
    expect(failureError(BATCH, { code: GRPC.internal, message: "", details: RETRY_IN_2_S })).toMatchObject({ name: "Rejected" });
  });

  test("details that are no Status are passed over", () => {
    expect(failureError(BATCH, { code: GRPC.unavailable, message: "", details: Buffer.from("\xff\xff", "latin1") })).toMatchObject({
      retryAfterMs: 0,
    });
  });
});

test.each([
  "grpc: received message larger than max (5000000 vs. 4194304)",
  "Received message larger than max (5000000 vs 4194304)",
  "request too large",
])("L-09 RESOURCE_EXHAUSTED that says %j may be split", (message) => {
  expect(failureError(BATCH, { code: GRPC.resourceExhausted, message, details: undefined })).toMatchObject({ items: 10, reason: "too_large" });
});

test("what went wrong with a connection is told without the balancer's words round it", () => {
  const inner = "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:17011. Resolution note: ";
  for (const message of [inner, `round_robin: No connection established. Last error: ${inner}`]) {
    const error = failureError({ count: 1 }, { code: 14, message, details: undefined });
    expect(error.message).toBe("UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:17011");
  }
});

import { describe, expect, test } from "vitest";
import { Refused, Rejected } from "../../../../collector/pipeline/sink.ts";
import { encodeExportResponse, formatExportResponse } from "../../../../collector/wire/otlp-status.ts";
import { encodeRpcStatus, formatRpcStatus } from "../../../../collector/wire/rpc-status.ts";
import type { HttpAnswer } from "../../../../exporters/http-target.ts";
import { judgeAnswer } from "../../../../exporters/otlp_http/judge-answer.ts";

const BATCH = { signal: "traces", count: 10 } as const;
const NOW = Date.parse("2026-11-21T10:00:00Z");

function answer(status: number, body: string | Uint8Array = "", headers: HttpAnswer["headers"] = {}): HttpAnswer {
  return { status, headers, body: Buffer.from(body) };
}

function judged(given: HttpAnswer): string | Refused | Rejected {
  try {
    return judgeAnswer(BATCH, given, NOW);
  } catch (error) {
    if (error instanceof Refused || error instanceof Rejected) return error;
    throw error;
  }
}

const PROTO = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

describe("B-16 a success in any dress", () => {
  test.each([
    ["no bytes", answer(200, "", PROTO)],
    ["an empty partial_success that is set", answer(200, Buffer.from("0a00", "hex"), PROTO)],
    ["an empty JSON object", answer(200, "{}", JSON_TYPE)],
    ["an empty JSON partial success", answer(200, '{"partialSuccess":{}}', JSON_TYPE)],
    ["201 as Fluent Bit answers", answer(201)],
    ["204", answer(204)],
    ["a body that is no response at all", answer(200, "OK, thanks\n", { "content-type": "text/plain" })],
    ["nothing rejected", answer(200, encodeExportResponse({ rejectedItems: 0, errorMessage: "" }), PROTO)],
  ])("B-16 %s", (_name, given) => {
    expect(judged(given)).toBe("");
  });

  test("B-16 a warning without rejected items is not a loss", () => {
    expect(judged(answer(200, encodeExportResponse({ rejectedItems: 0, errorMessage: "use cumulative" }), PROTO))).toBe("use cumulative");
  });
});

describe("L-08 what a server rejects of a batch counts as lost", () => {
  test.each([
    ["protobuf", answer(200, encodeExportResponse({ rejectedItems: 3, errorMessage: "too old" }), PROTO)],
    ["JSON", answer(200, formatExportResponse("traces", { rejectedItems: 3, errorMessage: "too old" }), JSON_TYPE)],
  ])("L-08 %s", (_name, given) => {
    expect(judged(given)).toMatchObject({ name: "Rejected", items: 3, reason: "partial_success", message: expect.stringContaining("too old") });
  });

  test("L-08 never more than was sent", () => {
    expect(judged(answer(200, encodeExportResponse({ rejectedItems: 99, errorMessage: "" }), PROTO))).toMatchObject({ items: 10 });
  });
});

describe("E-10 what may be sent again", () => {
  test.each([429, 502, 503, 504])("E-10 %i is refused for now", (status) => {
    expect(judged(answer(status))).toMatchObject({ name: "Refused", overload: status === 429, retryAfterMs: 0 });
  });

  test.each([301, 400, 401, 403, 404, 405, 408, 415, 500, 501, 505])("E-10 %i is lost for good", (status) => {
    expect(judged(answer(status))).toMatchObject({ name: "Rejected", items: 10, reason: "send_failed" });
  });

  test("E-10 Retry-After in seconds, as a date, and RetryInfo in the body: the longest counts", () => {
    expect(judged(answer(503, "", { "retry-after": "13" }))).toMatchObject({ retryAfterMs: 13_000 });
    expect(judged(answer(429, "", { "retry-after": "Sat, 21 Nov 2026 10:00:07 GMT" }))).toMatchObject({ retryAfterMs: 7000 });
    const body = encodeRpcStatus({ code: 14, message: "busy", retryDelayMs: 20_000 });
    expect(judged(answer(503, body, { ...PROTO, "retry-after": "5" }))).toMatchObject({ retryAfterMs: 20_000 });
    expect(judged(answer(503, "", { "retry-after": "soon" }))).toMatchObject({ retryAfterMs: 0 });
  });
});

describe("E-08 what the server says is passed on", () => {
  test.each([
    [400, "INVALID_ARGUMENT"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "UNIMPLEMENTED"],
    [429, "RESOURCE_EXHAUSTED"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "UNAVAILABLE"],
    [418, "UNKNOWN"],
  ])("E-08 %i without a Status is %s", (status, word) => {
    expect(judged(answer(status))).toMatchObject({ message: expect.stringContaining(word) });
  });

  test("E-08 the Status of the body comes first, as protobuf or JSON", () => {
    const status = { code: 13, message: "the store is on fire" };
    for (const given of [answer(500, encodeRpcStatus(status), PROTO), answer(500, formatRpcStatus(status), JSON_TYPE)]) {
      expect(judged(given)).toMatchObject({ message: expect.stringMatching(/INTERNAL.*the store is on fire/) });
    }
  });

  test("E-08 a proxy's page is shown on one line and not whole", () => {
    const { message } = judged(answer(500, `<html>\n<h1>Bad</h1>${"x".repeat(10_000)}`, { "content-type": "text/html" })) as Rejected;
    expect(message).toContain("<html> <h1>Bad</h1>");
    expect(message.length).toBeLessThan(500);
  });

  test("a redirect is not followed but named", () => {
    expect(judged(answer(308, "", { location: "https://elsewhere.test/" }))).toMatchObject({
      message: expect.stringContaining("https://elsewhere.test/"),
    });
  });
});

describe("L-09 too large a request may be split", () => {
  test.each([
    ["413", answer(413)],
    ["otelcol's 400", answer(400, encodeRpcStatus({ code: 3, message: "http: request body too large" }), PROTO)],
  ])("L-09 %s", (_name, given) => {
    expect(judged(given)).toMatchObject({ name: "Rejected", items: 10, reason: "too_large" });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRpcStatus, encodeRpcStatus, formatRpcStatus, parseRpcStatus, type RpcStatus } from "../../../collector/wire/rpc-status.ts";
import { GRPC } from "../../../collector/wire/status-codes.ts";

describe("google.rpc.Status", () => {
  test("E-01 code and message, in both encodings", () => {
    expect(Buffer.from(encodeRpcStatus({ code: 3, message: "no" })).toString("hex")).toBe("080312026e6f");
    expect(formatRpcStatus({ code: 3, message: "no" })).toBe('{"code":3,"message":"no"}');
  });

  test("E-05 G-05 RetryInfo stands in the details", () => {
    const status = { code: GRPC.resourceExhausted, message: "busy", retryDelayMs: 1500 };
    expect(JSON.parse(formatRpcStatus(status))).toEqual({
      code: 8,
      message: "busy",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.500s" }],
    });
    // Any{type_url, value: RetryInfo{retry_delay: Duration{seconds: 1, nanos: 500000000}}}
    expect(Buffer.from(encodeRpcStatus(status)).toString("latin1")).toContain(
      "type.googleapis.com/google.rpc.RetryInfo\x12\x0a\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01",
    );
  });

  test("E-02 BadRequest names the fields", () => {
    const fieldViolations = [
      { field: "resourceSpans[0].a", description: "a number expected" },
      { field: "b", description: "" },
    ];
    const status = { code: GRPC.invalidArgument, message: "m", fieldViolations };
    expect(JSON.parse(formatRpcStatus(status))).toMatchObject({
      details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }],
    });
    expect(decodeRpcStatus(encodeRpcStatus(status))).toEqual(status);
  });

  test.each([
    [0, "0s"],
    [1000, "1s"],
    [13_000, "13s"],
    [250, "0.250s"],
    [0.5, "0.000500s"],
    [0.000001, "0.000000001s"],
  ])("a delay of %d ms is written %s", (retryDelayMs, text) => {
    const written = formatRpcStatus({ code: 14, message: "", retryDelayMs });
    expect(written).toContain(`"retryDelay":"${text}"`);
    expect(parseRpcStatus(written)?.retryDelayMs).toBeCloseTo(retryDelayMs, 9);
  });

  test.each([64_004, 256_011, 1003, 0.000001])("a delay of %d ms is read back exactly", (retryDelayMs) => {
    expect(parseRpcStatus(formatRpcStatus({ code: 14, message: "", retryDelayMs }))?.retryDelayMs).toBe(retryDelayMs);
  });

  test("both encodings give back what was put in", () => {
    const status: fc.Arbitrary<RpcStatus> = fc.record(
      {
        code: fc.nat(20),
        message: fc.string({ unit: "binary", maxLength: 50 }),
        retryDelayMs: fc.nat(10_000_000),
        fieldViolations: fc.array(fc.record({ field: fc.string(), description: fc.string() }), { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ["code", "message"] },
    );
    fc.assert(
      fc.property(status, (sent) => {
        expect(decodeRpcStatus(encodeRpcStatus(sent))).toEqual(sent);
        expect(parseRpcStatus(formatRpcStatus(sent))).toEqual(sent);
      }),
    );
  });

  test("what is no Status is undefined, and random bytes never throw", () => {
    expect(decodeRpcStatus(Buffer.from("<html>502</html>"))).toBeUndefined();
    for (const text of ["<html>", "[]", "{}", "", '"x"']) expect(parseRpcStatus(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodeRpcStatus(bytes);
      }),
    );
  });

  test("details of other types are passed over", () => {
    expect(parseRpcStatus('{"code":14,"details":[{"@type":"x/y","retryDelay":"9s"},7]}')).toEqual({ code: 14, message: "" });
  });
});

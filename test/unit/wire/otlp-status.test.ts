import { describe, expect, test } from "vitest";
import { SIGNALS } from "../../../collector/model/batch.ts";
import {
  cappedErrorMessage,
  decodeExportResponse,
  encodeExportResponse,
  FULL_SUCCESS,
  formatExportResponse,
  MAX_ERROR_MESSAGE_BYTES,
  parseExportResponse,
} from "../../../collector/wire/otlp-status.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("what we answer", () => {
  test("B-01 full success is 0 bytes of protobuf", () => {
    expect(encodeExportResponse()).toHaveLength(0);
    expect(encodeExportResponse({ rejectedItems: 0, errorMessage: "" })).toHaveLength(0);
  });

  test("B-02 full success is {} in JSON", () => {
    for (const signal of SIGNALS) expect(formatExportResponse(signal)).toBe("{}");
  });

  test("B-12 B-14 a partial rejection carries its count, in JSON as a string under the signal's name", () => {
    const partial = { rejectedItems: 3, errorMessage: "bad ids" };
    expect(hex(encodeExportResponse(partial))).toBe(`0a0b0803${"1207"}${Buffer.from("bad ids").toString("hex")}`);
    expect(formatExportResponse("traces", partial)).toBe('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"bad ids"}}');
    expect(formatExportResponse("metrics", partial)).toBe('{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"bad ids"}}');
    expect(formatExportResponse("logs", partial)).toBe('{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"bad ids"}}');
  });

  test("B-13 a warning has a message and no count", () => {
    const warning = { rejectedItems: 0, errorMessage: "converted" };
    expect(formatExportResponse("metrics", warning)).toBe('{"partialSuccess":{"errorMessage":"converted"}}');
    expect(decodeExportResponse(encodeExportResponse(warning))).toEqual(warning);
  });

  test("B-15 the message is cut to 1 KiB between characters", () => {
    for (const character of ["a", "é", "日", "😀"]) {
      const capped = cappedErrorMessage(character.repeat(5000));
      expect(Buffer.byteLength(capped)).toBeLessThanOrEqual(MAX_ERROR_MESSAGE_BYTES);
      expect(Buffer.byteLength(capped)).toBeGreaterThan(MAX_ERROR_MESSAGE_BYTES - 7);
      expect(capped.slice(0, -1)).toBe(character.repeat((capped.length - 1) / character.length));
      expect(encodeExportResponse({ rejectedItems: 1, errorMessage: character.repeat(5000) }).length).toBeLessThan(MAX_ERROR_MESSAGE_BYTES + 16);
    }
    expect(cappedErrorMessage("x".repeat(MAX_ERROR_MESSAGE_BYTES))).toHaveLength(MAX_ERROR_MESSAGE_BYTES);
  });
});

describe("B-16 what other servers answer", () => {
  test("0 bytes and an empty partial success that is set are full success", () => {
    expect(decodeExportResponse(new Uint8Array())).toEqual(FULL_SUCCESS);
    expect(decodeExportResponse(Uint8Array.of(0x0a, 0x00))).toEqual(FULL_SUCCESS);
    for (const text of ["{}", '{"partialSuccess":{}}', '{"partialSuccess":null}', "", "null"])
      expect(parseExportResponse("traces", text)).toEqual(FULL_SUCCESS);
  });

  test("rejections come back as they were said", () => {
    const partial = { rejectedItems: 3, errorMessage: "m" };
    expect(decodeExportResponse(encodeExportResponse(partial))).toEqual(partial);
    for (const signal of SIGNALS) expect(parseExportResponse(signal, formatExportResponse(signal, partial))).toEqual(partial);
    expect(parseExportResponse("logs", '{"partialSuccess":{"rejectedLogRecords":3,"other":1}}')).toEqual({ rejectedItems: 3, errorMessage: "" });
  });

  test("a body that is neither protobuf nor JSON does not undo a 2xx", () => {
    expect(decodeExportResponse(Buffer.from("<html>ok</html>"))).toEqual(FULL_SUCCESS);
    expect(decodeExportResponse(Uint8Array.of(0x0a, 0x7f, 0x08))).toEqual(FULL_SUCCESS);
    expect(parseExportResponse("traces", "ok")).toEqual(FULL_SUCCESS);
    expect(parseExportResponse("traces", '{"partialSuccess":{"rejectedSpans":"many"}}')).toEqual(FULL_SUCCESS);
  });

  test("fields that we do not know are passed over", () => {
    const withUnknown = Buffer.concat([Uint8Array.of(0x78, 0x01), encodeExportResponse({ rejectedItems: 2, errorMessage: "" })]);
    expect(decodeExportResponse(withUnknown).rejectedItems).toBe(2);
  });
});

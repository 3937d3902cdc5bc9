import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBinHeader,
  decodeGrpcMessage,
  encodeBinHeader,
  encodeGrpcFrame,
  encodeGrpcMessage,
  GrpcFrames,
  parseGrpcTimeoutMs,
} from "../../../collector/wire/grpc-frame.ts";

describe("frames", () => {
  test("messages come out whole however the stream is cut", () => {
    const message = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(30), { minLength: 1 }), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(([bytes, compressed]) => encodeGrpcFrame(bytes, compressed)));
        const frames = new GrpcFrames(40);
        const got: [number[], boolean][] = [];
        for (let at = 0, index = 0; at < stream.length; index++) {
          const size = (cuts[index % cuts.length] ?? 0) + (index % 2);
          frames.push(stream.subarray(at, at + size));
          at += size;
          for (let frame = frames.next(); frame !== undefined; frame = frames.next()) got.push([[...frame.message], frame.compressed]);
        }
        frames.end();
        expect(got).toEqual(messages.map(([bytes, compressed]) => [[...bytes], compressed]));
      }),
    );
  });

  test("C-12 a message announced larger than the limit is refused before it arrives", () => {
    const frames = new GrpcFrames(1000);
    frames.push(Uint8Array.of(0, 0, 0, 3, 0xe9));
    expect(() => frames.next()).toThrow(expect.objectContaining({ code: "E_WIRE_TOO_LARGE", message: expect.stringContaining("1001") }));
  });

  test("a flag other than 0 and 1 is malformed", () => {
    const frames = new GrpcFrames(1000);
    frames.push(Buffer.from("POST /"));
    expect(() => frames.next()).toThrow(expect.objectContaining({ code: "E_WIRE_MALFORMED" }));
  });

  test("a stream that ends inside a message is truncated", () => {
    for (const bytes of [
      [0, 0],
      [0, 0, 0, 0, 2, 1],
    ]) {
      const frames = new GrpcFrames(1000);
      frames.push(Uint8Array.from(bytes));
      expect(frames.next()).toBeUndefined();
      expect(() => frames.end()).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
    }
  });
});

describe("headers", () => {
  test("G-08 grpc-timeout in all its units", () => {
    expect(["1H", "2M", "3S", "100m", "5u", "7n"].map(parseGrpcTimeoutMs)).toEqual([3_600_000, 120_000, 3000, 100, 0.005, 0.000007]);
    for (const text of ["", "1", "S", "1s", "123456789S", "-1S", "1.5S"]) expect(parseGrpcTimeoutMs(text)).toBeUndefined();
  });

  test("grpc-message is percent-encoded outside printable ASCII", () => {
    expect(encodeGrpcMessage("50% é\n")).toBe("50%25 %C3%A9%0A");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const encoded = encodeGrpcMessage(text);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeGrpcMessage(encoded)).toBe(text);
      }),
    );
  });

  test("a grpc-message with stray percent signs is left as it is", () => {
    expect(decodeGrpcMessage("100% sure, %zz, %4")).toBe("100% sure, %zz, %4");
  });

  test("binary headers are base64 without padding; padding is accepted", () => {
    expect(encodeBinHeader(Uint8Array.of(1))).toBe("AQ");
    for (const text of ["AQ", "AQ=="]) expect([...decodeBinHeader(text)]).toEqual([1]);
  });
});

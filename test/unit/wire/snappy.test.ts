import fc from "fast-check";
import { compress } from "snappyjs";
import { describe, expect, test } from "vitest";
import { isLoadError } from "../../../collector/model/errors.ts";
import { crc32c } from "../../../collector/wire/crc32c.ts";
import { decompressSnappy } from "../../../collector/wire/snappy.ts";

const STREAM = [0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59];

function masked(bytes: Uint8Array): number[] {
  const crc = crc32c(bytes);
  const value = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}

function chunk(type: number, content: readonly number[]): number[] {
  return [type, content.length & 255, (content.length >>> 8) & 255, content.length >>> 16, ...content];
}

/** A frame stream whose chunks are alternately compressed and not. */
function framed(parts: readonly Uint8Array[]): Uint8Array {
  const chunks = parts.flatMap((part, index) => chunk(index % 2, [...masked(part), ...(index % 2 === 0 ? compress(part) : part)]));
  return Uint8Array.from([...STREAM, ...chunks]);
}

/** Bytes that repeat, as telemetry does. */
const repetitive = fc
  .array(fc.constantFrom("http.server.duration", "a", "\u0000", "GET /api/works/", "é"), { maxLength: 200 })
  .map((words) => Uint8Array.from(Buffer.from(words.join(""))));

function codeOf(bytes: Uint8Array, maxBytes = 1 << 20): string {
  try {
    decompressSnappy(bytes, maxBytes);
    return "";
  } catch (error) {
    if (isLoadError(error)) return error.code;
    throw error;
  }
}

describe("C-02 snappy", () => {
  test("blocks of an independent compressor come out as they went in", () => {
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 3000 })), (bytes) => {
        expect(decompressSnappy(compress(bytes), 1 << 20)).toEqual(bytes);
      }),
    );
    const large = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >>> 7);
    expect(Buffer.compare(decompressSnappy(compress(large), 1 << 20), large)).toBe(0);
  });

  test("frame streams are told apart from blocks", () => {
    fc.assert(
      fc.property(fc.array(repetitive, { maxLength: 4 }), (parts) => {
        expect(decompressSnappy(framed(parts), 1 << 20)).toEqual(Uint8Array.from(Buffer.concat(parts)));
      }),
    );
  });

  test("padding, skippable chunks and a repeated stream identifier are passed over; reserved chunks are not", () => {
    const text = Uint8Array.from(Buffer.from("text"));
    const data = chunk(1, [...masked(text), ...text]);
    const stream = Uint8Array.from([...STREAM, ...chunk(0xfe, [0, 0, 0]), ...data, ...STREAM, ...chunk(0x80, [1]), ...data]);
    expect(Buffer.from(decompressSnappy(stream, 100)).toString()).toBe("texttext");
    expect(codeOf(Uint8Array.from([...STREAM, ...chunk(0x02, [1])]))).toBe("E_WIRE_MALFORMED");
  });

  test("a wrong checksum is malformed", () => {
    const stream = framed([Uint8Array.of(1, 2, 3)]);
    stream[14] = (stream[14] ?? 0) ^ 1;
    expect(codeOf(stream)).toBe("E_WIRE_MALFORMED");
  });

  test("CRC-32C has the check value of its standard", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });
});

describe("hostile snappy", () => {
  test("C-10 a block that announces more than the limit is refused before anything is allocated", () => {
    expect(codeOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), 1 << 20)).toBe("E_WIRE_TOO_LARGE");
    expect(codeOf(compress(new Uint8Array(1001)), 1000)).toBe("E_WIRE_TOO_LARGE");
  });

  test("C-10 a frame stream stops at the limit", () => {
    const parts = Array.from({ length: 20 }, () => new Uint8Array(1000));
    expect(codeOf(framed(parts), 10_000)).toBe("E_WIRE_TOO_LARGE");
    expect(codeOf(framed(parts), 20_000)).toBe("");
  });

  test("a preamble that promises what so few bytes cannot hold is malformed", () => {
    expect(codeOf(Uint8Array.of(0x80, 0x80, 0x80, 0x10, 0x00, 0x61), 1 << 30)).toBe("E_WIRE_MALFORMED");
  });

  test("a literal whose length is negative in 32 bits does not hang", () => {
    expect(codeOf(Uint8Array.of(10, 0xfc, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8))).toBe("E_WIRE_MALFORMED");
  });

  test.each([
    ["no bytes", []],
    ["a preamble without end", [0x80, 0x80]],
    ["a cut literal", [4, 0x0c, 1, 2]],
    ["a copy from before the beginning", [4, 0x01, 1]],
    ["a copy of offset 0", [8, 0x00, 1, 0x01, 0]],
    ["a copy past the end of the output", [2, 0x00, 1, 0x01, 1]],
    ["a literal past the end of the output", [1, 0x04, 1, 2]],
    ["less than was promised", [4, 0x00, 1]],
    ["a cut copy", [8, 0x00, 1, 0x02, 1]],
  ])("%s", (_, bytes) => {
    expect(codeOf(Uint8Array.from(bytes))).toBe("E_WIRE_MALFORMED");
  });

  test("changed and cut blocks and streams end in our own errors or in bytes", () => {
    fc.assert(
      fc.property(
        repetitive,
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.nat(),
        (bytes, inFrames, changes, end) => {
          const whole = Uint8Array.from(inFrames ? framed([bytes, bytes]) : compress(bytes));
          for (const [at, value] of changes) whole[at % whole.length] = value;
          expect(["", "E_WIRE_MALFORMED", "E_WIRE_TOO_LARGE"]).toContain(codeOf(whole.subarray(0, end % (whole.length + 1)), 100_000));
        },
      ),
      { numRuns: 500 },
    );
  });
});

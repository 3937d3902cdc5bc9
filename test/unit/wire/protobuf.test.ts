import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader } from "../../../collector/wire/protobuf.ts";
import { Writer } from "../../../collector/wire/protobuf-writer.ts";
import { WireNotes } from "../../../collector/wire/wire-notes.ts";

const reader = (...bytes: readonly number[]) => new Reader(Uint8Array.from(bytes));

function written(write: (writer: Writer) => void): Reader {
  const writer = new Writer();
  write(writer);
  return new Reader(writer.finish());
}

describe("what a writer writes a reader reads", () => {
  test("varints of all widths, as numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(300), fc.maxSafeNat()), (value) => {
        expect(Number(written((writer) => writer.varint(value)).uint64())).toBe(value);
      }),
    );
  });

  test("64-bit integers, signed and unsigned", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const wanted = Number.isSafeInteger(Number(value)) ? Number(value) : value;
        expect(written((writer) => writer.varint64(value)).int64()).toBe(wanted);
        expect(written((writer) => writer.fixed64(value)).sfixed64()).toBe(wanted);
        if (typeof wanted === "number") expect(written((writer) => writer.fixed64(wanted)).sfixed64()).toBe(wanted);
        expect(written((writer) => writer.varint64(BigInt.asUintN(64, value))).uint64()).toBe(BigInt.asUintN(64, value));
        expect(written((writer) => writer.fixed64(value)).fixed64()).toBe(BigInt.asUintN(64, value));
      }),
    );
  });

  test("sint32, negative int32, bool and fixed32", () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(written((writer) => writer.sint32(value)).sint32()).toBe(value);
        expect(written((writer) => writer.varint64(value)).int32()).toBe(value);
        expect(written((writer) => writer.varint64(value)).bool()).toBe(value !== 0);
        expect(written((writer) => writer.fixed32(value >>> 0)).fixed32()).toBe(value >>> 0);
      }),
    );
  });

  test("strings of any script and length", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 100 }), { maxLength: 20 }), (texts) => {
        const read = written((writer) => {
          for (const text of texts.toReversed()) writer.stringField(10, text);
        });
        for (const text of texts) {
          expect(read.tag()).toBe(10);
          expect(read.string()).toBe(text);
        }
        expect(read.pos).toBe(read.end);
      }),
    );
  });

  test("a message larger than the first buffer", () => {
    const writer = new Writer(64);
    for (let index = 999; index >= 0; index--) writer.stringField(10, `number ${index}`);
    const read = new Reader(writer.finish());
    for (let index = 0; index < 1000; index++) {
      read.tag();
      expect(read.string()).toBe(`number ${index}`);
    }
  });
});

describe("bounds", () => {
  test("an empty varint, and one that goes on at the end, are truncated", () => {
    expect(() => reader().varint32()).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
    expect(() => reader(0x80, 0x80).uint64()).toThrow(
      expect.objectContaining({ code: "E_WIRE_TRUNCATED", message: expect.stringContaining("byte 2") }),
    );
  });

  test("a varint of 10 bytes is read, one of 11 is malformed", () => {
    expect(reader(...Array<number>(9).fill(0xff), 0x01).uint64()).toBe(2n ** 64n - 1n);
    const long = Array<number>(10).fill(0x80);
    for (const read of [(r: Reader) => r.varint32(), (r: Reader) => r.uint64(), (r: Reader) => r.int64(), (r: Reader) => r.skip(0)]) {
      expect(() => read(reader(...long, 0x01))).toThrow(expect.objectContaining({ code: "E_WIRE_MALFORMED" }));
    }
  });

  test("field number 0 and the group wire types are malformed, with their place", () => {
    expect(() => reader(0x0a, 0x00, 0x02).tag()).not.toThrow();
    expect(() => reader(0x02).tag()).toThrow(expect.objectContaining({ code: "E_WIRE_MALFORMED", message: expect.stringContaining("byte 0") }));
    for (const wireType of [3, 4, 6, 7]) expect(() => reader(0x00).skip(wireType)).toThrow(expect.objectContaining({ code: "E_WIRE_MALFORMED" }));
  });

  test("fixed fields and lengths must lie inside their message, not merely inside the bytes", () => {
    for (const read of [
      (r: Reader) => r.fixed64(),
      (r: Reader) => r.double(),
      (r: Reader) => r.sfixed64(),
      (r: Reader) => r.fixed32(),
      (r: Reader) => r.skip(1),
      (r: Reader) => r.skip(5),
    ]) {
      const inner = reader(3, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      inner.open();
      expect(() => read(inner)).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
    }
    for (const read of [
      (r: Reader) => r.string(),
      (r: Reader) => r.copyBytes(),
      (r: Reader) => r.hex(),
      (r: Reader) => r.open(),
      (r: Reader) => r.skip(2),
    ]) {
      const inner = reader(2, 2, 65, 66);
      inner.open();
      expect(() => read(inner)).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
    }
  });

  test("a length of 4 GiB in a message of ten bytes is truncated, and nothing is allocated for it", () => {
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2).copyBytes()).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
  });

  test("offsets in messages count from the start of the request", () => {
    expect(() => new Reader(Uint8Array.of(0x80), undefined, 1000).varint32()).toThrow("byte 1001");
  });
});

describe("strings", () => {
  test("the same short string is one object however often it is read, and survives a full cache", () => {
    const texts = Array.from({ length: 20_000 }, (_, index) => `key.${index}`);
    const read = written((writer) => {
      for (const text of texts) writer.stringField(10, text);
    });
    for (const text of texts.toReversed()) {
      read.tag();
      expect(read.string()).toBe(text);
    }
  });

  test("J-14 broken UTF-8 becomes U+FFFD and is counted; a U+FFFD that was sent is not", () => {
    const notes = new WireNotes();
    const bytes = Uint8Array.of(2, 0x61, 0xff, 3, 0xef, 0xbf, 0xbd, 2, 0xc3, 0xa9);
    const read = new Reader(bytes, notes);
    expect([read.string(), read.string(), read.string()]).toEqual(["a\uFFFD", "\uFFFD", "é"]);
    expect(notes.invalidUtf8).toBe(1);
  });

  test("bytes are a copy even where a Buffer was received", () => {
    const received = Buffer.from([2, 7, 8]);
    const copy = new Reader(received).copyBytes();
    received.fill(0);
    expect([...copy]).toEqual([7, 8]);
  });
});

test("B-10 unknown names beyond the limit are counted together", () => {
  const notes = new WireNotes();
  for (let index = 0; index < 1000; index++) notes.unknownField("Span", index + 100);
  expect(notes.unknownFields.size).toBeLessThanOrEqual(257);
  expect([...notes.unknownFields.values()].reduce((sum, count) => sum + count, 0)).toBe(1000);
});

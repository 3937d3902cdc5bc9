import fc from "fast-check";
import { expect, test } from "vitest";
import { ForwardWriter, varintWidth } from "../../../collector/wire/protobuf-forward-writer.ts";
import { Writer } from "../../../collector/wire/protobuf-writer.ts";

/** What the forward writer makes, and what the one that writes last fields first makes. */
function both(forward: (writer: ForwardWriter) => void, backward: (writer: Writer) => void): readonly [string, string] {
  const first = new ForwardWriter();
  first.begin(64);
  forward(first);
  const second = new Writer();
  backward(second);
  return [Buffer.from(first.finish()).toString("hex"), Buffer.from(second.finish()).toString("hex")];
}

const low = (value: bigint) => Number(BigInt.asIntN(32, value));
const high = (value: bigint) => Number(BigInt.asIntN(32, value >> 32n));

test("numbers are the bytes of the other writer", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.oneof(fc.nat(300), fc.maxSafeNat()), fc.double(), (long, value, double) => {
      const [forward, backward] = both(
        (writer) => {
          writer.varint64(low(long), high(long));
          writer.fixed64(low(long), high(long));
          writer.varint(value);
          writer.double(double);
          writer.tag(133);
          writer.fixed32(value % 2 ** 32);
        },
        (writer) => {
          writer.fixed32(value % 2 ** 32);
          writer.varint(133);
          writer.double(double);
          writer.varint(value);
          writer.fixed64(BigInt.asIntN(64, long));
          writer.varint64(long);
        },
      );
      expect(forward).toBe(backward);
    }),
  );
});

test("a length is of the shortest form, however wide it was taken to be", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 70_000]) {
    for (const width of [1, 2, 3, 4]) {
      const body = new Uint8Array(length).fill(7);
      const writer = new ForwardWriter();
      writer.begin(16);
      writer.ensure(length + 16);
      const start = writer.open(10, width);
      writer.bytes.set(body, start);
      writer.at = start + length;
      expect(writer.close(start, width)).toBe(varintWidth(length));
      const other = new Writer();
      other.bytesField(10, body);
      expect(Buffer.compare(writer.finish(), other.finish())).toBe(0);
    }
  }
});

test("what was finished stays, whatever is written next", () => {
  const writer = new ForwardWriter();
  writer.begin(16);
  writer.varint(1);
  const first = writer.finish();
  writer.begin(16);
  writer.varint(2);
  expect([...first]).toEqual([1]);
});

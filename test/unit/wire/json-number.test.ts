import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDouble, parseInteger } from "../../../collector/wire/json-number.ts";

const double = (text: string, quoted = false) => parseDouble(Buffer.from(text), 0, text.length, quoted);
const integer = (text: string) => parseInteger(Buffer.from(text), 0, text.length);

test("every double is read as the platform reads it", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 20 }), (value, digits) => {
      for (const text of [String(value), value.toExponential(digits), Math.abs(value) < 1e20 ? value.toFixed(digits) : "0"]) {
        // Rounding up may leave the range of a double: that is no number then.
        expect(double(text)).toBe(Number.isFinite(Number(text)) ? Number(text) : undefined);
      }
    }),
    { numRuns: 1000 },
  );
});

test("decimals of any length and place of the point are read as the platform reads them", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(16), fc.boolean(), (digits, point, negative) => {
      const padded = String(digits).padStart(point + 1, "0");
      const text = `${negative ? "-" : ""}${padded.slice(0, padded.length - point)}${point > 0 ? `.${padded.slice(padded.length - point)}` : ""}`;
      expect(double(text)).toBe(Number(text));
    }),
    { numRuns: 1000 },
  );
});

test("every 64-bit integer keeps its digits", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (value) => {
      const read = integer(String(value));
      expect(BigInt(read ?? "not read")).toBe(value);
      expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? "number" : "bigint");
    }),
    { numRuns: 1000 },
  );
});

test.each(["", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "0x10", "1_0", " 1", "1 ", "--1", "1.2.3", "NaN", "Infinity"])(
  "%j is no JSON number",
  (text) => {
    expect(double(text)).toBeUndefined();
    expect(integer(text)).toBeUndefined();
  },
);

test("the special values are numbers in quotes only", () => {
  expect([double("NaN", true), double("Infinity", true), double("-Infinity", true)]).toEqual([Number.NaN, Infinity, -Infinity]);
  expect([double("nan", true), double("+Infinity", true), double("inf", true)]).toEqual([undefined, undefined, undefined]);
});

test("what is not whole is no integer, and -0 is plain 0", () => {
  expect([integer("1.5"), integer("1e-1"), integer("1e400")]).toEqual([undefined, undefined, undefined]);
  expect([integer("-0"), integer("-0.0"), integer("5.0"), integer("2e3")]).toEqual([0, 0, 5, 2000]);
});

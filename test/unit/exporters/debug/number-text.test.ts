import fc from "fast-check";
import { expect, test } from "vitest";
import { fixedText, shortestText } from "../../../../exporters/debug/number-text.ts";

/** Six decimals by exact arithmetic: a double is an integer times a power of two. */
function slowFixedText(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 0x10000000000000n);
  const shift = Math.max(exponent, 1) - 1075;
  const numerator = mantissa * 1_000_000n * (shift > 0 ? 1n << BigInt(shift) : 1n);
  const denominator = shift < 0 ? 1n << BigInt(-shift) : 1n;
  const floor = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const rounded = twice > denominator || (twice === denominator && floor % 2n === 1n) ? floor + 1n : floor;
  const digits = String(rounded).padStart(7, "0");
  return `${bits >> 63n === 1n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

test("six decimals are exact for every double", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => fixedText(value) === slowFixedText(value)));
});

test("a half in the seventh decimal goes to the even digit", () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (n) => fixedText((2 * n + 1) / 128) === slowFixedText((2 * n + 1) / 128)));
  expect(fixedText(0.0078125)).toBe("0.007812");
});

test("the shortest form reads back as the same number and has an exponent just where Go has one", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = shortestText(value);
      const size = Math.abs(value);
      return Object.is(Number(text), value) && text.includes("e") === (size !== 0 && (size < 1e-4 || size >= 1e6));
    }),
  );
});

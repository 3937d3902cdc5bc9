import type { NumberValue } from "../../collector/model/metric.ts";

/** Go's `%f`: six decimals, exact decimal expansion, halves to even; `NaN`, `+Inf`, `-Inf`. */
export function fixedText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  if (Object.is(value, -0)) return "-0.000000";
  // The seventh decimal is an exact last 5 only for odd multiples of 1/128; there toFixed rounds away from zero, Go to the even digit.
  if (Math.abs(value * 128) % 2 === 1) {
    const exact = value.toFixed(7);
    if (Number(exact[exact.length - 2]) % 2 === 0) return exact.slice(0, -1);
  }
  return value.toFixed(6);
}

/** Go's `%v`: the shortest form; with an exponent of at least two digits below 1e-4 and from 1e6 on. */
export function shortestText(value: number): string {
  if (!Number.isFinite(value)) return fixedText(value);
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return jsonNumberText(value);
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** The JSON form of a double (ES6 rules as in Go's encoding/json, but keeping the sign of zero). */
export function jsonNumberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A point's value in a detailed block; "" where none is set. */
export function pointNumberText(number: NumberValue, double: (value: number) => string): string {
  if (number.kind === "double") return double(number.value);
  return number.kind === "int" ? String(number.value) : "";
}

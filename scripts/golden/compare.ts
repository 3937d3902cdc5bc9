import { isDeepStrictEqual } from "node:util";
import { type Fields, isFields } from "./read-cases.ts";

/** Whether what was got says all that is expected; what it says beyond that does not matter. */
export function covers(got: unknown, expected: unknown): boolean {
  if (isFields(expected)) {
    return isFields(got) && Object.entries(expected).every(([key, value]) => covers(got[key], value));
  }
  if (Array.isArray(expected)) {
    return Array.isArray(got) && got.length === expected.length && expected.every((value, index) => covers(got[index], value));
  }
  return isDeepStrictEqual(got, expected) || (isNumberLike(expected) && isNumberLike(got) && isDeepStrictEqual(numberOf(got), numberOf(expected)));
}

function isNumberLike(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|Inf(inity)?|NaN)$/i.test(value));
}

/** JSON has no word for these: cases write them as text, as Prometheus or as OTLP does. */
function numberOf(value: unknown): number {
  const text = String(value).replace(/^([+-]?)inf(?:inity)?$/i, "$1Infinity");
  // -0 and 0 are one value.
  return Number(text) + 0;
}

/** The same labels; `le` and `quantile` are numbers ("100" and "100.0" are one bound). */
export function sameLabels(got: unknown, expected: unknown): boolean {
  return isDeepStrictEqual(comparable(got), comparable(expected));
}

function comparable(labels: unknown): ReadonlyMap<string, unknown> {
  const entries = Object.entries(isFields(labels) ? labels : {}).filter(([, value]) => value !== "");
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, NUMERIC.has(name) ? boundOf(value) : value]));
}

const NUMERIC: ReadonlySet<string> = new Set(["le", "quantile"]);

function boundOf(text: unknown): unknown {
  const number = Number(String(text).replace(/^([+-]?)Inf$/, "$1Infinity"));
  return Number.isNaN(number) ? text : number;
}

/** Spans `[gap, length]` and deltas as bucket index → count: how gaps are spanned is the encoder's choice. Empty buckets are none. */
export function bucketMap(spans: unknown, deltas: unknown): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  let index = 0;
  let at = 0;
  let count = 0;
  for (const span of Array.isArray(spans) ? (spans as readonly (readonly [number, number])[]) : []) {
    index += span[0];
    for (let left = span[1]; left > 0; left--) {
      count += Number((deltas as readonly number[])[at++] ?? 0);
      if (count !== 0) buckets.set(index, count);
      index++;
    }
  }
  return buckets;
}

/** Each of the one matches another one of the other, and none is left over. */
export function sameSet<T>(got: readonly T[], expected: readonly unknown[], matches: (got: T, expected: unknown) => boolean): boolean {
  const left = [...got];
  for (const one of expected) {
    const index = left.findIndex((candidate) => matches(candidate, one));
    if (index < 0) return false;
    left.splice(index, 1);
  }
  return left.length === 0;
}

/** Reasons and warnings in words of different authors, made alike: "unspecified temporality" is `unspecified_temporality`. */
export function category(words: unknown): string {
  const text = String(words).toLowerCase().replaceAll(/[_-]/g, " ");
  const found = CATEGORIES.find(([, pattern]) => pattern.test(text));
  return found === undefined ? text : found[0];
}

const CATEGORIES: readonly (readonly [string, RegExp])[] = [
  ["temporality", /temporality|delta/],
  ["no data", /\b(no (data|type)|empty (metric )?type|unsupported)\b(?!.*point)/],
  ["empty data points", /(empty|no) (data )?points/],
  ["name", /name/],
  ["conflict", /conflict|other type|already/],
  ["scale", /scale|histogram|bucket/],
];

export function pick(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(keys.filter((key) => key in fields).map((key) => [key, fields[key]]));
}

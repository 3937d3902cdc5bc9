const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const COUNT = /^\d{1,15}$/;

/** A finite decimal, as generators print them; undefined for "", NaN, `N/A`, hexadecimal and anything longer than a number can be. */
export function parseDecimal(text: string): number | undefined {
  if (text.length > 400 || !DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** A whole number from 0 to 10^15. */
export function parseCount(text: string): number | undefined {
  return COUNT.test(text) ? Number(text) : undefined;
}

/** A number of JSON, or the same in quotes; NaN and infinities are none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" ? parseDecimal(value) : undefined;
}

/** Not negative: durations, counts and sizes are not. */
export function amountOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

/** 99.9 → 0.999 exactly as one would write it, so that quantiles of different formats can be compared. */
export function ratioOfPercent(percent: number): number {
  return Math.round(percent * 1e6) / 1e8;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Object of JSON; undefined for arrays, null and scalars. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined where the text is no JSON, is nested too deep to read, or is `null`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

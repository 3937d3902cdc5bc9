/** The labels of one process of a service: what alerts about it are grouped by. */
export const BY_PROCESS = "by (job, instance)";
export const ON_PROCESS = "on (job, instance)";

/** `90000` → `90s`, `120000` → `2m`. Throws a RangeError below a millisecond. */
export function promDuration(ms: number): string {
  if (!(Number.isInteger(ms) && ms > 0)) throw new RangeError(`${ms} ms is no duration of PromQL: give a whole number above 0`);
  if (ms % 1000 !== 0) return `${ms}ms`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`;
}

/** The same expression for each name or source; the first that has an answer counts, per set of labels. */
export function firstOf<Source>(sources: readonly Source[], expression: (source: Source) => string): string {
  return sources.map(expression).join("\nor ");
}

/** Every line moved to the right, for an operand in brackets. */
export function indent(text: string, columns = 2): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(columns));
}

/** `(` … `)` around lines. */
export function inBrackets(text: string): string {
  return text.includes("\n") ? `(\n${indent(text)}\n)` : `(${text})`;
}

/** 0.01 → `1%`, for texts. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))}%`;
}

import { formatCount, formatMs } from "./format-number.ts";
import type { ReportPrinted } from "./report-schema.ts";

/** `p50`, `p99.9`. */
export function quantileName(q: number): string {
  return `p${Number((q * 100).toFixed(3))}`;
}

/** `wrk prints it: p50 0.1 ms, p99 8 ms, max 13 ms of 23 079 requests (answered requests only)`. */
export function printedText(printed: ReportPrinted): string {
  const { witness, endpoint, requests, quantiles, meanMs, maxMs } = printed;
  const figures = [
    ...(meanMs === null ? [] : [`mean ${formatMs(meanMs)}`]),
    ...quantiles.map(({ q, ms }) => `${quantileName(q)} ${formatMs(ms)}`),
    ...(maxMs === null ? [] : [`max ${formatMs(maxMs)}`]),
  ];
  const of = requests === null ? "" : ` of ${formatCount(requests)} requests`;
  const cautions = printedCautions(printed);
  return `${witness} prints it${endpoint === "" ? "" : ` for ${endpoint}`}: ${figures.join(", ")}${of}${cautions.length === 0 ? "" : ` (${cautions.join("; ")})`}`;
}

const CORRECTION_WORDS: Readonly<Record<string, string>> = {
  raw: "not corrected for coordinated omission",
  corrected: "corrected for coordinated omission by the generator",
};

/** What must be known before such figures are believed. */
export function printedCautions({
  correction,
  survivorsOnly,
  means,
}: Pick<ReportPrinted, "correction" | "survivorsOnly" | "means">): readonly string[] {
  return [
    ...(survivorsOnly === true ? ["answered requests only"] : survivorsOnly === false ? ["failed requests are among them"] : []),
    ...(means === "start_to_first_byte" ? ["up to the first byte"] : []),
    ...(correction in CORRECTION_WORDS ? [CORRECTION_WORDS[correction] as string] : []),
  ];
}

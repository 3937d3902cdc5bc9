import { parseDuration } from "./parse-duration.ts";

/** A number literal of PromQL: `1e-3`, `0x1F`, `1.`, `+Inf`, `nan`, `1_000`, and since Prometheus 3 a duration, which is its seconds. */
export function parseNumber(text: string): number | undefined {
  const found = /^([-+]?)(.*)$/s.exec(text);
  const sign = found?.[1] === "-" ? -1 : 1;
  const plain = (found?.[2] ?? "").trim().toLowerCase();
  if (plain === "inf") return sign * Infinity;
  if (plain === "nan") return Number.NaN;
  if (/^0x[0-9a-f]+$/.test(plain) || /^(?:\d[\d_]*\.?(?:\d[\d_]*)?|\.\d[\d_]*)(?:e[-+]?\d+)?$/.test(plain))
    return sign * Number(plain.replaceAll("_", ""));
  const ms = parseDuration(plain);
  return ms === undefined ? undefined : (sign * ms) / 1000;
}

import { parseDecimal } from "./parse-number.ts";

const MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1e3, secs: 1e3, m: 6e4, min: 6e4, h: 3.6e6 };
const PART = /(\d+(?:\.\d+)?)(ns|us|[\u00b5\u03bc]s|ms|secs|s|min|m|h)/y;

/** `102.00us`, `0.90ms`, `1m2.5s`, `0.0009 secs` in ms; undefined for `-nan%` and the like. */
export function parseDurationMs(text: string): number | undefined {
  const compact = text.replace(" ", "");
  let sum = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < compact.length) {
    const found = PART.exec(compact);
    if (found === null) return undefined;
    sum += (parseDecimal(found[1] as string) ?? 0) * (MS[found[2] as string] as number);
  }
  return compact === "" ? undefined : sum;
}

const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** wrk's sizes: `2.97MB`, of 1024. Rounded as printed. */
export function parseBinarySize(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|TB)$/.exec(text);
  return found === null ? undefined : Math.round(Number(found[1]) * (BYTES[found[2] as string] as number));
}

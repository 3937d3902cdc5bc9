import type { UpstreamTry } from "../../model/load-record.ts";

/** Of all tries together; undefined where none has it. */
export function totalOf(tries: readonly UpstreamTry[], key: "connectMs" | "headerMs" | "responseMs"): number | undefined {
  let total: number | undefined;
  for (const one of tries) {
    const ms = one[key];
    if (ms !== undefined) total = (total ?? 0) + ms;
  }
  return total;
}

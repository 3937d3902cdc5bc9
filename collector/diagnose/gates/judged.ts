import type { GateState } from "../diagnosis.ts";
import { formatBytes, formatCount, formatMs, formatPerSecond, formatShare } from "../rules/format-value.ts";
import type { Comparison, GateUnit, ParsedGate } from "./parsed-gate.ts";

/** What became of a threshold; where it stands and what it is called is added by the caller. */
export interface Judged {
  readonly state: GateState;
  readonly actual: string;
  readonly note: string;
}

export function undecided(note: string, actual = ""): Judged {
  return { state: "undecided", actual, note };
}

export function holds(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "==":
      return value === limit;
    case "!=":
      return value !== limit;
  }
}

/** Holds a number against the limit of a threshold. */
export function judged({ limit }: ParsedGate, value: number, note = "", unit: GateUnit = limit?.unit ?? "count"): Judged {
  if (limit === undefined || Number.isNaN(value)) return undecided(note === "" ? "there is nothing to compare" : note);
  return { state: holds(value, limit.comparison, limit.value) ? "passed" : "failed", actual: formatIn(value, unit), note };
}

export function formatIn(value: number, unit: GateUnit): string {
  switch (unit) {
    case "ms":
      return formatMs(value);
    case "share":
      return formatShare(value);
    case "bytes":
      return formatBytes(value);
    case "per_second":
      return formatPerSecond(value);
    case "count":
      return formatCount(value);
  }
}

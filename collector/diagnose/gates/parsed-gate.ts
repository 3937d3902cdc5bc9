import type { Hop } from "../../model/catalog.ts";

export type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** What a number is of: ms, a share (0..1), bytes, a count, or a rate a second. */
export type GateUnit = "ms" | "share" | "bytes" | "count" | "per_second";

export type LatencyStat = { readonly kind: "quantile"; readonly q: number } | { readonly kind: "avg" | "min" | "max" };

export type GateSubject =
  /** Of requests with success at a hop. */
  | { readonly kind: "latency"; readonly hop: Hop; readonly stat: LatencyStat }
  /** Share of requests that failed. */
  | { readonly kind: "failed"; readonly hop: Hop }
  | { readonly kind: "status"; readonly hop: Hop; readonly from: number; readonly to: number }
  | { readonly kind: "timeouts"; readonly hop: Hop }
  | { readonly kind: "requests"; readonly hop: Hop; readonly per: "run" | "second" }
  | { readonly kind: "gauge"; readonly fold: "min" | "max" | "avg" | "last"; readonly names: readonly string[] }
  | { readonly kind: "trend"; readonly names: readonly string[] }
  /** A metric of the generator by its name; what it is, its series say. */
  | { readonly kind: "metric"; readonly name: string; readonly stat: "" | "rate" | "count" | "avg" | "min" | "max" };

export interface ParsedGate {
  readonly expression: string;
  readonly subject: GateSubject;
  /** `endpoint`, `scenario`, `status`, `hop`, `cohort`; of metrics and gauges any attribute. */
  readonly labels: ReadonlyMap<string, string>;
  /** undefined for `trend(…)`, which needs none. */
  readonly limit: { readonly comparison: Comparison; readonly value: number; readonly unit: GateUnit } | undefined;
}

export interface GateMistake {
  readonly message: string;
  /** From 1, within the expression. */
  readonly column: number;
  /** How many characters are meant; at least 1. */
  readonly length: number;
  /** What would have been right. */
  readonly expected: string;
}

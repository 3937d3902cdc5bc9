import type { ChangeVerdict } from "../../stats/judge-change.ts";

/** Something that was not the same when the two sides were made. */
export interface ConditionDifference {
  /** `dataset`, `script`, `offered rate`, `phases`, `version of k6`, `host`. */
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** `refuses`: figures of the two mean different things. `warns`: it may be what made the difference. */
  readonly weight: "refuses" | "warns";
}

/** One side's value with the range that its requests (or runs) leave open; both undefined where there are too few. */
export interface SideValue {
  readonly value: number | undefined;
  readonly lower: number | undefined;
  readonly upper: number | undefined;
  /** Successes it is of, or runs. */
  readonly n: number;
  /** "" or why there is none: `12 samples, p99 needs 299`. */
  readonly note: string;
}

export interface Change {
  readonly endpoint: string;
  /** `failed` (share of requests, 0..1), `p50`, `p95`, `p99` (ms, of successes). */
  readonly metric: "failed" | "p50" | "p95" | "p99";
  readonly before: SideValue;
  readonly after: SideValue;
  /** Of latencies the ratio after / before − 1, of shares the difference; with its interval. undefined: cannot be told. */
  readonly change: { readonly value: number; readonly lower: number; readonly upper: number } | undefined;
  /** Smallest change that is called one: ratio for latencies, difference for shares. */
  readonly floor: number;
  readonly verdict: ChangeVerdict;
}

export interface ComparisonSide {
  readonly runs: readonly string[];
  readonly requests: number;
  readonly failed: number;
}

export interface Comparison {
  readonly before: ComparisonSide;
  readonly after: ComparisonSide;
  /** `refused`: the conditions differ in what makes figures comparable. */
  readonly state: "compared" | "refused";
  readonly differences: readonly ConditionDifference[];
  /** `runs`: runs are the sample (at least four a side). `requests`: one run each, or few: what differs from run to run is not known. */
  readonly by: "runs" | "requests";
  readonly changes: readonly Change[];
  /** Endpoints that only one side has. */
  readonly unmatched: readonly string[];
  /** The first line. */
  readonly sentence: string;
  /** What the reader must know about these figures. */
  readonly notes: readonly string[];
}

/** What runs that should be alike differ by: measured once per suite, and the least that is then called a change. */
export interface NoiseFloors {
  /** Name of the runs: `spike`. */
  readonly suite: string;
  readonly runs: readonly string[];
  readonly pairs: number;
  /** Pairs that the comparison called different: 0 where it is honest. */
  readonly pairsCalledDifferent: number;
  /** By endpoint and metric: the ratio that 95 % of pairs stay within. */
  readonly floors: readonly { readonly endpoint: string; readonly metric: Change["metric"]; readonly usual: number; readonly largest: number }[];
}

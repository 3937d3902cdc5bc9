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

/** Figures of whole runs, in the order in which they are shown. */
export const MEASURE_IDS = [
  "requests_per_second",
  "successes_per_second",
  "iterations_per_second",
  "virtual_users",
  "cpu_busy",
  "cpu_ms_per_request",
  "cpu_cores",
  "memory_rest",
  "memory_peak",
  "memory_rise",
  "memory_end",
  "memory_class",
  "calls_per_request",
  "calls_growth",
  "imbalance",
  "cache_hits",
  "permits_least",
  "messages_per_request",
  "messages_per_receiver",
  "alarms",
  "cohort_p50",
  "cohort_p95",
  "cohort_p99",
] as const;
export type MeasureId = (typeof MEASURE_IDS)[number];

/** What one side's runs say of a measure. */
export interface MeasureSide {
  /** Median over the runs; undefined where none tells it, and of a measure that is a word. */
  readonly value: number | undefined;
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** Runs that tell it. */
  readonly runs: number;
  /** With its unit, for people: `212 MiB`, `200/s`, `a peak`. An en dash where there is none. */
  readonly text: string;
}

/** One figure of whole runs, beside the requests that the client timed. */
export interface Measure {
  readonly id: MeasureId;
  /** `requests a second`. */
  readonly title: string;
  /** Which process, endpoint, cache or cohort; "" = the run. Other people's text. */
  readonly of: string;
  /** Of the values: UCUM, "" where it is a plain number or a word. */
  readonly unit: string;
  readonly before: MeasureSide;
  readonly after: MeasureSide;
  /** after / before; undefined where either is missing or 0. */
  readonly ratio: number | undefined;
  /** `4.7 times`, `4 001 times less`, `+12 %`, `O(N) → O(1)`; an en dash where there is nothing to say. */
  readonly change: string;
  /**
   * `shown`: a fact, and whether such runs always differ by that much is not known. `better`, `worse`, `changed` (for neither): with few runs a
   * change that is beyond a generous floor, with at least four a side one that the runs show. `equivalent`, `undecided`: of four a side and more only.
   */
  readonly verdict: ChangeVerdict | "shown" | "changed";
  /** `requests a second 200/s → 940/s (4.7 times)`. Contains other people's text. */
  readonly sentence: string;
}

/** A label that was not the same: most likely what the runs were made for. */
export interface LabelDifference {
  readonly name: string;
  /** Values of all runs of the side; `not set`. */
  readonly before: string;
  readonly after: string;
}

/** What no single figure shows. */
export interface ComparisonWarning {
  /** `full_processors`: all of the CPU for fewer requests. `poor_baseline`: a run that should have been the better one is not. */
  readonly kind: "full_processors" | "poor_baseline";
  /** A few words, for the first line. */
  readonly short: string;
  /** A sentence with its numbers; contains other people's text. */
  readonly text: string;
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
  /** Figures of the whole runs: throughput, CPU, memory, calls, cohorts … [] where the comparison was refused. */
  readonly measures: readonly Measure[];
  readonly labels: readonly LabelDifference[];
  readonly warnings: readonly ComparisonWarning[];
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

import type { ValueType } from "./ast.ts";

export interface Signature {
  readonly parameters: readonly ValueType[];
  /** How many of the parameters may be left out. */
  readonly optional: number;
  readonly returns: ValueType;
}

const signature = (parameters: readonly ValueType[], returns: ValueType = "vector", optional = 0): Signature => ({ parameters, optional, returns });
const named = (names: string, one: Signature): readonly (readonly [string, Signature])[] => names.split(" ").map((name) => [name, one] as const);

const OF_RANGE = signature(["matrix"]);
const OF_VECTOR = signature(["vector"]);

/** The functions of Prometheus (promql/parser/functions.go) but for those of `LEFT_OUT`. */
export const FUNCTIONS: ReadonlyMap<string, Signature> = new Map([
  ...named("rate increase irate delta idelta deriv resets changes absent_over_time", OF_RANGE),
  ...named("min_over_time max_over_time avg_over_time sum_over_time count_over_time last_over_time first_over_time present_over_time", OF_RANGE),
  ...named("stddev_over_time stdvar_over_time", OF_RANGE),
  ...named("quantile_over_time", signature(["scalar", "matrix"])),
  ...named("predict_linear", signature(["matrix", "scalar"])),
  ...named("abs ceil floor exp sqrt ln log2 log10 sgn deg rad", OF_VECTOR),
  ...named("sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh", OF_VECTOR),
  ...named("absent timestamp sort sort_desc", OF_VECTOR),
  ...named("round", signature(["vector", "scalar"], "vector", 1)),
  ...named("clamp", signature(["vector", "scalar", "scalar"])),
  ...named("clamp_min clamp_max", signature(["vector", "scalar"])),
  ...named("histogram_quantile", signature(["scalar", "vector"])),
  ...named("label_replace", signature(["vector", "string", "string", "string", "string"])),
  ...named("scalar", signature(["vector"], "scalar")),
  ...named("vector", signature(["scalar"])),
  ...named("time pi", signature([], "scalar")),
  ...named("minute hour day_of_week day_of_month day_of_year days_in_month month year", signature(["vector"], "vector", 1)),
]);

/**
 * Functions of Prometheus 3 that this evaluator does not have, and refuses by name: those on native histograms, `label_join`, and what is
 * experimental there (`first_over_time` is here all the same).
 */
export const LEFT_OUT: ReadonlySet<string> = new Set(
  [
    "histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar histogram_fraction histogram_quantiles",
    "label_join",
    "double_exponential_smoothing holt_winters info mad_over_time sort_by_label sort_by_label_desc start_timestamp range step",
    "ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
  ].flatMap((names) => names.split(" ")),
);

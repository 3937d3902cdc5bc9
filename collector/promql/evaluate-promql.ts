import { aggregate } from "./aggregate.ts";
import type { Aggregation, Binary, Call, Expression, MatrixSelector, Subquery, TimeShift, Unary, VectorSelector } from "./ast.ts";
import { isSetOperator } from "./ast.ts";
import { calculate, combineSets, combineVectors, combineWithScalar } from "./binary-operators.ts";
import { typeOf } from "./check-types.ts";
import type { Dialect } from "./dialect.ts";
import { evaluateCall } from "./evaluate-call.ts";
import type { LabelSet } from "./label-set.ts";
import { EvaluationError } from "./promql-error.ts";
import { isStaleAt, type SampleSeries, type SampleSource } from "./sample-source.ts";
import { distinct, type RangeSeries, type Value, type Vector, type Window } from "./values.ts";

export interface EvaluationOptions {
  readonly dialect: Dialect;
  /** For how long a series that ended without a stale marker still counts as there. */
  readonly lookbackMs: number;
  /** Step of a subquery that names none. */
  readonly defaultStepMs: number;
}

export const DEFAULT_EVALUATION: EvaluationOptions = { dialect: "prometheus-3", lookbackMs: 300_000, defaultStepMs: 60_000 };

/**
 * An instant query: the value of a parsed expression at one time. Prometheus' engine is followed in what belongs to a window, in labels and
 * in NaN; the order of a vector's samples means nothing except after `sort`.
 * Throws: `EvaluationError` where a matching is ambiguous, or two results have the same labels.
 */
export function evaluatePromql(expression: Expression, timeMs: number, source: SampleSource, options: Partial<EvaluationOptions> = {}): Value {
  return new Evaluation(source, timeMs, timeMs, { ...DEFAULT_EVALUATION, ...options }).value(expression);
}

export class Evaluation {
  readonly timeMs: number;
  readonly dialect: Dialect;
  readonly #source: SampleSource;
  /** Of the whole query, where `timeMs` is a step of a subquery. */
  readonly #queryMs: number;
  readonly #options: EvaluationOptions;

  constructor(source: SampleSource, timeMs: number, queryMs: number, options: EvaluationOptions) {
    this.#source = source;
    this.timeMs = timeMs;
    this.dialect = options.dialect;
    this.#queryMs = queryMs;
    this.#options = options;
  }

  value(expression: Expression): Value {
    switch (expression.kind) {
      case "number":
        return { type: "scalar", value: expression.value };
      case "string":
        return { type: "string", value: expression.value };
      case "vector-selector":
        return { type: "vector", samples: this.instant(expression).map(({ labels, value }) => ({ labels, value })) };
      case "matrix-selector":
        return this.#matrix(expression);
      case "subquery":
        return this.#subquery(expression);
      case "unary":
        return this.#unary(expression);
      case "binary":
        return this.#binary(expression);
      case "aggregation":
        return this.#aggregation(expression);
      case "call":
        return this.#call(expression);
    }
  }

  vector(expression: Expression): Vector {
    const value = this.value(expression);
    return value.type === "vector" ? value.samples : wrongType("vector", value);
  }

  scalar(expression: Expression): number {
    const value = this.value(expression);
    return value.type === "scalar" ? value.value : wrongType("scalar", value);
  }

  matrix(expression: Expression): Value & { type: "matrix" } {
    const value = this.value(expression);
    return value.type === "matrix" ? value : wrongType("matrix", value);
  }

  /** The newest sample of every series, with its own time. */
  instant(selector: VectorSelector): readonly { readonly labels: LabelSet; readonly value: number; readonly timeMs: number }[] {
    const endMs = this.#shifted(selector);
    const startMs = endMs - this.#options.lookbackMs;
    const found = [];
    for (const { labels, timestampsMs, values } of this.#source.select(selector.matchers, startMs, endMs)) {
      const index = lastUpTo(timestampsMs, endMs);
      if (index < 0 || !this.#isAfterStart(timestampsMs[index] as number, startMs) || isStaleAt(values, index)) continue;
      found.push({ labels, value: values[index] as number, timeMs: timestampsMs[index] as number });
    }
    return found;
  }

  #shifted({ atMs, offsetMs }: TimeShift): number {
    return (atMs === undefined ? this.timeMs : atMs === "query" ? this.#queryMs : atMs) - offsetMs;
  }

  #isAfterStart(timeMs: number, startMs: number): boolean {
    return this.dialect === "prometheus-3" ? timeMs > startMs : timeMs >= startMs;
  }

  #matrix({ selector, rangeMs }: MatrixSelector): Value {
    const endMs = this.#shifted(selector);
    const window: Window = { startMs: endMs - rangeMs, endMs, rangeMs, timeMs: this.timeMs };
    const series: RangeSeries[] = [];
    for (const one of this.#source.select(selector.matchers, window.startMs, endMs)) {
      const inside = this.#inside(one, window);
      if (inside.values.length > 0) series.push(inside);
    }
    return { type: "matrix", series, window };
  }

  #inside({ labels, timestampsMs, values }: SampleSeries, { startMs, endMs }: Window): RangeSeries {
    const end = lastUpTo(timestampsMs, endMs) + 1;
    let start = 0;
    while (start < end && !this.#isAfterStart(timestampsMs[start] as number, startMs)) start++;
    let hasStale = false;
    for (let index = start; index < end && !hasStale; index++) hasStale = isStaleAt(values, index);
    if (!hasStale) return { labels, timestampsMs: timestampsMs.subarray(start, end), values: values.subarray(start, end) };
    const kept = Array.from({ length: end - start }, (_, index) => start + index).filter((index) => !isStaleAt(values, index));
    return { labels, timestampsMs: kept.map((index) => timestampsMs[index] as number), values: kept.map((index) => values[index] as number) };
  }

  /** Its steps are multiples of the step since 1970, whenever the query is made. */
  #subquery(subquery: Subquery): Value {
    const { expression, rangeMs } = subquery;
    const stepMs = subquery.stepMs ?? this.#options.defaultStepMs;
    const endMs = this.#shifted(subquery);
    const window: Window = { startMs: endMs - rangeMs, endMs, rangeMs, timeMs: this.timeMs };
    const found = new Map<string, { readonly labels: LabelSet; readonly timestampsMs: number[]; readonly values: number[] }>();
    for (let stepAt = Math.ceil(window.startMs / stepMs) * stepMs; stepAt <= endMs; stepAt += stepMs) {
      if (!this.#isAfterStart(stepAt, window.startMs)) continue;
      const value = new Evaluation(this.#source, stepAt, this.#queryMs, this.#options).value(expression);
      for (const { labels, value: number } of value.type === "vector" ? value.samples : []) {
        const series = found.get(labels.key) ?? { labels, timestampsMs: [], values: [] };
        found.set(labels.key, series);
        series.timestampsMs.push(stepAt);
        series.values.push(number);
      }
    }
    return { type: "matrix", series: [...found.values()], window };
  }

  #unary({ operator, operand }: Unary): Value {
    const value = this.value(operand);
    if (operator === "+") return value;
    if (value.type === "scalar") return { type: "scalar", value: -value.value };
    const samples = this.#samplesOf(value).map((sample) => ({ labels: sample.labels.withoutName(), value: -sample.value }));
    return { type: "vector", samples: distinct(samples) };
  }

  #samplesOf(value: Value): Vector {
    return value.type === "vector" ? value.samples : wrongType("vector", value);
  }

  #binary(expression: Binary): Value {
    const { operator, left, right } = expression;
    const [leftIsScalar, rightIsScalar] = [typeOf(left) === "scalar", typeOf(right) === "scalar"];
    if (leftIsScalar && rightIsScalar) return { type: "scalar", value: calculate(operator, this.scalar(left), this.scalar(right)) };
    let samples: Vector;
    if (leftIsScalar) samples = combineWithScalar(expression, this.vector(right), this.scalar(left), true);
    else if (rightIsScalar) samples = combineWithScalar(expression, this.vector(left), this.scalar(right), false);
    else if (isSetOperator(operator)) samples = combineSets(expression, this.vector(left), this.vector(right));
    else samples = combineVectors(expression, this.vector(left), this.vector(right), this.dialect);
    return { type: "vector", samples: distinct(samples) };
  }

  #aggregation(expression: Aggregation): Value {
    const parameter = expression.parameter === undefined ? undefined : this.value(expression.parameter);
    const given = parameter?.type === "scalar" || parameter?.type === "string" ? parameter.value : undefined;
    return { type: "vector", samples: distinct(aggregate(expression, this.vector(expression.operand), given)) };
  }

  #call(call: Call): Value {
    const value = evaluateCall(call, this);
    return value.type === "vector" ? { type: "vector", samples: distinct(value.samples) } : value;
  }
}

function wrongType(wanted: string, value: Value): never {
  throw new EvaluationError(`expected a ${wanted}, got a ${value.type}`);
}

/** Index of the newest sample that is not after this time, or -1. */
function lastUpTo(timestampsMs: Float64Array, timeMs: number): number {
  let index = timestampsMs.length - 1;
  while (index >= 0 && (timestampsMs[index] as number) > timeMs) index--;
  return index;
}

import type { Call, Expression, VectorSelector } from "./ast.ts";
import type { Dialect } from "./dialect.ts";
import { histogramQuantile } from "./histogram-quantile.ts";
import { labelReplace } from "./label-replace.ts";
import { LabelSet, METRIC_NAME } from "./label-set.ts";
import { DATE_FUNCTIONS, MATH_FUNCTIONS, roundTo } from "./math-functions.ts";
import { EvaluationError } from "./promql-error.ts";
import { RANGE_FUNCTIONS } from "./range-functions.ts";
import { ascending, type Value, type Vector } from "./values.ts";

/** What a function needs from the evaluation that calls it. */
export interface CallScope {
  readonly timeMs: number;
  readonly dialect: Dialect;
  value(expression: Expression): Value;
  vector(expression: Expression): Vector;
  scalar(expression: Expression): number;
  matrix(expression: Expression): Value & { type: "matrix" };
  instant(selector: VectorSelector): readonly { readonly labels: LabelSet; readonly timeMs: number }[];
}

/** Arguments have been checked by `checkTypes`. */
export function evaluateCall(call: Call, scope: CallScope): Value {
  const scalar = scalarCall(call, scope);
  return scalar === undefined ? { type: "vector", samples: vectorCall(call, scope) } : { type: "scalar", value: scalar };
}

function scalarCall({ name, arguments: given }: Call, scope: CallScope): number | undefined {
  if (name === "time") return scope.timeMs / 1000;
  if (name === "pi") return Math.PI;
  if (name !== "scalar") return undefined;
  const samples = scope.vector(given[0] as Expression);
  return samples.length === 1 ? (samples[0]?.value as number) : Number.NaN;
}

function vectorCall(call: Call, scope: CallScope): Vector {
  const { name } = call;
  const [first, second, third] = call.arguments as readonly [Expression, Expression, Expression];
  if (name in RANGE_FUNCTIONS) return overRange(call, scope);
  if (name in MATH_FUNCTIONS) return mapped(scope.vector(first), MATH_FUNCTIONS[name] as (value: number) => number);
  if (name in DATE_FUNCTIONS) return dates(call, scope);
  switch (name) {
    case "vector":
      return [{ labels: LabelSet.EMPTY, value: scope.scalar(first) }];
    case "absent":
      return scope.vector(first).length > 0 ? [] : [{ labels: absentLabels(first, scope.dialect), value: 1 }];
    case "absent_over_time":
      return scope.matrix(first).series.length > 0 ? [] : [{ labels: absentLabels(first, scope.dialect), value: 1 }];
    case "timestamp":
      return timestamps(first, scope);
    case "sort":
      return [...scope.vector(first)].sort((a, b) => nanLast(a.value, b.value) ?? ascending(a.value, b.value));
    case "sort_desc":
      return [...scope.vector(first)].sort((a, b) => nanLast(a.value, b.value) ?? ascending(b.value, a.value));
    case "round": {
      const step = second === undefined ? 1 : scope.scalar(second);
      return mapped(scope.vector(first), (value) => roundTo(value, step));
    }
    case "clamp": {
      const [low, high] = [scope.scalar(second), scope.scalar(third)];
      const clamped = mapped(scope.vector(first), (value) => Math.max(low, Math.min(high, value)));
      return high < low ? [] : clamped;
    }
    case "clamp_min": {
      const low = scope.scalar(second);
      return mapped(scope.vector(first), (value) => Math.max(low, value));
    }
    case "clamp_max": {
      const high = scope.scalar(second);
      return mapped(scope.vector(first), (value) => Math.min(high, value));
    }
    case "histogram_quantile":
      return histogramQuantile(scope.scalar(first), scope.vector(second));
    case "label_replace": {
      const [target, replacement, source, pattern] = call.arguments.slice(1).map((argument) => text(argument, scope)) as [
        string,
        string,
        string,
        string,
      ];
      return labelReplace(scope.vector(first), { target, replacement, source, pattern });
    }
    default:
      // FUNCTIONS and this switch name the same ones; test/unit/promql/functions.test.ts calls each.
      throw new EvaluationError(`${name} has a signature and no evaluation: a fault in Pitwall`);
  }
}

function text(expression: Expression, scope: CallScope): string {
  const value = scope.value(expression);
  return value.type === "string" ? value.value : "";
}

function mapped(samples: Vector, map: (value: number) => number): Vector {
  return samples.map(({ labels, value }) => ({ labels: labels.withoutName(), value: map(value) }));
}

function overRange(call: Call, scope: CallScope): Vector {
  const range = call.name === "quantile_over_time" ? call.arguments[1] : call.arguments[0];
  const parameter = call.name === "quantile_over_time" ? call.arguments[0] : call.arguments[1];
  const { series, window } = scope.matrix(range as Expression);
  const scalar = parameter === undefined ? Number.NaN : scope.scalar(parameter);
  const keepsName = call.name === "last_over_time" || call.name === "first_over_time";
  const compute = RANGE_FUNCTIONS[call.name] as (typeof RANGE_FUNCTIONS)[string];
  return series.flatMap((one) => {
    const value = compute(one, window, scope.dialect, scalar);
    return value === undefined ? [] : [{ labels: keepsName ? one.labels : one.labels.withoutName(), value }];
  });
}

function dates({ name, arguments: given }: Call, scope: CallScope): Vector {
  const part = DATE_FUNCTIONS[name] as (date: Date) => number;
  const [first] = given;
  const samples = first === undefined ? [{ labels: LabelSet.EMPTY, value: scope.timeMs / 1000 }] : scope.vector(first);
  return mapped(samples, (seconds) => part(new Date(Math.trunc(seconds) * 1000)));
}

/** Of a plain selector the samples' own times, of anything else the time of the evaluation. */
function timestamps(expression: Expression, scope: CallScope): Vector {
  if (expression.kind !== "vector-selector") return mapped(scope.vector(expression), () => scope.timeMs / 1000);
  return scope.instant(expression).map(({ labels, timeMs }) => ({ labels: labels.withoutName(), value: timeMs / 1000 }));
}

/** What the missing series would be called: the labels that the selector fixes. Prometheus 2 heeds only what comes after the `=`. */
function absentLabels(expression: Expression, dialect: Dialect): LabelSet {
  const selector = expression.kind === "matrix-selector" ? expression.selector : expression;
  if (selector.kind !== "vector-selector") return LabelSet.EMPTY;
  const matchers = selector.matchers.filter(({ name }) => name !== METRIC_NAME);
  const fixed = matchers.filter(({ name, operator }, index) => {
    const others = matchers.filter(
      (other, at) => other.name === name && (dialect === "prometheus-3" ? at !== index : at > index || other.operator === "="),
    );
    return operator === "=" && others.every((other) => other === matchers[index]);
  });
  return LabelSet.from(fixed.map(({ name, value }) => [name, value]));
}

function nanLast(a: number, b: number): number | undefined {
  if (!Number.isNaN(a) && !Number.isNaN(b)) return undefined;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

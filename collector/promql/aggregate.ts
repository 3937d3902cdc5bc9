import type { Aggregation } from "./ast.ts";
import { type LabelSet, METRIC_NAME } from "./label-set.ts";
import { EvaluationError } from "./promql-error.ts";
import { ascending, extremeOf, meanOf, quantileOf, sumOf, type Vector, type VectorSample, varianceOf } from "./values.ts";

interface Group {
  readonly labels: LabelSet;
  readonly samples: VectorSample[];
}

/** `parameter`: k, φ or the label, evaluated. Throws: `EvaluationError`. */
export function aggregate(expression: Aggregation, samples: Vector, parameter: number | string | undefined): Vector {
  const groups = [...grouped(expression, samples).values()];
  switch (expression.operator) {
    case "topk":
    case "bottomk":
      return groups.flatMap((group) => extremes(group, expression.operator === "topk" ? -1 : 1, Number(parameter)));
    case "count_values":
      return groups.flatMap((group) => countValues(group, String(parameter)));
    default:
      return groups.map((group) => ({ labels: group.labels, value: fold(expression, group, Number(parameter)) }));
  }
}

function grouped({ grouping, without }: Aggregation, samples: Vector): Map<string, Group> {
  const dropped = without ? [...grouping, METRIC_NAME] : [];
  const groups = new Map<string, Group>();
  for (const sample of samples) {
    const labels = without ? sample.labels.without(dropped) : sample.labels.only(grouping);
    const group = groups.get(labels.key);
    if (group === undefined) groups.set(labels.key, { labels, samples: [sample] });
    else group.samples.push(sample);
  }
  return groups;
}

function fold({ operator }: Aggregation, { samples }: Group, parameter: number): number {
  const values = samples.map(({ value }) => value);
  switch (operator) {
    case "sum":
      return sumOf(values);
    case "min":
      return extremeOf(values, 1);
    case "max":
      return extremeOf(values, -1);
    case "avg":
      return meanOf(values);
    case "count":
      return values.length;
    case "group":
      return 1;
    case "stddev":
      return Math.sqrt(varianceOf(values));
    case "stdvar":
      return varianceOf(values);
    case "quantile":
      return quantileOf(parameter, values);
    default:
      throw new EvaluationError(`${operator} yields no single value`);
  }
}

/** NaN comes last either way. */
function extremes({ samples }: Group, sign: 1 | -1, k: number): Vector {
  if (Number.isNaN(k)) throw new EvaluationError("topk and bottomk need a number");
  const order = (a: VectorSample, b: VectorSample): number => {
    if (Number.isNaN(a.value) || Number.isNaN(b.value)) return -ascending(a.value, b.value);
    return ascending(a.value, b.value) * sign;
  };
  return [...samples].sort(order).slice(0, Math.max(0, Math.trunc(k)));
}

function countValues({ labels, samples }: Group, label: string): Vector {
  const counts = new Map<string, VectorSample>();
  for (const { value } of samples) {
    const own = labels.with(label, valueText(value));
    counts.set(own.key, { labels: own, value: (counts.get(own.key)?.value ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Go's FormatFloat(v, 'f', -1, 64): never an exponent. */
function valueText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  const text = String(value);
  const found = /^(-?)(\d+)(?:\.(\d+))?e([-+]\d+)$/.exec(text);
  if (found === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, "0")}`;
}

import { type Binary, type BinaryOperator, isComparison, type VectorMatching } from "./ast.ts";
import type { Dialect } from "./dialect.ts";
import { type LabelSet, METRIC_NAME } from "./label-set.ts";
import { power } from "./math-functions.ts";
import { EvaluationError } from "./promql-error.ts";
import type { Vector, VectorSample } from "./values.ts";

/** Of comparisons 1 or 0. */
export function calculate(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return left % right;
    case "^":
      return power(left, right);
    case "atan2":
      return Math.atan2(left, right);
    default:
      return holds(operator, left, right) ? 1 : 0;
  }
}

function holds(operator: BinaryOperator, left: number, right: number): boolean {
  switch (operator) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

/** A comparison keeps the vector's own value, on whichever side it stands. */
export function combineWithScalar({ operator, bool }: Binary, samples: Vector, scalar: number, scalarIsLeft: boolean): Vector {
  const filters = isComparison(operator) && !bool;
  const combined: VectorSample[] = [];
  for (const { labels, value } of samples) {
    const [left, right] = scalarIsLeft ? [scalar, value] : [value, scalar];
    if (!filters) combined.push({ labels: labels.withoutName(), value: calculate(operator, left, right) });
    else if (holds(operator, left, right)) combined.push({ labels, value });
  }
  return combined;
}

type SignatureOf = (labels: LabelSet) => string;

function signature({ mode, labels }: VectorMatching): SignatureOf {
  if (mode === "on") return (set) => set.only(labels).key;
  const dropped = [...labels, METRIC_NAME];
  return (set) => set.without(dropped).key;
}

/** `and`, `or`, `unless`. */
export function combineSets({ operator, matching }: Binary, left: Vector, right: Vector): Vector {
  const of = signature(matching);
  if (operator === "or") {
    const known = new Set(left.map(({ labels }) => of(labels)));
    return [...left, ...right.filter(({ labels }) => !known.has(of(labels)))];
  }
  const known = new Set(right.map(({ labels }) => of(labels)));
  return left.filter(({ labels }) => known.has(of(labels)) === (operator === "and"));
}

/**
 * Arithmetic and comparisons between vectors (promql/engine.go VectorBinop). Prometheus 2 overlooks a second partner that a comparison filters out.
 * Throws: `EvaluationError` where the matching is ambiguous.
 */
export function combineVectors(expression: Binary, left: Vector, right: Vector, dialect: Dialect): Vector {
  if (left.length === 0 || right.length === 0) return [];
  const { operator, matching, bool } = expression;
  const of = signature(matching);
  const manyIsRight = matching.many === "right";
  const [many, one] = manyIsRight ? [right, left] : [left, right];
  const partners = partnersBySignature(one, of, manyIsRight ? "left" : "right");
  const filters = isComparison(operator) && !bool;
  const seen = new Map<string, Set<string>>();
  const combined: VectorSample[] = [];
  for (const sample of many) {
    const key = of(sample.labels);
    const partner = partners.get(key);
    if (partner === undefined) continue;
    const [a, b] = manyIsRight ? [partner.value, sample.value] : [sample.value, partner.value];
    const isKept = !filters || holds(operator, a, b);
    if (matching.many === undefined && (isKept || dialect === "prometheus-3") && seen.has(key)) {
      throw new EvaluationError("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
    }
    const results = seen.get(key) ?? new Set();
    if (isKept || dialect === "prometheus-3") seen.set(key, results);
    if (!isKept) continue;
    const labels = resultLabels(expression, sample.labels, partner.labels);
    if (results.has(labels.key)) throw new EvaluationError("multiple matches for labels: grouping labels must ensure unique matches");
    results.add(labels.key);
    combined.push({ labels, value: filters ? a : calculate(operator, a, b) });
  }
  return combined;
}

function partnersBySignature(one: Vector, of: SignatureOf, side: "left" | "right"): Map<string, VectorSample> {
  const partners = new Map<string, VectorSample>();
  for (const sample of one) {
    const key = of(sample.labels);
    const other = partners.get(key);
    if (other !== undefined) {
      throw new EvaluationError(
        `found duplicate series for the match group on the ${side} hand-side of the operation: [${sample.labels}, ${other.labels}]; many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    partners.set(key, sample);
  }
  return partners;
}

function resultLabels({ operator, bool, matching }: Binary, many: LabelSet, one: LabelSet): LabelSet {
  const keepsName = isComparison(operator) && !bool;
  let labels = keepsName ? many : many.withoutName();
  if (matching.many === undefined) labels = matching.mode === "on" ? labels.only(matching.labels) : labels.without(matching.labels);
  for (const name of matching.include) labels = labels.with(name, one.get(name));
  return labels;
}

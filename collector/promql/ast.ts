import type { Matcher } from "./label-matcher.ts";

/** PromQL as a tree. `at` is the offset of the node in the text; parentheses leave no node behind. */
export type Expression = NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Unary | Binary | Aggregation | Call;

export type ValueType = "scalar" | "vector" | "matrix" | "string";

export interface NumberLiteral {
  readonly kind: "number";
  readonly at: number;
  readonly value: number;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly at: number;
  readonly value: string;
}

/** Where in time a selector looks, other than at the time of the evaluation. */
export interface TimeShift {
  readonly offsetMs: number;
  /** `@`: an instant, or the borders of the query (of an instant query: its time). */
  readonly atMs: number | "query" | undefined;
}

export interface VectorSelector extends TimeShift {
  readonly kind: "vector-selector";
  readonly at: number;
  readonly matchers: readonly Matcher[];
}

export interface MatrixSelector {
  readonly kind: "matrix-selector";
  readonly at: number;
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

export interface Subquery extends TimeShift {
  readonly kind: "subquery";
  readonly at: number;
  readonly expression: Expression;
  readonly rangeMs: number;
  /** Undefined: the evaluator's default. */
  readonly stepMs: number | undefined;
}

export interface Unary {
  readonly kind: "unary";
  readonly at: number;
  readonly operator: "-" | "+";
  readonly operand: Expression;
}

export type Arithmetic = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type SetOperator = "and" | "or" | "unless";
export type BinaryOperator = Arithmetic | Comparison | SetOperator;

export interface VectorMatching {
  /** `on` names the labels that count, `ignoring` those that do not. */
  readonly mode: "on" | "ignoring";
  readonly labels: readonly string[];
  /** The side with many series per match; undefined: neither. */
  readonly many: "left" | "right" | undefined;
  /** Labels that the result takes from the side with one. */
  readonly include: readonly string[];
}

export interface Binary {
  readonly kind: "binary";
  readonly at: number;
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly bool: boolean;
  readonly matching: VectorMatching;
}

export const AGGREGATORS = ["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values"] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

export interface Aggregation {
  readonly kind: "aggregation";
  readonly at: number;
  readonly operator: Aggregator;
  readonly operand: Expression;
  /** k of topk, φ of quantile, the label of count_values. */
  readonly parameter: Expression | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface Call {
  readonly kind: "call";
  readonly at: number;
  readonly name: string;
  readonly arguments: readonly Expression[];
}

export function isComparison(operator: BinaryOperator): operator is Comparison {
  return operator === "==" || operator === "!=" || operator === "<" || operator === "<=" || operator === ">" || operator === ">=";
}

export function isSetOperator(operator: BinaryOperator): operator is SetOperator {
  return operator === "and" || operator === "or" || operator === "unless";
}

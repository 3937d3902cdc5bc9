import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import {
  AGGREGATORS,
  type Aggregation,
  type Aggregator,
  type Binary,
  type BinaryOperator,
  type Call,
  type Expression,
  type Subquery,
  type TimeShift,
  type VectorMatching,
  type VectorSelector,
} from "./ast.ts";
import { checkTypes } from "./check-types.ts";
import { type Matcher, matcher } from "./label-matcher.ts";
import { METRIC_NAME } from "./label-set.ts";
import { parseDuration } from "./parse-duration.ts";
import { parseNumber } from "./parse-number.ts";
import { PromqlError } from "./promql-error.ts";
import { unquote } from "./unquote.ts";

/**
 * Parses and type-checks one expression. The grammar is Prometheus' own (`@prometheus-io/lezer-promql`).
 * Throws: `PromqlError` with the place of the first mistake.
 */
export function parsePromql(text: string): Expression {
  const tree = parser.parse(text);
  const parsing = new Parsing(text);
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) parsing.fail(syntaxProblem(text, node.from, node.to), node.from);
    },
  });
  const top = tree.topNode.firstChild;
  if (top === null) return parsing.fail("the expression is empty", 0);
  const expression = parsing.expression(top);
  checkTypes(expression, text);
  return expression;
}

function syntaxProblem(text: string, from: number, to: number): string {
  const called = /([A-Za-z_:][\w:]*)\s*$/.exec(text.slice(0, from))?.[1];
  if (called !== undefined && text.slice(from).trimStart().startsWith("(")) return `unknown function "${called}"`;
  const found = text.slice(from, Math.max(to, from + 1)).trim() || text.slice(from).trim().slice(0, 1);
  return found === "" ? "unexpected end of the expression" : `unexpected ${JSON.stringify(found)}`;
}

const NO_SHIFT: TimeShift = { offsetMs: 0, atMs: undefined };
/** Words of newer grammars whose meaning this evaluator does not have. */
const UNSUPPORTED: ReadonlySet<string> = new Set(["AnchoredExpr", "SmoothedExpr", "FillModifier"]);

class Parsing {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  fail(problem: string, offset: number): never {
    throw new PromqlError(problem, this.#text, offset);
  }

  expression(node: SyntaxNode): Expression {
    const at = node.from;
    switch (node.name) {
      case "ParenExpr":
        return this.expression(this.#child(node));
      case "NumberDurationLiteral":
        return { kind: "number", at, value: this.#number(node) };
      case "StringLiteral":
        return { kind: "string", at, value: this.#string(node) };
      case "VectorSelector":
        return this.#selector(node);
      case "MatrixSelector":
        return this.#matrix(node);
      case "SubqueryExpr":
        return this.#subquery(node);
      case "OffsetExpr":
        return this.#shifted(node, { offsetMs: this.#signedDuration(this.#child(node, "OffsetDurationExpr")) });
      case "StepInvariantExpr":
        return this.#shifted(node, { atMs: this.#instant(node) });
      case "UnaryExpr": {
        const operator = this.#slice(this.#child(node, "UnaryOp")) === "-" ? "-" : "+";
        return { kind: "unary", at, operator, operand: this.expression(node.lastChild as SyntaxNode) };
      }
      case "BinaryExpr":
        return this.#binary(node);
      case "AggregateExpr":
        return this.#aggregation(node);
      case "FunctionCall":
        return this.#call(node);
      default:
        return this.fail(`${JSON.stringify(this.#slice(node))} is not supported`, at);
    }
  }

  #slice(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  #child(node: SyntaxNode, name?: string): SyntaxNode {
    const found = name === undefined ? node.firstChild : node.getChild(name);
    return found ?? this.fail(`incomplete ${JSON.stringify(this.#slice(node))}`, node.from);
  }

  #number(node: SyntaxNode): number {
    return parseNumber(this.#slice(node)) ?? this.fail(`${JSON.stringify(this.#slice(node))} is not a number`, node.from);
  }

  #string(node: SyntaxNode): string {
    return unquote(this.#slice(node)) ?? this.fail("not a valid string literal", node.from);
  }

  #selector(node: SyntaxNode): VectorSelector {
    const matchers: Matcher[] = [];
    const identifier = node.getChild("Identifier");
    if (identifier !== null) matchers.push(matcher(METRIC_NAME, "=", this.#slice(identifier)));
    for (let one = node.getChild("LabelMatchers")?.firstChild ?? null; one !== null; one = one.nextSibling) matchers.push(this.#matcher(one));
    if (matchers.filter(({ name, operator }) => name === METRIC_NAME && operator === "=").length > 1) {
      this.fail("the metric name is set twice", node.from);
    }
    if (matchers.every((one) => one.matches(""))) this.fail("a selector needs at least one matcher that does not match the empty text", node.from);
    return { kind: "vector-selector", at: node.from, matchers, ...NO_SHIFT };
  }

  #matcher(node: SyntaxNode): Matcher {
    if (node.name === "QuotedLabelName") return matcher(METRIC_NAME, "=", this.#string(this.#child(node)));
    const label = node.firstChild as SyntaxNode;
    const name = label.name === "QuotedLabelName" ? this.#string(this.#child(label)) : this.#slice(label);
    const operator = this.#slice(this.#child(node, "MatchOp")) as Matcher["operator"];
    const literal = node.lastChild as SyntaxNode;
    const value = this.#string(literal);
    try {
      return matcher(name, operator, value);
    } catch (error) {
      return this.fail(error instanceof Error ? error.message : String(error), literal.from);
    }
  }

  #matrix(node: SyntaxNode): Expression {
    const inner = this.expression(this.#child(node));
    if (inner.kind !== "vector-selector") return this.fail("a range needs a selector before it, or a step after it (a subquery)", node.from);
    if (inner.offsetMs !== 0 || inner.atMs !== undefined) this.fail("offset and @ come after the range", node.from);
    const rangeMs = this.#positiveDuration(this.#child(node, "DurationExpr"));
    return { kind: "matrix-selector", at: node.from, selector: inner, rangeMs };
  }

  #subquery(node: SyntaxNode): Subquery {
    const [range, step] = node.getChildren("DurationExpr");
    return {
      kind: "subquery",
      at: node.from,
      expression: this.expression(this.#child(node)),
      rangeMs: this.#positiveDuration(range ?? node),
      stepMs: step === undefined ? undefined : this.#positiveDuration(step),
      ...NO_SHIFT,
    };
  }

  #shifted(node: SyntaxNode, shift: Partial<TimeShift>): Expression {
    const inner = this.expression(this.#child(node));
    const target = inner.kind === "matrix-selector" ? inner.selector : inner;
    if (target.kind !== "vector-selector" && target.kind !== "subquery")
      return this.fail("offset and @ belong to a selector or a subquery", node.from);
    const isTwice = shift.offsetMs === undefined ? target.atMs !== undefined : target.offsetMs !== 0;
    if (isTwice) this.fail("offset or @ is set twice", node.from);
    if (inner.kind === "matrix-selector") return { ...inner, selector: { ...inner.selector, ...shift } };
    return { ...target, ...shift };
  }

  #instant(node: SyntaxNode): number | "query" {
    const border = node.getChild("AtModifierPreprocessors");
    return border === null ? this.#number(node.lastChild as SyntaxNode) * 1000 : "query";
  }

  #positiveDuration(node: SyntaxNode): number {
    const ms = this.#signedDuration(node);
    return ms > 0 ? ms : this.fail("a duration must be greater than 0", node.from);
  }

  /** `5m`, `-5m`, and since Prometheus 3 a plain number of seconds. */
  #signedDuration(node: SyntaxNode): number {
    const text = this.#slice(node).replaceAll(/\s/g, "");
    const sign = text.startsWith("-") ? -1 : 1;
    const plain = text.replace(/^[-+]/, "");
    const seconds = parseNumber(plain);
    const ms = parseDuration(plain) ?? (seconds === undefined ? undefined : Math.round(seconds * 1000));
    return ms === undefined || !Number.isFinite(ms) ? this.fail(`${JSON.stringify(text)} is not a duration`, node.from) : sign * ms;
  }

  #binary(node: SyntaxNode): Expression {
    const children: SyntaxNode[] = [];
    for (let child = node.firstChild; child !== null; child = child.nextSibling) if (child.name !== "LineComment") children.push(child);
    const unsupported = children.find(({ name }) => UNSUPPORTED.has(name));
    if (unsupported !== undefined) this.fail(`${JSON.stringify(this.#slice(unsupported))} is not supported`, unsupported.from);
    const [left, operator] = children as [SyntaxNode, SyntaxNode];
    const base = this.expression(left);
    // The grammar takes the sign of a literal first; in Prometheus `-2 ^ x` is `-(2 ^ x)`.
    const isSigned = operator.name === "Pow" && left.name === "NumberDurationLiteral" && this.#slice(left).startsWith("-");
    const binary: Binary = {
      kind: "binary",
      at: operator.from,
      operator: this.#slice(operator).toLowerCase() as BinaryOperator,
      left: isSigned && base.kind === "number" ? { ...base, value: -base.value } : base,
      right: this.expression(children.at(-1) as SyntaxNode),
      bool: node.getChild("BoolModifier") !== null,
      matching: this.#matching(node.getChild("MatchingModifierClause")),
    };
    return isSigned ? { kind: "unary", at: left.from, operator: "-", operand: binary } : binary;
  }

  #matching(node: SyntaxNode | null): VectorMatching {
    if (node === null) return { mode: "ignoring", labels: [], many: undefined, include: [] };
    const [labels, include] = node.getChildren("GroupingLabels");
    const many = node.getChild("GroupLeft") !== null ? "left" : node.getChild("GroupRight") !== null ? "right" : undefined;
    const mode = node.getChild("On") !== null ? "on" : "ignoring";
    const matching: VectorMatching = { mode, labels: this.#labels(labels), many, include: this.#labels(include) };
    const both = mode === "on" ? matching.include.find((name) => matching.labels.includes(name)) : undefined;
    if (both !== undefined) this.fail(`label ${JSON.stringify(both)} must not be in on and in group_… at once`, node.from);
    return matching;
  }

  #labels(node: SyntaxNode | undefined): readonly string[] {
    const names: string[] = [];
    for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) {
      if (child.name === "LabelName") names.push(this.#slice(child));
      else if (child.name === "QuotedLabelName") names.push(this.#string(this.#child(child)));
    }
    return names;
  }

  #aggregation(node: SyntaxNode): Aggregation {
    const operator = this.#slice(this.#child(node, "AggregateOp")).toLowerCase() as Aggregator;
    if (!AGGREGATORS.includes(operator)) this.fail(`the aggregation ${operator} is not supported`, node.from);
    const given = this.#arguments(this.#child(node, "FunctionCallBody"));
    const takesParameter = operator === "topk" || operator === "bottomk" || operator === "quantile" || operator === "count_values";
    const wanted = takesParameter ? 2 : 1;
    if (given.length !== wanted) this.fail(`${operator} takes ${wanted} argument${wanted === 1 ? "" : "s"}, not ${given.length}`, node.from);
    const modifier = node.getChild("AggregateModifier");
    return {
      kind: "aggregation",
      at: node.from,
      operator,
      operand: given.at(-1) as Expression,
      parameter: takesParameter ? given[0] : undefined,
      grouping: this.#labels(modifier?.getChild("GroupingLabels") ?? undefined),
      without: modifier?.getChild("Without") != null,
    };
  }

  #call(node: SyntaxNode): Call {
    const name = this.#slice(this.#child(node, "FunctionIdentifier"));
    return { kind: "call", at: node.from, name, arguments: this.#arguments(this.#child(node, "FunctionCallBody")) };
  }

  #arguments(body: SyntaxNode): readonly Expression[] {
    const given: Expression[] = [];
    for (let child = body.firstChild; child !== null; child = child.nextSibling) if (child.name !== "LineComment") given.push(this.expression(child));
    return given;
  }
}

import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import {
  AGGREGATORS,
  type Aggregation,
  type Aggregator,
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
import { operatorChain, readChain } from "./operator-chain.ts";
import { parseDuration } from "./parse-duration.ts";
import { parseNumber } from "./parse-number.ts";
import { PromqlError } from "./promql-error.ts";
import { unquote } from "./unquote.ts";

/**
 * Parses and type-checks one expression. The grammar is Prometheus' own (`@prometheus-io/lezer-promql`).
 * Throws: `PromqlError` with the place of the first mistake.
 */
export function parsePromql(text: string): Expression {
  const tree = parser.parse(asTheGrammarHasIt(text));
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

/**
 * What the grammar does not take, in a form of the same length, so that every place stays where it is: comments (it has them as nodes between
 * any two others) become blanks, `1.` becomes `1 ` and `1.e3` becomes `1e03`.
 */
function asTheGrammarHasIt(text: string): string {
  return text.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*|(?<![\w.])(\d[\d_]*)\.(?![\d.])(?:([eE][-+]?)(\d+))?/g,
    (found, whole: string | undefined, e: string | undefined, exponent: string | undefined) => {
      if (found.startsWith("#")) return " ".repeat(found.length);
      if (whole === undefined) return found;
      return e === undefined ? `${whole} ` : `${whole}${e}0${exponent}`;
    },
  );
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
    return readChain<Expression>(operatorChain(node), (literal) => this.#slice(literal).startsWith("-"), {
      operand: ({ node: one, bound }, unsigned) => {
        const given = this.#operand(one);
        const operand = unsigned && given.kind === "number" ? { ...given, value: -given.value } : given;
        return bound.reduce((inner, outer) => this.#bound(outer, inner), operand);
      },
      unary: (sign, operand) => ({ kind: "unary", at: sign.from, operator: this.#slice(sign).startsWith("-") ? "-" : "+", operand }),
      binary: (binary, left, right) => this.#binary(binary, left, right),
    });
  }

  /** An operand with what stands behind it and belongs to `node`. */
  #bound(node: SyntaxNode, inner: Expression): Expression {
    if (node.name === "SubqueryExpr") return this.#subquery(node, inner);
    return node.name === "OffsetExpr"
      ? this.#shifted(node, inner, { offsetMs: this.#signedDuration(this.#child(node, "OffsetDurationExpr")) })
      : this.#shifted(node, inner, { atMs: this.#instant(node) });
  }

  #operand(node: SyntaxNode): Expression {
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

  #subquery(node: SyntaxNode, expression: Expression): Subquery {
    const [range, step] = node.getChildren("DurationExpr");
    return {
      kind: "subquery",
      at: node.from,
      expression,
      rangeMs: this.#positiveDuration(range ?? node),
      stepMs: step === undefined ? undefined : this.#positiveDuration(step),
      ...NO_SHIFT,
    };
  }

  #shifted(node: SyntaxNode, inner: Expression, shift: Partial<TimeShift>): Expression {
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

  #binary(node: SyntaxNode, left: Expression, right: Expression): Expression {
    const operator = (node.firstChild as SyntaxNode).nextSibling as SyntaxNode;
    for (let child: SyntaxNode | null = operator; child !== null; child = child.nextSibling) {
      if (UNSUPPORTED.has(child.name)) this.fail(`${JSON.stringify(this.#slice(child))} is not supported`, child.from);
    }
    return {
      kind: "binary",
      at: operator.from,
      operator: this.#slice(operator).toLowerCase() as BinaryOperator,
      left,
      right,
      bool: node.getChild("BoolModifier") !== null,
      matching: this.#matching(node.getChild("MatchingModifierClause")),
    };
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
    for (let child = body.firstChild; child !== null; child = child.nextSibling) given.push(this.expression(child));
    return given;
  }
}

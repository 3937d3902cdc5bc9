import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  /** As written, with matchers. */
  readonly text: string;
  /** Empty where the name is a matcher of its own. */
  readonly metric: string;
  readonly matchers: readonly string[];
  /** The range in brackets; undefined for an instant. */
  readonly range: string | undefined;
  /** The function whose argument it is, directly or as a range. */
  readonly calledBy: string | undefined;
}

export interface Inspection {
  /** Stretches that are no PromQL; empty = valid. */
  readonly mistakes: readonly string[];
  readonly selectors: readonly Selector[];
}

/** What stands in for Grafana's variables while parsing: durations that nobody writes by hand, so that they can be told from given ones. */
const STAND_INS = { __rate_interval: "8867m", __interval: "9433m", __range: "8861m" } as const;

/** Reads an expression as a panel has it, variables and all. */
export function inspectPromql(expression: string): Inspection {
  const text = Object.entries(STAND_INS).reduce(
    (known, [name, value]) => known.replaceAll(new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`, "g"), value),
    expression,
  );
  const mistakes: string[] = [];
  const selectors: Selector[] = [];
  const slice = (node: SyntaxNode) => text.slice(node.from, node.to);
  parser.parse(text).iterate({
    enter({ node }) {
      if (node.type.isError) mistakes.push(text.slice(node.from, Math.max(node.to, node.from + 12)));
      if (node.name === "VectorSelector") selectors.push(selectorOf(node, slice));
    },
  });
  if (expression.trim() === "") mistakes.push("(empty)");
  return { mistakes, selectors };
}

function selectorOf(node: SyntaxNode, slice: (node: SyntaxNode) => string): Selector {
  const matrix = node.parent?.name === "MatrixSelector" ? node.parent : undefined;
  const duration =
    matrix === undefined
      ? undefined
      : withoutVariables(
          slice(matrix)
            .slice(slice(node).length)
            .replace(/^\[|\]$/g, ""),
        );
  const name = node.getChild("Identifier");
  const matchers: string[] = [];
  node
    .getChild("LabelMatchers")
    ?.cursor()
    .iterate((at) => {
      if (/^(?:Unquoted|Quoted)LabelMatcher$/.test(at.name)) matchers.push(slice(at.node).replaceAll(/\s/g, ""));
    });
  return {
    text: slice(node),
    metric: name === null ? "" : slice(name),
    matchers,
    range: duration,
    calledBy: calledBy(matrix ?? node, slice),
  };
}

function calledBy(node: SyntaxNode, slice: (node: SyntaxNode) => string): string | undefined {
  const call = node.parent?.name === "FunctionCallBody" ? node.parent.parent : null;
  const name = call?.name === "FunctionCall" ? call.firstChild : null;
  return name === null ? undefined : slice(name);
}

function withoutVariables(duration: string): string {
  const found = Object.entries(STAND_INS).find(([, value]) => value === duration);
  return found === undefined ? duration : `$${found[0]}`;
}

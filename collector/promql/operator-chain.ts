import type { SyntaxNode } from "@lezer/common";

/** One operand of a chain of operators. */
export interface Operand {
  /** UnaryOp nodes before it, the outermost first. */
  readonly signs: readonly SyntaxNode[];
  readonly node: SyntaxNode;
  /** SubqueryExpr, OffsetExpr and StepInvariantExpr nodes whose range, offset or instant stands behind it, the nearest first. */
  readonly bound: readonly SyntaxNode[];
}

/** `operators[i]`, a BinaryExpr, stands between `operands[i]` and the next. */
export interface OperatorChain {
  readonly operands: readonly Operand[];
  readonly operators: readonly SyntaxNode[];
}

export interface ChainReader<T> {
  /** `unsigned`: the sign of the literal is not part of it. */
  operand(operand: Operand, unsigned: boolean): T;
  /** `sign` is a UnaryOp, or a signed literal. */
  unary(sign: SyntaxNode, operand: T): T;
  binary(node: SyntaxNode, left: T, right: T): T;
}

/**
 * The operands and operators of an expression in the order of the text. The grammar's own nesting is no guide: it takes `a + b offset 5m * c`
 * for `((a + b) offset 5m) * c`, where Prometheus has `a + ((b offset 5m) * c)`.
 */
export function operatorChain(node: SyntaxNode): OperatorChain {
  switch (node.name) {
    case "BinaryExpr": {
      const [left, right] = [operatorChain(node.firstChild as SyntaxNode), operatorChain(node.lastChild as SyntaxNode)];
      return { operands: [...left.operands, ...right.operands], operators: [...left.operators, node, ...right.operators] };
    }
    case "UnaryExpr": {
      const { operands, operators } = operatorChain(node.lastChild as SyntaxNode);
      const [first, ...others] = operands as [Operand, ...Operand[]];
      return { operands: [{ ...first, signs: [node.firstChild as SyntaxNode, ...first.signs] }, ...others], operators };
    }
    case "SubqueryExpr":
    case "OffsetExpr":
    case "StepInvariantExpr": {
      const { operands, operators } = operatorChain(node.firstChild as SyntaxNode);
      const last = operands.at(-1) as Operand;
      return { operands: [...operands.slice(0, -1), { ...last, bound: [...last.bound, node] }], operators };
    }
    default:
      return { operands: [{ signs: [], node, bound: [] }], operators: [] };
  }
}

/** By the name of the operator's node; the same number goes from left to right, `^` from right to left (prometheus: generated_parser.y). */
const PRECEDENCE: Readonly<Record<string, number>> = { Or: 1, And: 2, Unless: 2, Add: 4, Sub: 4, Mul: 5, Div: 5, Mod: 5, Atan2: 5, Pow: 6 };
const COMPARISON = 3;
const POWER = 6;

/** Reads the chain as Prometheus nests it: signs bind like `*`, so that `-2 ^ x` is `-(2 ^ x)`, and what stands behind an operand binds first. */
export function readChain<T>({ operands, operators }: OperatorChain, isSigned: (literal: SyntaxNode) => boolean, reader: ChainReader<T>): T {
  let next = 0;
  const precedence = (): number => {
    const node = operators[next];
    return node === undefined ? 0 : (PRECEDENCE[(node.firstChild as SyntaxNode).nextSibling?.name ?? ""] ?? COMPARISON);
  };
  const above = (least: number, first: T): T => {
    let left = first;
    for (let level = precedence(); level >= least; level = precedence()) {
      const node = operators[next++] as SyntaxNode;
      left = reader.binary(node, left, from(level === POWER ? POWER : level + 1));
    }
    return left;
  };
  const from = (least: number): T => above(least, signed(operands[next] as Operand));
  const signed = (operand: Operand): T => {
    const hasSignApart = precedence() === POWER && operand.node.name === "NumberDurationLiteral" && isSigned(operand.node);
    const signs = hasSignApart ? [...operand.signs, operand.node] : operand.signs;
    const plain = reader.operand(operand, hasSignApart);
    const whole = signs.length === 0 ? plain : above(POWER, plain);
    return signs.reduceRight((value, sign) => reader.unary(sign, value), whole);
  };
  return from(1);
}

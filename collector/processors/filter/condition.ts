import { Attributes } from "../../model/attributes.ts";
import { goRegExp } from "../../pipeline/regexp.ts";
import { attributeReader, type ConditionContext, ENUMS, knownPaths, type Operand, pathReader, type Read, type Subject } from "./condition-paths.ts";
import { ConditionError, type Token, tokenize } from "./condition-tokens.ts";

/** True: the condition holds. Never throws. */
export type Condition = (subject: Subject) => boolean;

/** What is understood, for messages. */
export const UNDERSTOOD =
  'understood are: path == value (also != < <= > >=), IsMatch(path, "pattern"), and, or, not, true, false, parentheses; values are "text", numbers, true, false, nil and enum names';

/**
 * Compiles one condition of the documented subset of OTTL:
 *
 *     condition  := conjunction { "or" conjunction }
 *     conjunction:= negation { "and" negation }
 *     negation   := "not" negation | "(" condition ")" | "true" | "false" | IsMatch "(" operand "," string ")" | operand sign operand
 *     operand    := path | path "[" string "]" | string | number | "true" | "false" | "nil" | ENUM_NAME
 *
 * A missing attribute is nil: unequal to everything but nil, and neither smaller nor greater than anything. So are values of different kinds,
 * save that ints and doubles compare as numbers.
 * Throws: ConditionError with the column.
 */
export function parseCondition(text: string, context: ConditionContext): Condition {
  return new Parser(tokenize(text), context).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #context: ConditionContext;
  #at = 0;

  constructor(tokens: readonly Token[], context: ConditionContext) {
    this.#tokens = tokens;
    this.#context = context;
  }

  parse(): Condition {
    const condition = this.#or();
    if (this.#peek().kind !== "end") throw this.#unexpected("the end, and, or");
    return condition;
  }

  #or(): Condition {
    const sides = [this.#and()];
    while (this.#skip("or")) sides.push(this.#and());
    return sides.length === 1 ? (sides[0] as Condition) : (subject) => sides.some((side) => side(subject));
  }

  #and(): Condition {
    const sides = [this.#not()];
    while (this.#skip("and")) sides.push(this.#not());
    return sides.length === 1 ? (sides[0] as Condition) : (subject) => sides.every((side) => side(subject));
  }

  #not(): Condition {
    if (this.#skip("not")) {
      const negated = this.#not();
      return (subject) => !negated(subject);
    }
    if (this.#skip("(")) {
      const inner = this.#or();
      this.#expect(")");
      return inner;
    }
    if (this.#peek().text === "IsMatch" && this.#peek(1).text === "(") return this.#isMatch();
    const isLiteral = this.#peek().text === "true" || this.#peek().text === "false";
    if (isLiteral && !isComparison(this.#peek(1))) {
      const holds = this.#next().text === "true";
      return () => holds;
    }
    const left = this.#operand();
    const sign = this.#next();
    if (!isComparison(sign)) throw new ConditionError(`expected a comparison, found ${sign.text}`, sign.column);
    const right = this.#operand();
    const holds = COMPARISONS[sign.text as Comparison];
    return (subject) => holds(left(subject), right(subject));
  }

  #isMatch(): Condition {
    this.#next();
    this.#expect("(");
    const read = this.#operand();
    this.#expect(",");
    const token = this.#next();
    if (token.kind !== "string") throw new ConditionError("the second argument of IsMatch is a pattern in double quotes", token.column);
    this.#expect(")");
    const pattern = this.#pattern(token.value, token.column);
    return (subject) => {
      const value = read(subject);
      return value !== null && typeof value !== "object" && pattern.test(String(value));
    };
  }

  #pattern(text: string, column: number): RegExp {
    try {
      return goRegExp(text);
    } catch (error) {
      throw new ConditionError(`not a regular expression: ${error instanceof Error ? error.message : String(error)}`, column);
    }
  }

  #operand(): Read {
    const token = this.#next();
    if (token.kind === "string" || token.kind === "number") return () => token.value;
    if (token.kind !== "word") throw new ConditionError(`expected a path or a value, found ${token.text}`, token.column);
    if (token.text === "nil") return () => null;
    if (token.text === "true" || token.text === "false") return () => token.text === "true";
    const number = ENUMS.get(token.text);
    if (number !== undefined) return () => number;
    const read = this.#skip("[") ? this.#keyed(token) : pathReader(this.#context, token.text);
    if (read !== undefined) return read;
    throw new ConditionError(`${token.text} is not known here; known are ${knownPaths(this.#context).join(", ")}`, token.column);
  }

  #keyed(path: Token): Read | undefined {
    const key = this.#next();
    if (key.kind !== "string") throw new ConditionError("a key in double quotes belongs in the brackets", key.column);
    this.#expect("]");
    return attributeReader(this.#context, path.text, key.value);
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skip(text: string): boolean {
    const token = this.#peek();
    const isIt = token.text === text && (token.kind === "word" || token.kind === "sign");
    if (isIt) this.#at++;
    return isIt;
  }

  #expect(text: string): void {
    if (!this.#skip(text)) throw this.#unexpected(text);
  }

  #unexpected(expected: string): ConditionError {
    const token = this.#peek();
    return new ConditionError(`expected ${expected}, found ${token.text}`, token.column);
  }
}

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
const COMPARISONS: Readonly<Record<Comparison, (left: Operand, right: Operand) => boolean>> = {
  "==": isEqual,
  "!=": (left, right) => !isEqual(left, right),
  "<": (left, right) => compare(left, right, (order) => order < 0),
  "<=": (left, right) => compare(left, right, (order) => order <= 0),
  ">": (left, right) => compare(left, right, (order) => order > 0),
  ">=": (left, right) => compare(left, right, (order) => order >= 0),
};

function isComparison(token: Token): boolean {
  return token.kind === "sign" && token.text in COMPARISONS;
}

function isNumber(value: Operand): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isEqual(left: Operand, right: Operand): boolean {
  // Not `===`, so that 1n equals 1; NaN equals nothing.
  if (isNumber(left) && isNumber(right)) return left >= right && left <= right;
  if (left instanceof Attributes && right instanceof Attributes) return left.canonicalKey === right.canonicalKey;
  return left === right;
}

function compare(left: Operand, right: Operand, holds: (order: number) => boolean): boolean {
  if (isNumber(left) && isNumber(right)) return left < right ? holds(-1) : left > right ? holds(1) : left >= right && holds(0);
  if (typeof left === "string" && typeof right === "string") return holds(left < right ? -1 : left > right ? 1 : 0);
  if (typeof left === "boolean" && typeof right === "boolean") return holds(Number(left) - Number(right));
  return false;
}

/** Why a condition is not understood, and where: `column` counts from 1. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

export type Token = { readonly column: number; readonly text: string } & (
  | { readonly kind: "word" | "sign" | "end" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number | bigint }
);

/** Words hold dots: `resource.attributes` is one. */
const PATTERNS = [
  ["space", /\s+/y],
  ["string", /"(?:[^"\\]|\\.)*"/y],
  ["number", /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["word", /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y],
  ["sign", /==|!=|<=|>=|[<>()[\],]/y],
] as const;

/** Throws: ConditionError. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = PATTERNS.map(([kind, pattern]) => {
      pattern.lastIndex = at;
      return { kind, match: pattern.exec(text)?.[0] };
    }).find(({ match }) => match !== undefined);
    const column = at + 1;
    if (found?.match === undefined)
      throw new ConditionError(text[at] === '"' ? "this string does not end" : `"${text[at]}" is not understood`, column);
    at += found.match.length;
    switch (found.kind) {
      case "space":
        break;
      case "string":
        tokens.push({ kind: "string", column, text: found.match, value: unquote(found.match, column) });
        break;
      case "number":
        tokens.push({ kind: "number", column, text: found.match, value: numberOf(found.match) });
        break;
      default:
        tokens.push({ kind: found.kind, column, text: found.match });
    }
  }
  tokens.push({ kind: "end", column: text.length + 1, text: "the end" });
  return tokens;
}

/** Go's escapes as far as JSON shares them, which covers what patterns and names need. */
function unquote(quoted: string, column: number): string {
  try {
    return JSON.parse(quoted.replaceAll("\t", "\\t")) as string;
  } catch {
    throw new ConditionError(`this string has an escape that is not understood (a backslash in a pattern is written \\\\)`, column);
  }
}

function numberOf(text: string): number | bigint {
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

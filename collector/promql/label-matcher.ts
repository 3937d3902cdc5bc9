import { EvaluationError } from "./promql-error.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** One condition of a selector. A label that a series does not have counts as empty. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  matches(value: string): boolean;
}

/** Throws: `EvaluationError` where `value` is no regular expression. */
export function matcher(name: string, operator: MatchOperator, value: string): Matcher {
  return { name, operator, value, matches: tester(operator, value) };
}

function tester(operator: MatchOperator, value: string): (text: string) => boolean {
  if (operator === "=") return (text) => text === value;
  if (operator === "!=") return (text) => text !== value;
  const pattern = anchored(value);
  return operator === "=~" ? (text) => pattern.test(text) : (text) => !pattern.test(text);
}

/**
 * A regular expression of Go (RE2) that must match all of a text; a dot also matches line breaks, as in Prometheus 3. RE2's own words that
 * JavaScript does not have (`\\z`, `[[:alpha:]]`) do not work.
 */
export function anchored(source: string): RegExp {
  const { flags, rest } = leadingFlags(source);
  const pattern = `^(?:${rest.replaceAll("(?P<", "(?<")})$`;
  try {
    return new RegExp(pattern, `su${flags}`);
  } catch (strict) {
    // RE2 allows a backslash before any punctuation, JavaScript only without the u flag.
    try {
      return new RegExp(pattern, `s${flags}`);
    } catch {
      throw new EvaluationError(`${JSON.stringify(source)} is not a regular expression`, { cause: strict });
    }
  }
}

/** `(?i)` and the like at the beginning, which JavaScript has as flags of the whole. */
function leadingFlags(source: string): { readonly flags: string; readonly rest: string } {
  const found = /^\(\?([ims]+)\)/.exec(source);
  if (found === null) return { flags: "", rest: source };
  const flags = [...new Set(found[1])].filter((flag) => flag !== "s").join("");
  return { flags, rest: source.slice(found[0].length) };
}

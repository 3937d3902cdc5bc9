import { expect, test } from "vitest";
import { goRegExp, regExpSetting } from "../../../collector/pipeline/regexp.ts";

test.each([
  ["^/api/", "/api/works", true],
  ["(?i)timeout", "Read TIMEOUT", true],
  ["(?is)a.b", "A\nB", true],
  ["(?P<code>\\d{3})", "x 503", true],
  ["\\-\\/", "-/", true],
  ["\\p{Greek}", "λ", true],
  ["^\\pL+$", "λx", true],
  ["\\\\Q", "\\Q", true],
  ["^.$", "😀", true],
])("%s is read as Go reads it", (pattern, text, matches) => {
  expect(goRegExp(pattern).test(text)).toBe(matches);
});

test.each(["(", "\\Qa\\E", "\\Aa", "a\\z", "[[:alpha:]]", "(?U)a+", "\\p{Nonsense}"])("%s is refused", (pattern) => {
  expect(() => goRegExp(pattern)).toThrow(SyntaxError);
  expect(regExpSetting().safeParse(pattern).error?.issues[0]?.message).toMatch(/^not a regular expression: /);
});

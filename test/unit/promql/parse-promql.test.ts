import { expect, test } from "vitest";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { PromqlError } from "../../../collector/promql/promql-error.ts";

function errorOf(text: string): string {
  try {
    parsePromql(text);
  } catch (error) {
    if (error instanceof PromqlError) return error.message;
    throw error;
  }
  return "parsed";
}

test.each([
  ["foo(1)", '1:4: unknown function "foo"'],
  ["sum(rate(x[5m]))\n  + foo(x)", '2:8: unknown function "foo"'],
  ["rate(x[5m]) +", "1:14: unexpected end of the expression"],
  ["x{", "1:3: unexpected end of the expression"],
  ["rate(x)", "1:6: argument 1 of rate needs a matrix, this is a vector"],
  ["sum(x[5m])", "1:5: sum needs a vector, this is a matrix"],
  ["rate(x[5m], 2)", "1:1: rate takes 1 argument, not 2"],
  ["1 > 2", "1:3: comparisons between scalars need bool"],
  ["x + bool y", "1:3: bool fits only comparisons, not +"],
  ["x and 1", "1:3: and needs a vector on both sides"],
  ["x and on (a) group_left y", "1:3: and takes no group_left or group_right"],
  ["x + on (a) 1", "1:3: vector matching is only possible between two vectors"],
  ["x + on (a) group_left (a) y", '1:5: label "a" must not be in on and in group_… at once'],
  ['x{a=~"("}', '1:6: "(" is not a regular expression'],
  ['{a=""}', "1:1: a selector needs at least one matcher that does not match the empty text"],
  ['x{__name__="y"}', "1:1: the metric name is set twice"],
  ["topk(x)", "1:1: topk takes 2 arguments, not 1"],
  ["(x + y)[5m]", "1:1: a range needs a selector before it, or a step after it (a subquery)"],
  ["sum(x) offset 5m", "1:1: offset and @ belong to a selector or a subquery"],
  ["x offset 5m offset 5m", "1:1: offset or @ is set twice"],
  ["x[0s]", "1:3: a duration must be greater than 0"],
  ["histogram_fraction(0, 1, x)", '1:1: unknown function "histogram_fraction"'],
  ["limitk(1, x)", "1:1: the aggregation limitk is not supported"],
  ["", "1:1: unexpected end of the expression"],
])("%s is refused with its place", (text, problem) => {
  expect(errorOf(text)).toBe(problem);
});

test("literals", () => {
  const values: Readonly<Record<string, number>> = {
    "0x1F": 31,
    "1e-3": 0.001,
    "+Inf": Infinity,
    "-inf": -Infinity,
    "1_000": 1000,
    "1h30m": 5400,
    ".5": 0.5,
  };
  for (const [text, value] of Object.entries(values)) expect(parsePromql(text)).toMatchObject({ kind: "number", value });
  expect(parsePromql("NaN")).toMatchObject({ kind: "number", value: Number.NaN });
  expect(parsePromql("`a\\n`")).toMatchObject({ kind: "string", value: "a\\n" });
  expect(parsePromql(String.raw`"\x41\u00e4\102\""`)).toMatchObject({ kind: "string", value: 'AäB"' });
  expect(errorOf(String.raw`"\q"`)).toBe("1:1: not a valid string literal");
});

test("selectors say what they look for, and when", () => {
  expect(parsePromql('{"http.requests", method!="GET"} @ 60 offset -30s')).toMatchObject({
    kind: "vector-selector",
    matchers: [
      { name: "__name__", operator: "=", value: "http.requests" },
      { name: "method", operator: "!=", value: "GET" },
    ],
    offsetMs: -30_000,
    atMs: 60_000,
  });
  expect(parsePromql("rate(x[1m] @ end())")).toMatchObject({
    arguments: [{ kind: "matrix-selector", rangeMs: 60_000, selector: { atMs: "query" } }],
  });
});

test("a sign binds weaker than ^, as in Prometheus", () => {
  expect(parsePromql("-2 ^ x")).toMatchObject({ kind: "unary", operand: { kind: "binary", operator: "^", left: { value: 2 } } });
});

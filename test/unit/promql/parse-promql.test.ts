import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { FUNCTIONS, LEFT_OUT } from "../../../collector/promql/functions.ts";
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
  "# why\nx",
  "x # why",
  "(# why\nx)",
  'x{# why\na="# no comment"}',
  "sum(# why\nx)",
  "x # it's\n + x",
  "- # why\nx",
  "rate(x # why\n[5m] # why\n offset 1m)",
])("comments may stand anywhere: %j", (text) => {
  expect(errorOf(text)).toBe("parsed");
});

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
  ["histogram_fraction(0, 1, x)", "1:1: the function histogram_fraction is not supported"],
  ['label_join(x, "a", ",", "b")', "1:1: the function label_join is not supported"],
  ["limitk(1, x)", "1:1: the aggregation limitk is not supported"],
  ["", "1:1: unexpected end of the expression"],
])("%s is refused with its place", (text, problem) => {
  expect(errorOf(text)).toBe(problem);
});

test.each([
  ["a - b offset 5m", "a - (b offset 5m)"],
  ["a - b offset 5m - c", "a - (b offset 5m) - c"],
  ["a and b offset 5m or c @ 5 offset 1m", "(a and (b offset 5m)) or (c @ 5 offset 1m)"],
  ["a * b ^ c offset 5m", "a * (b ^ (c offset 5m))"],
  ["-a offset 5m", "-(a offset 5m)"],
  ["a + b offset 5m * c", "a + ((b offset 5m) * c)"],
  ["a == b @ 5 + c or d", "(a == ((b @ 5) + c)) or d"],
  ["a * b offset 5m + -c * d", "(a * (b offset 5m)) + ((-c) * d)"],
  ["a - b offset 5m - c unless d", "((a - (b offset 5m)) - c) unless d"],
  ["-a ^ b offset 5m ^ c * d", "(-(a ^ ((b offset 5m) ^ c))) * d"],
  ["a > bool b offset 5m == on (x) group_left (y) c", "(a > bool (b offset 5m)) == on (x) group_left (y) c"],
  ["max_over_time(a[5m:10s]) - b @ end()", "max_over_time(a[5m:10s]) - (b @ end())"],
  [
    "count_over_time((a + b)[5m:] offset 1m) + sum(a + rate(c[1m] offset 1m))",
    "count_over_time(((a + b)[5m:] offset 1m)) + sum(a + (rate(c[1m] offset 1m)))",
  ],
])("what stands behind a selector binds tighter than any operator: %s", (text, bracketed) => {
  expect(withoutPlaces(parsePromql(text))).toEqual(withoutPlaces(parsePromql(bracketed)));
});

function withoutPlaces(expression: unknown): unknown {
  return JSON.parse(JSON.stringify(expression, (key, value: unknown) => (key === "at" ? undefined : value)));
}

test("literals", () => {
  const values: Readonly<Record<string, number>> = {
    "1.": 1,
    "1.e3": 1000,
    "1_0.E-2": 0.1,
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

test("every function of Prometheus' grammar is there, or is said to be left out", () => {
  const nodes = parser.nodeSet.types.map(({ name }) => name);
  const plain = (name: string) => name.replaceAll("_", "").toLowerCase();
  const ofGrammar = nodes.slice(nodes.indexOf("FunctionIdentifier") + 1, nodes.indexOf("MatrixSelector")).filter((name) => name !== "Identifier");
  expect(ofGrammar.length).toBeGreaterThan(80);
  const known = new Set([...FUNCTIONS.keys(), ...LEFT_OUT].map(plain));
  expect(ofGrammar.map(plain).filter((name) => !known.has(name))).toEqual([]);
  expect([...LEFT_OUT].filter((name) => FUNCTIONS.has(name))).toEqual([]);
});

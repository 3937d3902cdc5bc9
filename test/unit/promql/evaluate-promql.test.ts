import { describe, expect, test } from "vitest";
import { type EvaluationOptions, evaluatePromql } from "../../../collector/promql/evaluate-promql.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { TestSamples } from "../../promtool/run-rule-tests.ts";

/** Series with a value every 5 s from 0 on, in promtool's notation. */
function evaluate(
  expr: string,
  seconds: number,
  series: Readonly<Record<string, string>>,
  options: Partial<EvaluationOptions> = {},
): readonly string[] {
  const samples = new TestSamples({ input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })) }, 5000);
  samples.appendUntil(seconds * 1000);
  const value = evaluatePromql(parsePromql(expr), seconds * 1000, samples, options);
  if (value.type === "scalar" || value.type === "string") return [String(value.value)];
  return value.type === "vector" ? value.samples.map(({ labels, value: one }) => `${labels} ${one}`).sort() : [];
}

const COUNTER = { c_total: "0+10x12" };

describe("rate and increase", () => {
  test("stretch to the borders of the window", () => {
    expect(evaluate("rate(c_total[30s])", 60, COUNTER)).toEqual(["{} 2"]);
    expect(evaluate("increase(c_total[30s])", 60, COUNTER)).toEqual(["{} 60"]);
  });
  test("do not stretch below zero", () => {
    expect(evaluate("increase(c_total[1m])", 60, { c_total: "_x9 2 10 18 26" })).toEqual(["{} 26"]);
  });
  test("count on through a restart", () => {
    expect(evaluate("increase(c_total[20s])", 20, { c_total: "100 110 5 15 25" }, { dialect: "prometheus-2" })).toEqual(["{} 35"]);
  });
  test("need two samples: a window of two intervals holds two of them where it is left-open, and three where it is not", () => {
    expect(evaluate("rate(c_total[5s])", 60, COUNTER)).toEqual([]);
    expect(evaluate("count_over_time(c_total[10s])", 60, COUNTER)).toEqual(["{} 2"]);
    expect(evaluate("rate(c_total[5s])", 60, COUNTER, { dialect: "prometheus-2" })).toEqual(["{} 2"]);
    expect(evaluate("count_over_time(c_total[10s])", 60, COUNTER, { dialect: "prometheus-2" })).toEqual(["{} 3"]);
  });
});

describe("staleness", () => {
  const ended = { g: "5 6 7 stale" };
  test("a marker ends the instant vector at once, and ranges still see the past", () => {
    expect(evaluate("g", 15, ended)).toEqual([]);
    expect(evaluate("last_over_time(g[1m])", 15, ended)).toEqual(["g 7"]);
    expect(evaluate("count_over_time(g[1m])", 15, ended)).toEqual(["{} 3"]);
  });
  test("without one the last value lives on for five minutes", () => {
    expect(evaluate("g", 10 + 299, { g: "5 6 7" })).toEqual(["g 7"]);
    expect(evaluate("g", 10 + 300, { g: "5 6 7" })).toEqual([]);
    expect(evaluate("g", 10 + 300, { g: "5 6 7" }, { dialect: "prometheus-2" })).toEqual(["g 7"]);
  });
  test("NaN is a value", () => {
    expect(evaluate("g", 5, { g: "5 NaN" })).toEqual(["g NaN"]);
  });
});

describe("vector matching", () => {
  const series = { 'a{job="x",i="1"}': "1x9", 'a{job="x",i="2"}': "2x9", 'b{job="x"}': "10x9", 'b{job="y"}': "20x9" };
  test("many to one takes labels along", () => {
    expect(evaluate("a / on (job) group_left b", 10, series)).toEqual(['{i="1", job="x"} 0.1', '{i="2", job="x"} 0.2']);
  });
  test("what is ambiguous fails", () => {
    expect(() => evaluate("a / on (job) b", 10, series)).toThrow("many-to-one matching must be explicit");
    expect(() => evaluate("b / on () a", 10, series)).toThrow("found duplicate series for the match group on the right");
    expect(() => evaluate('abs({__name__=~"a|b"}) and sum by (job) (a)', 10, { ...series, 'a{job="y"}': "1x9" })).toThrow("same labelset");
  });
  test("a comparison keeps the left value and its labels, with bool it is a number", () => {
    expect(evaluate("a > 1", 10, series)).toEqual(['a{i="2", job="x"} 2']);
    expect(evaluate("1 < a", 10, series)).toEqual(['a{i="2", job="x"} 2']);
    expect(evaluate("a > bool 1", 10, series)).toEqual(['{i="1", job="x"} 0', '{i="2", job="x"} 1']);
  });
  test("of a match on labels only these are left, and the name where it is one to many", () => {
    expect(evaluate("b < on (job) c", 10, { ...series, 'c{job="x",zone="eu"}': "99x9" })).toEqual(['{job="x"} 10']);
    expect(evaluate("a < on (job) group_left c", 10, { ...series, 'c{job="x"}': "2x9" })).toEqual(['a{i="1", job="x"} 1']);
  });
  test("and, or, unless", () => {
    expect(evaluate("b and on (job) a", 10, series)).toEqual(['b{job="x"} 10']);
    expect(evaluate("b unless on (job) a", 10, series)).toEqual(['b{job="y"} 20']);
    expect(evaluate("sum(missing) or vector(0)", 10, series)).toEqual(["{} 0"]);
  });
});

test("NaN fires no comparison", () => {
  const idle = { hits_total: "5x12", misses_total: "5x12" };
  expect(evaluate("rate(hits_total[1m]) / (rate(hits_total[1m]) + rate(misses_total[1m])) < 0.5", 60, idle)).toEqual([]);
  expect(evaluate("rate(hits_total[1m]) / (rate(hits_total[1m]) + rate(misses_total[1m]))", 60, idle)).toEqual(["{} NaN"]);
});

test("ranks of topk, and quantiles of histograms", () => {
  const series = { 'g{i="1"}': "1x9", 'g{i="2"}': "NaNx9", 'g{i="3"}': "3x9" };
  expect(evaluate("topk(2, g)", 10, series)).toEqual(['g{i="1"} 1', 'g{i="3"} 3']);
  expect(evaluate("bottomk(1, g)", 10, series)).toEqual(['g{i="1"} 1']);
  const buckets = { 'h_bucket{le="1"}': "10x9", 'h_bucket{le="2.0"}': "30x9", 'h_bucket{le="+Inf"}': "40x9" };
  expect(evaluate("histogram_quantile(0.5, h_bucket)", 10, buckets)).toEqual(["{} 1.5"]);
  expect(evaluate("histogram_quantile(0.9, h_bucket)", 10, buckets)).toEqual(["{} 2"]);
});

test("absent says what is missing", () => {
  expect(evaluate('absent(x{job="a", code=~"5.."})', 10, {})).toEqual(['{job="a"} 1']);
  expect(evaluate("absent(x)", 10, { x: "1x9" })).toEqual([]);
});

test("subqueries step at multiples of their step", () => {
  expect(evaluate("max_over_time(g[20s:10s])", 27, { g: "1 2 3 4 5 6" })).toEqual(["{} 5"]);
});

test("regular expressions are Go's as far as JavaScript has them", () => {
  const series = { 'g{path="/API/x-1"}': "1x9", 'g{path="/b"}': "2x9" };
  expect(evaluate('g{path=~"(?i)/api/x\\\\-\\\\d"}', 10, series)).toEqual(['g{path="/API/x-1"} 1']);
  expect(evaluate('label_replace(g, "first", "$name-${1}$$", "path", "/(?P<name>.).*")', 10, { 'g{path="/b"}': "2x9" })).toEqual([
    'g{first="b-b$", path="/b"} 2',
  ]);
});

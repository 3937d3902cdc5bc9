import { expect, test } from "vitest";
import { LabelSet } from "../../../collector/promql/label-set.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { SampleNeeds, selectorNeeds } from "../../../collector/promql/selector-needs.ts";

const LOOKBACK_MS = 300_000;
const reach = (expr: string): readonly number[] => selectorNeeds(parsePromql(expr), LOOKBACK_MS).map(({ reachMs }) => reachMs / 1000);

test.each([
  ["x", [300]],
  ["rate(x[1m] offset 4m)", [300]],
  ["x offset 10m", [900]],
  ["x offset -10m", [300]],
  ["max_over_time(rate(x[30s])[5m:10s] offset 1m) > on () y", [390, 300]],
  ["quantile(scalar(y), x)", [300, 300]],
  ["vector(1)", []],
])("%s looks back as far as its selectors do", (expr, seconds) => {
  expect(reach(expr)).toEqual(seconds);
});

test("a series is kept as long as the furthest selector that matches it", () => {
  const needs = new SampleNeeds(
    ['rate(x{code="200"}[1m])', "rate(x[10s])", '{__name__=~"y|z"}'].flatMap((expr) => selectorNeeds(parsePromql(expr), LOOKBACK_MS)),
  );
  const seconds = (labels: Record<string, string>): number => Math.round(needs.retentionMs(LabelSet.from(labels)) / 1000);
  expect(seconds({ __name__: "x", code: "200" })).toBe(61);
  expect(seconds({ __name__: "x", code: "500" })).toBe(11);
  expect(seconds({ __name__: "z" })).toBe(301);
  expect(seconds({ __name__: "q" })).toBe(0);
  expect(["x", "y", "q"].map((name) => needs.mentions(name))).toEqual([true, true, false]);
});

import { expect, test } from "vitest";
import { GroupEvaluation } from "../../../collector/alerts/evaluate-group.ts";
import { type PlannedRule, planGroup, type WrittenGroup, type WrittenRule } from "../../../collector/alerts/rule-plan.ts";
import { evaluatePromql } from "../../../collector/promql/evaluate-promql.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import { TestSamples } from "../../promtool/run-rule-tests.ts";

const rule = (fields: Partial<WrittenRule> & Pick<WrittenRule, "kind" | "name" | "expr">): WrittenRule => ({
  labels: {},
  annotations: {},
  forMs: 0,
  keepFiringForMs: 0,
  ...fields,
});

function open(series: Readonly<Record<string, string>>, ...rules: WrittenRule[]) {
  return openGroup(series, { rules });
}

function openGroup(series: Readonly<Record<string, string>>, group: Omit<WrittenGroup, "name" | "intervalMs">) {
  const samples = new TestSamples({ input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })) }, 5000);
  const evaluation = new GroupEvaluation(planGroup({ name: "g", intervalMs: undefined, ...group }), samples);
  return {
    evaluation,
    at: (seconds: number) => {
      samples.appendUntil(seconds * 1000);
      return evaluation.evaluate(seconds * 1000).map(({ rule: { name }, error }) => `${name}: ${error.message}`);
    },
    ask(expr: string, seconds: number): readonly string[] {
      const value = evaluatePromql(parsePromql(expr), seconds * 1000, samples);
      return value.type === "vector" ? value.samples.map(({ labels, value: one }) => `${labels} ${one}`).sort() : [];
    },
  };
}

test("a rule reads what an earlier one of its group has just recorded", () => {
  const group = open(
    { 'g{i="1"}': "1 2 3", 'g{i="2"}': "4 5 6" },
    rule({ kind: "record", name: "all:g:sum", expr: "sum(g)", labels: { of: "g" } }),
    rule({ kind: "record", name: "all:g:double", expr: "2 * all:g:sum" }),
  );
  group.at(0);
  expect(group.ask("all:g:sum", 0)).toEqual(['all:g:sum{of="g"} 5']);
  expect(group.ask("all:g:double", 0)).toEqual(['all:g:double{of="g"} 10']);
});

test("a recorded series ends when its expression gives it no longer", () => {
  const group = open({ g: "1 stale" }, rule({ kind: "record", name: "r", expr: "g" }));
  group.at(0);
  group.at(5);
  expect(group.ask("r", 0)).toEqual(["r 1"]);
  expect(group.ask("r", 5)).toEqual([]);
});

test("ALERTS says what is pending and what fires", () => {
  const group = open({ 'g{i="1"}': "1x3 0" }, rule({ kind: "alert", name: "A", expr: "g > 0", forMs: 5000, labels: { severity: "info" } }));
  group.at(0);
  expect(group.ask("ALERTS", 0)).toEqual(['ALERTS{alertname="A", alertstate="pending", i="1", severity="info"} 1']);
  group.at(5);
  expect(group.ask("ALERTS", 5)).toEqual(['ALERTS{alertname="A", alertstate="firing", i="1", severity="info"} 1']);
  expect(group.ask("ALERTS_FOR_STATE", 5)).toEqual(['ALERTS_FOR_STATE{alertname="A", i="1", severity="info"} 0']);
  for (const seconds of [10, 15, 20]) group.at(seconds);
  expect(group.ask("ALERTS", 20)).toEqual([]);
});

test("a rule whose labels make two results one fails, and keeps what it had", () => {
  const group = open(
    { 'g{i="1"}': "1x9", 'g{i="2"}': "_ 1x9" },
    rule({ kind: "alert", name: "A", expr: "g", labels: { i: "same" } }),
    rule({ kind: "record", name: "after", expr: "count(g)" }),
  );
  expect(group.at(0)).toEqual([]);
  expect(group.at(5)).toEqual(["A: vector contains metrics with the same labelset after applying rule labels"]);
  const [first] = group.evaluation.group.rules;
  expect(first && group.evaluation.alerts(first).map(({ state }) => state)).toEqual(["firing"]);
  expect(group.ask("after", 5)).toEqual(["after 2"]);
});

test("query_offset: expressions are asked, and results recorded, for so long ago", () => {
  const group = openGroup(
    { g: "1 2 3 4" },
    {
      queryOffsetMs: 10_000,
      rules: [
        rule({ kind: "record", name: "r", expr: "g" }),
        rule({ kind: "record", name: "twice", expr: "2 * r" }),
        rule({ kind: "alert", name: "A", expr: "g >= 2" }),
      ],
    },
  );
  for (const seconds of [0, 5, 10]) group.at(seconds);
  expect(group.ask("r", 10)).toEqual(["r 1"]);
  expect(group.ask("ALERTS", 10)).toEqual([]);
  group.at(15);
  expect(group.ask("r", 5)).toEqual(["r 2"]);
  expect(group.ask("twice", 5)).toEqual(["twice 4"]);
  expect(group.ask("ALERTS", 5)).toEqual(['ALERTS{alertname="A", alertstate="firing"} 1']);
});

test("limit: a rule that gives more fails, and what fired of it is resolved", () => {
  const alert = rule({ kind: "alert", name: "A", expr: "g > 0" });
  const group = openGroup(
    { 'g{i="1"}': "1 1 1", 'g{i="2"}': "_ 1 0" },
    { limit: 1, rules: [rule({ kind: "record", name: "r", expr: "g > 0" }), alert] },
  );
  const states = () => group.evaluation.alerts(group.evaluation.group.rules[1] as PlannedRule).map(({ state }) => state);
  expect(group.at(0)).toEqual([]);
  expect(states()).toEqual(["firing"]);
  expect(group.at(5)).toEqual(["r: exceeded limit of 1 with 2 series", "A: exceeded limit of 1 with 2 alerts"]);
  expect(states()).toEqual(["resolved"]);
  expect(group.at(10)).toEqual([]);
  expect(states()).toEqual(["firing"]);
});

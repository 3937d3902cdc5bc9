import { expect, test } from "vitest";
import { isLoadError } from "../../../../collector/model/errors.ts";
import { parseRuleFile, readRuleFile } from "../../../../exporters/alerts/rule-file.ts";

function problemsOf(text: string): string {
  try {
    parseRuleFile(text, "rules.yml");
  } catch (error) {
    if (isLoadError(error)) return `${error.code}\n${error.message}`;
    throw error;
  }
  return "";
}

test("a rule file as Prometheus takes it", () => {
  const groups = parseRuleFile(
    `
groups:
  - name: one
    interval: 15s
    rules:
      - record: a:b:c
        expr: sum(x)
        labels: {team: core}
      - alert: A
        expr: |
          x > 1
        for: 1m30s
        keep_firing_for: 5m
        labels: {severity: page}
        annotations: {summary: "{{ $value }}"}
  - name: two
    rules: []
`,
    "rules.yml",
  );
  expect(groups).toEqual([
    {
      name: "one",
      intervalMs: 15_000,
      rules: [
        { kind: "record", name: "a:b:c", expr: "sum(x)", labels: { team: "core" }, annotations: {}, forMs: 0, keepFiringForMs: 0 },
        {
          kind: "alert",
          name: "A",
          expr: "x > 1\n",
          labels: { severity: "page" },
          annotations: { summary: "{{ $value }}" },
          forMs: 90_000,
          keepFiringForMs: 300_000,
        },
      ],
    },
    { name: "two", intervalMs: undefined, rules: [] },
  ]);
});

test("all mistakes at once, each with its place", () => {
  const text = `groups:
  - name: one
    interval: soon
    rules:
      - alert: A
        expr: sum(rate(x))
      - record: not a name
        expr: x
        for: 5s
      - alert: B
        record: b
        expr: x
      - alert: C
        exp: x
      - alert: D
        expr: x
        annotations: {summary: "{{ if $value }}"}
  - name: one
    rules: {}
`;
  expect(problemsOf(text).split("\n")).toEqual([
    "E_CONFIG_INVALID",
    'rules.yml:3:15: "soon" is not a duration',
    "rules.yml:6:15: A: 1:10: argument 1 of rate needs a matrix, this is a vector",
    'rules.yml:7:17: "not a name" is not a metric name',
    "rules.yml:9:14: a recording rule has no `for`",
    "rules.yml:10:9: a rule has either `record` or `alert`",
    'rules.yml:14:9: a rule has no key "exp"; it may have record, alert, expr, for, keep_firing_for, labels, annotations',
    "rules.yml:13:9: a rule needs an `expr`",
    "rules.yml:17:22: D: unknown function if: {{ if $value }}",
    "rules.yml:19:12: `rules` is a list",
    'rules.yml:1:1: two groups are called "one"',
  ]);
});

test("names of labels that Prometheus does not take, and a rule without a name", () => {
  const text = `groups:
  - name: one
    labels: {team name: core}
    rules:
      - alert: A
        expr: x
        labels: {bad-label: a}
        annotations: {run.book: b}
      - record: b
        expr: x
        labels: {__name__: c}
      - alert: ""
        expr: x
`;
  expect(problemsOf(text).split("\n")).toEqual([
    "E_CONFIG_INVALID",
    'rules.yml:3:13: "team name" is not a label name',
    'rules.yml:7:17: "bad-label" is not a label name',
    'rules.yml:8:22: "run.book" is not a label name',
    'rules.yml:11:17: "__name__" is not a label name',
    "rules.yml:12:9: a rule has either `record` or `alert`",
  ]);
});

test("an interval of 0 leaves it to the evaluator, as in Prometheus", () => {
  expect(parseRuleFile("groups: [{name: a, interval: 0s, rules: []}]", "rules.yml")).toEqual([{ name: "a", intervalMs: undefined, rules: [] }]);
});

test("limit and query_offset of a group; a limit of 0 is none", () => {
  expect(parseRuleFile("groups: [{name: a, limit: 5, query_offset: 1m, rules: []}, {name: b, limit: 0, rules: []}]", "rules.yml")).toEqual([
    { name: "a", intervalMs: undefined, limit: 5, queryOffsetMs: 60_000, rules: [] },
    { name: "b", intervalMs: undefined, rules: [] },
  ]);
  expect(problemsOf("groups:\n  - {name: a, limit: many, query_offset: soon, rules: []}").split("\n")).toEqual([
    "E_CONFIG_INVALID",
    'rules.yml:2:42: "soon" is not a duration',
    'rules.yml:2:22: "many" is not a number of alerts or series',
  ]);
});

test("what is no YAML, or no rule file", () => {
  expect(problemsOf("groups: [")).toContain("E_CONFIG_SYNTAX\nrules.yml:1:");
  expect(problemsOf("- a")).toBe("E_CONFIG_INVALID\nrules.yml:1:1: a rule file is a mapping");
  expect(problemsOf("")).toBe("E_CONFIG_INVALID\nrules.yml:1:1: a rule file is a mapping");
});

test("a file that is not there", async () => {
  await expect(readRuleFile("no/such/rules.yml")).rejects.toMatchObject({
    code: "E_FILE",
    message: "the rule file no/such/rules.yml cannot be read",
  });
});

import { expect, test } from "vitest";
import { parseAlertTemplate } from "../../collector/alerts/alert-template.ts";
import { differences, ownAnswers } from "./promql-answers.ts";
import { promqlCases } from "./promql-cases.ts";
import { askPromtool, runPromtool } from "./promtool-answers.ts";

/** Of random series, with random queries each. */
const GROUPS = 20;
const QUERIES = 250;

test("random PromQL gives what Debian's promtool says", () => {
  const cases = Array.from({ length: GROUPS }, (_, seed) => promqlCases(seed + 1, QUERIES));
  const theirs = askPromtool(cases);
  const found = cases.flatMap((one, index) => differences(one, theirs[index] ?? [], ownAnswers(one, "prometheus-2")));
  expect(found).toEqual([]);
  const kinds = Object.groupBy(theirs.flat(), (answer) => (!(answer instanceof Map) ? "failed" : answer.size === 0 ? "empty" : "answered"));
  expect(kinds.answered?.length).toBeGreaterThan((GROUPS * QUERIES) / 2);
  expect(kinds.failed?.length).toBeGreaterThan(50);
});

test("annotations read as promtool prints them", () => {
  const values = [0, 1, -1, 0.1, 0.015, 1e-5, 12, 99.949, 999.96, 1023.5, 1024, 65_536, 86_461.5, 100_000, 123_456.7, 1_234_567, 7e9, 1e21];
  const functions = [
    "",
    "| humanize",
    "| humanize1024",
    "| humanizeDuration",
    "| humanizePercentage",
    '| printf "%.2f"',
    '| printf "%5.3g"',
    '| printf "%e"',
  ];
  const template = `${functions.map((one) => `{{ $value ${one} }}`).join(" ; ")} ; {{ $labels.step }} ; {{ .Labels.none }} ; {{- " x" | toUpper -}} .`;
  const tests = {
    interval: "5s",
    input_series: values.map((value, step) => ({ series: `g{step="s${step}"}`, values: String(value) })),
    alert_rule_test: [{ eval_time: "0s", alertname: "Any", exp_alerts: [] }],
  };
  const rules = { groups: [{ name: "any", rules: [{ alert: "Any", expr: "g", annotations: { text: template } }] }] };
  const output = runPromtool({ "tests.yml": { rule_files: ["rules.yml"], evaluation_interval: "5s", tests: [tests] }, "rules.yml": rules });
  const printed = [...output.matchAll(/Annotations:\{text="(.*)"\}/g)].map(([, text]) => text).sort();
  const fill = parseAlertTemplate(template);
  const own = values.map((value, index) => fill({ labels: { step: `s${index}` }, value }));
  expect(printed.length).toBe(values.length);
  // Beyond 64 bits of seconds Go's own integers overflow.
  const comparable = (texts: readonly (string | undefined)[]) => texts.filter((text) => !text?.startsWith("1e+21"));
  expect(comparable(own.sort())).toEqual(comparable(printed));
});

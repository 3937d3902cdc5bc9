import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { GroupEvaluation, type RuleSamples } from "../../collector/alerts/evaluate-group.ts";
import { planGroup, type WrittenGroup } from "../../collector/alerts/rule-plan.ts";
import type { Dialect } from "../../collector/promql/dialect.ts";
import { evaluatePromql } from "../../collector/promql/evaluate-promql.ts";
import { LabelSet } from "../../collector/promql/label-set.ts";
import { parseDuration } from "../../collector/promql/parse-duration.ts";
import { parseNumber } from "../../collector/promql/parse-number.ts";
import { parsePromql } from "../../collector/promql/parse-promql.ts";
import { SampleWindow } from "../../collector/promql/sample-window.ts";
import { readRuleFile } from "../../exporters/alerts/rule-file.ts";
import { parseSeries, parseValues } from "./series-notation.ts";

export interface RuleTestResult {
  readonly name: string;
  /** Empty: passed. Else what promtool would say, in our words. */
  readonly failures: readonly string[];
}

export interface RuleTestOptions {
  readonly dialect?: Dialect;
  /** Instead of the file's own `rule_files`. */
  readonly groups?: readonly WrittenGroup[];
}

interface TestFile {
  readonly rule_files?: readonly string[];
  readonly evaluation_interval?: string;
  readonly group_eval_order?: readonly string[];
  readonly tests: readonly TestGroup[];
}

interface TestGroup {
  readonly name?: string;
  readonly interval?: string;
  readonly input_series?: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test?: readonly AlertTest[];
  readonly promql_expr_test?: readonly ExpressionTest[];
}

interface AlertTest {
  readonly eval_time: string | number;
  readonly alertname: string;
  readonly exp_alerts?: readonly { readonly exp_labels?: Record<string, string>; readonly exp_annotations?: Record<string, string> }[] | null;
}

interface ExpressionTest {
  readonly expr: string;
  readonly eval_time?: string | number;
  readonly exp_samples?: readonly { readonly labels?: string; readonly value?: number | string }[] | null;
}

/** Of the sum and of what our sums are better at than Prometheus 2's. */
const RELATIVE_TOLERANCE = 1e-9;
const PLENTY_BYTES = 2 ** 30;
const PLENTY_MS = 1e12;

/**
 * Runs a unit test file of `promtool test rules` through our own evaluator. As in promtool all groups are evaluated at
 * `evaluation_interval`, whatever their own interval is (prometheus: cmd/promtool/unittest.go).
 */
export async function runRuleTests(file: string, options: RuleTestOptions = {}): Promise<readonly RuleTestResult[]> {
  const tests = parse(await readFile(file, "utf8")) as TestFile;
  const files = options.groups === undefined ? (tests.rule_files ?? []).map((one) => readRuleFile(resolve(dirname(file), one))) : [];
  const groups = options.groups ?? (await Promise.all(files)).flat();
  const order = tests.group_eval_order ?? [];
  const rank = ({ name }: WrittenGroup): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const ordered = [...groups].sort((a, b) => rank(a) - rank(b));
  const intervalMs = durationMs(tests.evaluation_interval ?? "1m");
  return tests.tests.map((test, index) => ({
    name: test.name ?? `test ${index + 1}`,
    failures: new TestRun(test, ordered, intervalMs, options.dialect ?? "prometheus-3").failures(),
  }));
}

export function durationMs(text: string | number): number {
  const ms = parseDuration(String(text));
  if (ms === undefined) throw new Error(`${text} is not a duration`);
  return ms;
}

/** The samples that a test has been given up to the moment of evaluation, and what the rules record. */
export class TestSamples implements RuleSamples {
  readonly #window = new SampleWindow({ maxBytes: PLENTY_BYTES });
  #appended = 0;
  readonly #pending: { readonly labels: LabelSet; readonly timeMs: number; readonly value: number | "stale" }[];

  constructor({ input_series = [] }: TestGroup, intervalMs: number) {
    this.#pending = input_series
      .flatMap(({ series, values }) => {
        const labels = parseSeries(series);
        return parseValues(values).flatMap((value, step) => (value === undefined ? [] : [{ labels, timeMs: step * intervalMs, value }]));
      })
      .sort((a, b) => a.timeMs - b.timeMs);
  }

  appendUntil(timeMs: number): void {
    for (let next = this.#pending[this.#appended]; next !== undefined && next.timeMs <= timeMs; next = this.#pending[++this.#appended]) {
      if (next.value === "stale") this.end(next.labels, next.timeMs);
      else this.write(next.labels, next.timeMs, next.value);
    }
  }

  write(labels: LabelSet, timeMs: number, value: number): void {
    this.#window.append(this.#series(labels), timeMs, value);
  }

  end(labels: LabelSet, timeMs: number): void {
    this.#window.end(this.#series(labels), timeMs);
  }

  select(...given: Parameters<SampleWindow["select"]>): ReturnType<SampleWindow["select"]> {
    return this.#window.select(...given);
  }

  #series(labels: LabelSet) {
    const series = this.#window.series(labels, PLENTY_MS);
    if (series === undefined) throw new Error("the test is too large");
    return series;
  }
}

class TestRun {
  readonly #test: TestGroup;
  readonly #groups: readonly GroupEvaluation[];
  readonly #samples: TestSamples;
  readonly #intervalMs: number;
  readonly #dialect: Dialect;
  readonly #failures: string[] = [];

  constructor(test: TestGroup, groups: readonly WrittenGroup[], intervalMs: number, dialect: Dialect) {
    this.#test = test;
    this.#samples = new TestSamples(test, durationMs(test.interval ?? "1m"));
    this.#groups = groups.map((group) => new GroupEvaluation(planGroup(group), this.#samples, { dialect, defaultStepMs: intervalMs }));
    this.#intervalMs = intervalMs;
    this.#dialect = dialect;
  }

  failures(): readonly string[] {
    const alertTests = [...(this.#test.alert_rule_test ?? [])].sort((a, b) => durationMs(a.eval_time) - durationMs(b.eval_time));
    const expressionTests = this.#test.promql_expr_test ?? [];
    const times = [...alertTests, ...expressionTests].map(({ eval_time = "0s" }) => durationMs(eval_time));
    const endMs = Math.max(0, ...times);
    for (let nowMs = 0; nowMs <= endMs; nowMs += this.#intervalMs) {
      this.#samples.appendUntil(nowMs);
      for (const group of this.#groups) {
        for (const { rule, error } of group.evaluate(nowMs)) this.#failures.push(`rule ${rule.name}, time ${nowMs / 1000}s: ${error.message}`);
      }
      for (const test of alertTests) {
        const atMs = durationMs(test.eval_time);
        if (nowMs <= atMs && atMs < nowMs + this.#intervalMs) this.#checkAlerts(test);
      }
    }
    for (const test of expressionTests) this.#checkExpression(test);
    return this.#failures;
  }

  #checkAlerts({ alertname, eval_time, exp_alerts }: AlertTest): void {
    const found = this.#groups.flatMap((one) =>
      one.group.rules
        .filter(({ kind, name }) => kind === "alert" && name === alertname)
        .flatMap((rule) => one.alerts(rule))
        .filter(({ state }) => state === "firing")
        .map(({ labels, annotations }) => asText(labels, annotations)),
    );
    const wanted = (exp_alerts ?? []).map(({ exp_labels = {}, exp_annotations = {} }) =>
      asText(LabelSet.from({ ...exp_labels, alertname }), exp_annotations ?? {}),
    );
    this.#compare(`alert ${alertname}, time ${eval_time}`, wanted, found);
  }

  #checkExpression({ expr, eval_time = "0s", exp_samples }: ExpressionTest): void {
    const where = `expr ${expr}, time ${eval_time}`;
    const wanted = (exp_samples ?? []).map(({ labels = "", value = 0 }) => ({
      labels: parseSeries(labels),
      value: parseNumber(String(value)) ?? Number(value),
    }));
    try {
      const value = evaluatePromql(parsePromql(expr), durationMs(eval_time), this.#samples, {
        dialect: this.#dialect,
        defaultStepMs: this.#intervalMs,
      });
      const found = value.type === "vector" ? value.samples : value.type === "scalar" ? [{ labels: LabelSet.EMPTY, value: value.value }] : [];
      const values = new Map(wanted.map((one) => [one.labels.key, one.value]));
      const isSame = found.length === wanted.length && found.every(({ labels, value: got }) => isClose(values.get(labels.key), got));
      if (!isSame) this.#compare(where, wanted.map(sampleText), found.map(sampleText));
    } catch (error) {
      this.#failures.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #compare(where: string, wanted: readonly string[], found: readonly string[]): void {
    const [want, got] = [[...wanted].sort().join("\n    "), [...found].sort().join("\n    ")];
    if (want !== got) this.#failures.push(`${where}\n  expected:\n    ${want}\n  got:\n    ${got}`);
  }
}

function asText(labels: LabelSet, annotations: Readonly<Record<string, string>>): string {
  return `${labels} ${JSON.stringify(Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
}

function sampleText({ labels, value }: { readonly labels: LabelSet; readonly value: number }): string {
  return `${labels} ${value}`;
}

/** Undefined is no value at all. */
export function isClose(wanted: number | undefined, found: number): boolean {
  if (wanted === undefined) return false;
  if (Object.is(wanted, found) || wanted === found) return true;
  return Math.abs(wanted - found) <= RELATIVE_TOLERANCE * Math.max(Math.abs(wanted), Math.abs(found));
}

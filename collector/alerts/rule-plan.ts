import type { Expression } from "../promql/ast.ts";
import { parsePromql } from "../promql/parse-promql.ts";
import { type AlertTemplate, parseAlertTemplate } from "./alert-template.ts";
import type { RuleGroup } from "./rule.ts";

/** A rule as somebody wrote it: ours, or any rule file of Prometheus. */
export interface WrittenRule {
  readonly kind: "record" | "alert";
  readonly name: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

export interface WrittenGroup {
  readonly name: string;
  /** Undefined: the evaluator's own. */
  readonly intervalMs: number | undefined;
  /** Expressions are evaluated for so long ago, ms: for samples that come late. */
  readonly queryOffsetMs?: number;
  /** Alerts or series that one rule may give; more make it fail. Absent: any number. */
  readonly limit?: number;
  readonly rules: readonly WrittenRule[];
}

type Templates = readonly (readonly [name: string, template: AlertTemplate])[];

/** A rule that has been parsed: what is evaluated again and again. */
export interface PlannedRule {
  readonly kind: "record" | "alert";
  readonly name: string;
  readonly expression: Expression;
  readonly text: string;
  readonly labels: Templates;
  readonly annotations: Templates;
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

export interface PlannedGroup {
  readonly name: string;
  readonly intervalMs: number | undefined;
  readonly queryOffsetMs: number;
  /** Infinity: none. */
  readonly limit: number;
  readonly rules: readonly PlannedRule[];
}

/** Throws: `PromqlError`, `TemplateError`. */
export function planGroup({ name, intervalMs, queryOffsetMs = 0, limit = Number.POSITIVE_INFINITY, rules }: WrittenGroup): PlannedGroup {
  return { name, intervalMs, queryOffsetMs, limit, rules: rules.map(planRule) };
}

/** Labels of recording rules are no templates. */
export function planRule(rule: WrittenRule): PlannedRule {
  const isAlert = rule.kind === "alert";
  return {
    kind: rule.kind,
    name: rule.name,
    expression: parsePromql(rule.expr),
    text: rule.expr,
    labels: Object.entries(rule.labels).map(([name, text]) => [name, isAlert ? parseAlertTemplate(text) : () => text]),
    annotations: Object.entries(rule.annotations).map(([name, text]) => [name, parseAlertTemplate(text)]),
    forMs: rule.forMs,
    keepFiringForMs: rule.keepFiringForMs,
  };
}

/** Our own rules in the form of a rule file's. */
export function writtenGroup({ name, intervalMs, rules }: RuleGroup): WrittenGroup {
  return {
    name,
    intervalMs,
    rules: rules.map((rule) =>
      rule.kind === "record"
        ? { kind: "record", name: rule.record, expr: rule.expr, labels: {}, annotations: {}, forMs: 0, keepFiringForMs: 0 }
        : {
            kind: "alert",
            name: rule.alert,
            expr: rule.expr,
            labels: rule.labels,
            annotations: rule.annotations,
            forMs: rule.forMs,
            keepFiringForMs: 0,
          },
    ),
  };
}

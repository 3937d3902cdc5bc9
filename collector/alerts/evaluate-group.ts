import { type EvaluationOptions, evaluatePromql } from "../promql/evaluate-promql.ts";
import { LabelSet, METRIC_NAME } from "../promql/label-set.ts";
import { EvaluationError } from "../promql/promql-error.ts";
import type { SampleSource } from "../promql/sample-source.ts";
import type { Vector } from "../promql/values.ts";
import { type AlertObservation, type AlertState, advanceAlerts } from "./alert-state.ts";
import type { PlannedGroup, PlannedRule } from "./rule-plan.ts";

/** Where samples come from, and where recorded ones go. */
export interface RuleSamples extends SampleSource {
  write(labels: LabelSet, timeMs: number, value: number): void;
  /** The series has no value from now on. */
  end(labels: LabelSet, timeMs: number): void;
}

export interface RuleFailure {
  readonly rule: PlannedRule;
  readonly error: Error;
}

/**
 * The rules of a group in their order, at one instant: what an earlier one records a later one reads. With `query_offset` that instant lies in
 * the past, for the expressions as for what is recorded (prometheus: rules/group.go Group.Eval, rules/recording.go, rules/alerting.go).
 */
export class GroupEvaluation {
  readonly group: PlannedGroup;
  readonly #samples: RuleSamples;
  readonly #options: Partial<EvaluationOptions>;
  readonly #alerts = new Map<PlannedRule, ReadonlyMap<string, AlertState>>();
  /** What each rule wrote last time: what is missing now has ended. */
  readonly #written = new Map<PlannedRule, ReadonlyMap<string, LabelSet>>();

  constructor(group: PlannedGroup, samples: RuleSamples, options: Partial<EvaluationOptions> = {}) {
    this.group = group;
    this.#samples = samples;
    this.#options = options;
  }

  /** All label sets of an alert rule that are pending, firing or lately resolved. */
  alerts(rule: PlannedRule): readonly AlertState[] {
    return [...(this.#alerts.get(rule)?.values() ?? [])];
  }

  /** A rule that fails keeps its state, and the others are evaluated all the same. */
  evaluate(nowMs: number): readonly RuleFailure[] {
    const failures: RuleFailure[] = [];
    for (const rule of this.group.rules) {
      try {
        this.#write(rule, rule.kind === "record" ? this.#record(rule, nowMs) : this.#alert(rule, nowMs), nowMs - this.group.queryOffsetMs);
      } catch (error) {
        failures.push({ rule, error: error instanceof Error ? error : new Error(String(error), { cause: error }) });
      }
    }
    return failures;
  }

  #query(rule: PlannedRule, nowMs: number): Vector {
    const value = evaluatePromql(rule.expression, nowMs - this.group.queryOffsetMs, this.#samples, this.#options);
    if (value.type === "vector") return value.samples;
    if (value.type === "scalar") return [{ labels: LabelSet.EMPTY, value: value.value }];
    throw new EvaluationError(`a rule must yield a vector or a scalar, not a ${value.type}`);
  }

  #record(rule: PlannedRule, nowMs: number): Vector {
    const results = this.#query(rule, nowMs).map(({ labels, value }) => ({ labels: relabelled(labels, rule, value, METRIC_NAME), value }));
    unique(results.map(({ labels }) => labels));
    if (results.length > this.group.limit) throw new EvaluationError(`exceeded limit of ${this.group.limit} with ${results.length} series`);
    return results;
  }

  #alert(rule: PlannedRule, nowMs: number): Vector {
    const observations = this.#query(rule, nowMs).map(({ labels, value }): AlertObservation => {
      const data = { labels: labels.toRecord(), value };
      const annotations = Object.fromEntries(rule.annotations.map(([name, template]) => [name, template(data)]));
      return { labels: relabelled(labels, rule, value, "alertname"), annotations, value };
    });
    unique(observations.map(({ labels }) => labels));
    const before = this.#alerts.get(rule) ?? new Map<string, AlertState>();
    const alerts = advanceAlerts(before, observations, rule, nowMs);
    const active = [...alerts.values()].filter(({ state }) => state !== "resolved");
    if (active.length > this.group.limit) {
      // As in Prometheus nothing of the rule is active any more, so what fired is resolved.
      this.#alerts.set(rule, advanceAlerts(before, [], { forMs: rule.forMs, keepFiringForMs: 0 }, nowMs));
      throw new EvaluationError(`exceeded limit of ${this.group.limit} with ${active.length} alerts`);
    }
    this.#alerts.set(rule, alerts);
    return active.flatMap(alertSamples);
  }

  #write(rule: PlannedRule, results: Vector, nowMs: number): void {
    const written = new Map<string, LabelSet>();
    for (const { labels, value } of results) {
      this.#samples.write(labels, nowMs, value);
      written.set(labels.key, labels);
    }
    for (const [key, labels] of this.#written.get(rule) ?? []) if (!written.has(key)) this.#samples.end(labels, nowMs);
    this.#written.set(rule, written);
  }
}

/** Of a recording rule the name is the series' own; of an alert it is `alertname`, and the series has none. */
function relabelled(labels: LabelSet, rule: PlannedRule, value: number, nameLabel: string): LabelSet {
  const data = { labels: labels.toRecord(), value };
  const own = rule.labels.map(([name, template]) => [name, template(data)] as const);
  return LabelSet.from([...labels.withoutName().entries(), ...own, [nameLabel, rule.name]]);
}

/** `ALERTS` and `ALERTS_FOR_STATE`, which other rules may ask for. */
function alertSamples({ labels, state, activeMs }: AlertState): Vector {
  return [
    { labels: labels.with(METRIC_NAME, "ALERTS").with("alertstate", state), value: 1 },
    { labels: labels.with(METRIC_NAME, "ALERTS_FOR_STATE"), value: Math.floor(activeMs / 1000) },
  ];
}

function unique(sets: readonly LabelSet[]): void {
  if (new Set(sets.map(({ key }) => key)).size < sets.length) {
    throw new EvaluationError("vector contains metrics with the same labelset after applying rule labels");
  }
}

import type { RunLedger } from "../../model/ledger.ts";
import type { Gate } from "../../model/run.ts";
import { wilsonInterval } from "../../stats/wilson-interval.ts";
import type { GateResult, MemoryReading } from "../diagnosis.ts";
import type { RunDigest, ScopeDigest } from "../digest-types.ts";
import { formatCount, formatOf, formatShare } from "../rules/format-value.ts";
import type { GaugeLookup } from "../rules/rule.ts";
import { failedOf } from "../rules/stream-facts.ts";
import { judgeLatency, latencyFromAggregates } from "./judge-latency.ts";
import { judgeGauge, judgeMetric, judgeTrend } from "./judge-series.ts";
import { type Judged, judged, undecided } from "./judged.ts";
import { parseGate } from "./parse-gate.ts";
import type { ParsedGate } from "./parsed-gate.ts";
import { type Selection, selectRequests } from "./select-requests.ts";

export interface GateFacts {
  readonly ledger: RunLedger;
  readonly digest: RunDigest;
  readonly gauges: GaugeLookup;
  readonly memory: readonly MemoryReading[];
}

/**
 * What became of a threshold. `undecided` where what it is of was not measured, where there are too few requests for its quantile, or where it cannot
 * be read (its place is told in the note): never passed for lack of figures.
 */
export function evaluateGate(facts: GateFacts, gate: Gate): GateResult {
  const { expression, source, phase } = gate;
  const parsed = parseGate(expression);
  const place = scopeOf(facts.digest, phase);
  const scope = place?.scope.scope.name ?? phase;
  if ("mistake" in parsed) {
    const { message, column, expected } = parsed.mistake;
    return { expression, source, scope, state: "undecided", actual: "", note: `column ${column}: ${message}; expected: ${expected}` };
  }
  if (place === undefined) {
    const known = facts.digest.scopes.slice(1).map((one) => one.scope.name);
    return {
      expression,
      source,
      scope,
      state: "undecided",
      actual: "",
      note: `no phase is called "${phase}"; there are: ${known.join(", ") || "none"}`,
    };
  }
  const labels = place.scenario === undefined ? parsed.gate.labels : new Map([...parsed.gate.labels, ["scenario", place.scenario] as const]);
  return { expression, source, scope, ...judge(facts, { ...parsed.gate, labels }, place.scope) };
}

/** The generator's own thresholds as it judged them itself. */
export function generatorGates({ thresholds }: RunLedger): readonly GateResult[] {
  return thresholds.map(({ metric, expression, passed }) => ({
    expression: `${metric}: ${expression}`,
    source: "k6",
    scope: "load",
    state: passed ? "passed" : "failed",
    actual: "",
    note: "as the generator judged it, over its whole run",
  }));
}

/** A phase by its name, else a scenario of that name within the whole load; "" is the whole load. */
function scopeOf({ scopes }: RunDigest, phase: string): { readonly scope: ScopeDigest; readonly scenario?: string } | undefined {
  const [load] = scopes;
  if (load === undefined) return undefined;
  if (phase === "" || phase === load.scope.name) return { scope: load };
  // A scenario is its own requests, whatever else was asked for meanwhile.
  const isScenario = load.total.streams.get("client")?.scenarios.has(phase) === true;
  const named = scopes.find(({ scope }) => scope.name === phase);
  if (named !== undefined) return isScenario && named.scope.phase?.kind === "scenario" ? { scope: named, scenario: phase } : { scope: named };
  return isScenario ? { scope: load, scenario: phase } : undefined;
}

function judge(facts: GateFacts, gate: ParsedGate, scope: ScopeDigest): Judged {
  const { subject } = gate;
  switch (subject.kind) {
    case "gauge":
      return judgeGauge(gate, subject, facts.gauges, scope);
    case "trend":
      return judgeTrend(subject, facts.memory);
    case "metric":
      return judgeMetric(gate, subject, facts.gauges, scope);
    default: {
      const selected = selectRequests(facts.ledger, scope, subject.hop, gate.labels);
      if ("missing" in selected) {
        const summed =
          subject.kind === "latency" && subject.hop === "client" && gate.labels.has("cohort")
            ? latencyFromAggregates(facts.ledger, gate, subject.stat)
            : undefined;
        return summed ?? undecided(selected.missing);
      }
      return subject.kind === "latency" ? judgeLatency(facts.ledger, gate, subject.stat, selected) : judgeCounts(gate, subject, selected, scope);
    }
  }
}

function judgeCounts(
  gate: ParsedGate,
  subject: Exclude<ParsedGate["subject"], { readonly kind: "gauge" | "trend" | "metric" | "latency" }>,
  selection: Selection,
  { scope }: ScopeDigest,
): Judged {
  const { count } = selection;
  switch (subject.kind) {
    case "failed": {
      const failed = failedOf(selection);
      const { lower, upper } = wilsonInterval({ hits: failed, trials: count });
      const note = `${formatCount(failed)} of ${formatOf(count, "request")}; with 95 % confidence from ${formatShare(lower)} to ${formatShare(upper)}`;
      return unsure(selection, judged(gate, failed / count, note));
    }
    case "timeouts":
      return unsure(selection, judged(gate, selection.outcomes.get("timeout") ?? 0, `of ${formatOf(count, "request")}`));
    case "requests": {
      const seconds = Math.max(1, scope.endSecond - scope.startSecond);
      return unsure(selection, judged(gate, subject.per === "second" ? count / seconds : count));
    }
    case "status": {
      if (selection.statuses.size === 0) return undecided(`the ${subject.hop} does not tell statuses`);
      let found = 0;
      for (const [status, times] of selection.statuses) if (status >= subject.from && status <= subject.to) found += times;
      return unsure(selection, judged(gate, found, `of ${formatOf(count, "request")}`));
    }
  }
}

/** Sampled spans may show that something was, never that it was not. */
function unsure({ isUnsure }: Selection, result: Judged): Judged {
  return isUnsure && result.state === "passed"
    ? { ...result, state: "undecided", note: `${result.note}; known by spans only, which may be sampled` }
    : result;
}

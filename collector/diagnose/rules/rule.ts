import type { GaugeSeries, RunLedger } from "../../model/ledger.ts";
import type { Decomposition, Exclusion, Finding, Gap, LawResult, MemoryReading, SkewReading } from "../diagnosis.ts";
import type { RunDigest } from "../digest-types.ts";

/** All that a rule may look at. Nothing in it is changed by looking. */
export interface RuleFacts {
  readonly ledger: RunLedger;
  readonly digest: RunDigest;
  readonly laws: readonly LawResult[];
  readonly decompositions: readonly Decomposition[];
  readonly gauges: GaugeLookup;
  readonly memory: readonly MemoryReading[];
  readonly skew: readonly SkewReading[];
}

/** The series of a run by name. */
export interface GaugeLookup {
  /** All series with one of these names; [] where nobody sent it. */
  named: (...names: readonly string[]) => readonly GaugeSeries[];
  /** All series whose name fits: `/cache[.]hits$/`. */
  readonly matching: (pattern: RegExp) => readonly GaugeSeries[];
}

/** What a rule has to say; what it leaves out is nothing. */
export interface RuleAnswer {
  readonly findings?: readonly Finding[];
  readonly exclusions?: readonly Exclusion[];
  readonly gaps?: readonly Gap[];
}

/** One way in which runs go wrong, and how to recognise it. */
export interface Rule {
  /** `D4`: stable, printed with its findings. */
  readonly id: string;
  readonly title: string;
  /** Completes `22.0 % of requests failed …`: `on the response path between proxy and client`. */
  readonly where: string;
  /** Says nothing where what it needs was not measured; a gap then tells what that costs. */
  readonly look: (facts: RuleFacts) => RuleAnswer;
}

export const NOTHING: RuleAnswer = {};

export function gaugeLookup(all: readonly GaugeSeries[]): GaugeLookup {
  const series = all.map(withoutFirstReading);
  const byName = Map.groupBy(series, ({ name }) => name);
  return {
    named: (...names) => names.flatMap((name) => byName.get(name) ?? []),
    matching: (pattern) => series.filter(({ name }) => pattern.test(name)),
  };
}

const OF_THE_MACHINE = /^(system|pitwall\.host)\./;

/** A machine counts since it was switched on: the first reading of such a counter tells of other runs. */
function withoutFirstReading(series: GaugeSeries): GaugeSeries {
  if (series.kind !== "counter" || !OF_THE_MACHINE.test(series.name)) return series;
  return { ...series, points: series.points.slice(1) };
}

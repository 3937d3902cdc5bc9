import type { ComparedRun } from "../compared-run.ts";
import type { ConditionDifference, Measure, MeasureId } from "../comparison.ts";
import { EVERYONE } from "./cohort-figures.ts";
import { compareFigures, type TestedMeasure } from "./compare-figures.ts";
import type { RunFigure } from "./run-figure.ts";
import { runFigures } from "./run-figures.ts";

/** Virtual users that differ by less are as many. */
const USERS_TOLERANCE = 1.05;
const COHORT_IDS: ReadonlySet<MeasureId> = new Set(["cohort_p50", "cohort_p95", "cohort_p99"]);
const RATES: ReadonlySet<MeasureId> = new Set(["requests_per_second", "successes_per_second", "iterations_per_second"]);

/** Figures of whole runs, side by side, without those that say nothing; `judge` completes each when its p is corrected. */
export function testedMeasures(
  before: readonly ComparedRun[],
  after: readonly ComparedRun[],
  differences: readonly ConditionDifference[],
): readonly TestedMeasure[] {
  const [first, second] = [before.map(runFigures), after.map(runFigures)];
  const runs = [...first, ...second];
  // In a closed model the rate that was offered follows from the one that was reached, and is only warned of.
  const isLoadAlike = usersAreAlike(runs) && !differences.some(({ what, weight }) => what === "offered rate" && weight === "refuses");
  const areAllSuccesses = runs.every((run) => figureOf(run, "requests_per_second") === figureOf(run, "successes_per_second"));
  const isSilent = ({ id }: RunFigure): boolean =>
    (id === "successes_per_second" && areAllSuccesses) ||
    (id === "alarms" && runs.every((run) => (figureOf(run, "alarms") ?? 0) === 0)) ||
    (COHORT_IDS.has(id) && !runs.some(hasCohorts));
  const spoken = (side: readonly (readonly RunFigure[])[]) => side.map((run) => run.filter((one) => !isSilent(one)));
  return compareFigures(spoken(first), spoken(second)).map(({ p, judge }) => ({
    p,
    judge: (adjustedP) => {
      const measure = judge(adjustedP);
      // More requests that fail are no gain, and neither are those that more load brings.
      const isAboutLoad = (measure.id === "requests_per_second" && !areAllSuccesses) || (RATES.has(measure.id) && !isLoadAlike);
      return isAboutLoad ? withoutValue(measure) : measure;
    },
  }));
}

function withoutValue(measure: Measure): Measure {
  return measure.verdict === "better" || measure.verdict === "worse" ? { ...measure, verdict: "changed" } : measure;
}

function usersAreAlike(runs: readonly (readonly RunFigure[])[]): boolean {
  const users = runs.flatMap((run) => figureOf(run, "virtual_users") ?? []);
  return users.length === 0 || Math.max(...users) <= USERS_TOLERANCE * Math.min(...users);
}

function figureOf(run: readonly RunFigure[], id: MeasureId): number | undefined {
  return run.find((one) => one.id === id)?.value;
}

function hasCohorts(run: readonly RunFigure[]): boolean {
  return run.some(({ id, of }) => COHORT_IDS.has(id) && !isEveryone(of));
}

/** `all`, `end_to_end: all`. */
export function isEveryone(of: string): boolean {
  return of === EVERYONE || of.endsWith(` ${EVERYONE}`);
}

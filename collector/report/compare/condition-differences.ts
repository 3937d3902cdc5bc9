import type { ComparedRun } from "./compared-run.ts";
import type { ConditionDifference } from "./comparison.ts";

/** Rates that differ by less are the same rate, arrivals being random. */
const RATE_TOLERANCE = 0.05;
/** Phases whose lengths differ by less were meant to be alike. */
const PHASE_TOLERANCE_SECONDS = 3;

/** What was not the same for two runs. Something that is not known on one side says nothing, but is warned of. */
export function conditionDifferences(before: ComparedRun, after: ComparedRun): readonly ConditionDifference[] {
  const [a, b] = [before.ledger.run.conditions, after.ledger.run.conditions];
  const found: ConditionDifference[] = [];
  const compare = (what: string, left: string, right: string, weight: ConditionDifference["weight"]): void => {
    if (left === right) return;
    const isKnown = left !== "" && right !== "";
    found.push({ what, before: left || "not known", after: right || "not known", weight: isKnown ? weight : "warns" });
  };
  compare("dataset", a.dataset, b.dataset, "refuses");
  compare("script", short(a.scriptHash), short(b.scriptHash), "refuses");
  compare("generator", a.generator, b.generator, "warns");
  compare("target", a.target, b.target, "warns");
  for (const name of new Set([...Object.keys(a.environment), ...Object.keys(b.environment)])) {
    const [left, right] = [a.environment[name] ?? "", b.environment[name] ?? ""];
    if (left !== right) found.push({ what: name, before: left || "not set", after: right || "not set", weight: "warns" });
  }
  for (const name of new Set([...Object.keys(a.versions), ...Object.keys(b.versions)])) {
    if (name !== "generator") compare(`version of ${name}`, a.versions[name] ?? "", b.versions[name] ?? "", "warns");
  }
  for (const name of ["name", "cpus", "memory_bytes", "os"]) compare(`host: ${name}`, a.host[name] ?? "", b.host[name] ?? "", "warns");
  return [...found, ...rateDifference(before, after), ...phaseDifference(before, after)];
}

/** The rate that was offered, not the one that was reached: a slower server reaches less in a closed model, which is a result. */
function rateDifference(before: ComparedRun, after: ComparedRun): readonly ConditionDifference[] {
  const [left, right] = [offeredPerSecond(before), offeredPerSecond(after)];
  if (left === undefined || right === undefined || Math.abs(left / right - 1) <= RATE_TOLERANCE) return [];
  const text = (rate: number): string => `${rate.toFixed(rate < 10 ? 2 : 0)} requests/s`;
  return [{ what: "offered rate", before: text(left), after: text(right), weight: isOpenModel(before) && isOpenModel(after) ? "refuses" : "warns" }];
}

function offeredPerSecond({ load }: ComparedRun): number | undefined {
  const { targetPerSecond, achievedPerSecond, droppedIterations, requestsPerIteration } = load.offered;
  if (targetPerSecond !== undefined) return targetPerSecond;
  if (achievedPerSecond === undefined) return undefined;
  const seconds = load.scope.endSecond - load.scope.startSecond;
  return achievedPerSecond + ((droppedIterations ?? 0) * (requestsPerIteration ?? 1)) / Math.max(1, seconds);
}

/** Arrival rates were asked for: a target is known, or iterations were dropped for lack of users. */
function isOpenModel({ load }: ComparedRun): boolean {
  return load.offered.targetPerSecond !== undefined || (load.offered.droppedIterations ?? 0) > 0;
}

function phaseDifference(before: ComparedRun, after: ComparedRun): readonly ConditionDifference[] {
  const length = ({ load }: ComparedRun): number => load.scope.endSecond - load.scope.startSecond;
  const [left, right] = [length(before), length(after)];
  const tolerance = Math.max(PHASE_TOLERANCE_SECONDS, 0.05 * Math.max(left, right));
  if (Math.abs(left - right) > tolerance) {
    return [{ what: "length of the load", before: `${Math.round(left)} s`, after: `${Math.round(right)} s`, weight: "refuses" }];
  }
  const names = ({ phases }: ComparedRun): string =>
    phases
      .filter(({ source }) => source !== "detected")
      .map(({ name }) => name)
      .join(", ");
  const [mine, theirs] = [names(before), names(after)];
  return mine === theirs
    ? []
    : [{ what: "phases", before: mine || "not known", after: theirs || "not known", weight: mine && theirs ? "refuses" : "warns" }];
}

function short(hash: string): string {
  return hash.slice(0, 12);
}

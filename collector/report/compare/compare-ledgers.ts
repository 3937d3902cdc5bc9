import type { RunLedger } from "../../model/ledger.ts";
import { holm } from "../../stats/holm.ts";
import { LEAST_RUNS } from "../../stats/run-groups.ts";
import { seededRandom } from "../../stats/seeded-random.ts";
import { changesByRequests, LEAST_BEYOND } from "./changes-by-requests.ts";
import { changesByRuns } from "./changes-by-runs.ts";
import { type ComparedRun, comparedRun } from "./compared-run.ts";
import type { Change, Comparison, ComparisonSide, ConditionDifference, NoiseFloors } from "./comparison.ts";
import { comparisonSentence } from "./comparison-sentence.ts";
import { conditionDifferences } from "./condition-differences.ts";
import { labelDifferences, onlyLabel } from "./label-differences.ts";
import { testedMeasures } from "./measures/compare-measures.ts";
import { compareWarnings } from "./measures/compare-warnings.ts";

export interface CompareLedgersOptions {
  /** Of the suite, where it was measured: changes below it are not reported. */
  readonly noise?: NoiseFloors;
  /** Compare although the conditions refuse it. */
  readonly isForced?: boolean;
}

/** The draws are the same each time, so that the same two runs always give the same answer. */
const SEED = 20_260_512;
const TAIL_NOTE = `with one run each a quantile is only called where ${LEAST_BEYOND} requests lie beyond it: p99 takes ${LEAST_BEYOND * 100} of them`;
const ONE_RUN_NOTE = "one run each: what differs from run to run is not known, so only large changes are called";
const FEW_RUNS_NOTE = `fewer than ${LEAST_RUNS} runs a side: they are laid end to end and judged as one run each`;
const MEASURES_NOTE =
  "beside the requests, with few runs a side, a change is only called where it is half as much again or more (store calls: one for each request)";
const RUN_MEASURES_NOTE =
  "beside the requests, of throughput, CPU, memory and store calls the runs were put to the same test as latencies; all else is only called where all runs of one side lie far from all of the other";

/**
 * What is different between two runs, or two groups of runs, as the client saw them. Conditions first: where they differ in what makes figures
 * comparable, nothing is compared. Runs are the sample where there are at least four a side, else seconds within the runs.
 */
export function compareLedgers(first: readonly RunLedger[], second: readonly RunLedger[], options: CompareLedgersOptions = {}): Comparison {
  const [before, after] = [first.map(comparedRun), second.map(comparedRun)];
  const differences = distinct(before.flatMap((left) => after.flatMap((right) => conditionDifferences(left, right))));
  const byRuns = before.length >= LEAST_RUNS && after.length >= LEAST_RUNS;
  const sides = { before: sideFacts(before), after: sideFacts(after) };
  const names = endpointNames(before, after);
  const isRefused = options.isForced !== true && differences.some(({ weight }) => weight === "refuses");
  const labels = labelDifferences(first, second);
  const shared = { ...sides, differences, labels, by: byRuns ? ("runs" as const) : ("requests" as const), unmatched: names.unmatched };
  if (isRefused) {
    const empty = { ...shared, state: "refused" as const, changes: [], measures: [], warnings: [], notes: [] };
    return { ...empty, sentence: comparisonSentence(empty) };
  }
  const floorOf = (endpoint: string, metric: Change["metric"]): number | undefined =>
    options.noise?.floors.find((floor) => floor.endpoint === endpoint && floor.metric === metric)?.usual;
  const pairs = names.matched.map((endpoint) => ({ endpoint, before: endpointsOf(before, endpoint), after: endpointsOf(after, endpoint) }));
  // One family: what is asked of whole runs makes what is asked of their requests harder to prove, and the other way round.
  const [byRun, beside] = [byRuns ? changesByRuns(pairs, floorOf) : [], testedMeasures(before, after, differences)];
  const adjusted = holm([...byRun, ...beside].map(({ p }) => p));
  const changes = byRuns ? byRun.map(({ judge }, index) => judge(adjusted[index] as number)) : changesByRequests(pairs, floorOf, seededRandom(SEED));
  const measures = beside.map(({ judge }, index) => judge(adjusted[byRun.length + index] as number));
  const isFew = !byRuns && (before.length > 1 || after.length > 1);
  const only = onlyLabel(labels, differences);
  const notes = [
    ...(byRuns ? [] : [isFew ? FEW_RUNS_NOTE : ONE_RUN_NOTE, TAIL_NOTE]),
    ...(options.noise === undefined
      ? ["no noise floor was measured for this suite (`pitwall compare --aa` does)"]
      : [`noise floor of ${options.noise.suite}: from ${options.noise.pairs} pairs of runs that should be alike`]),
    ...(measures.length === 0 ? [] : [byRuns ? RUN_MEASURES_NOTE : MEASURES_NOTE]),
    ...(only === undefined ? [] : [only]),
  ];
  const warnings = compareWarnings(measures);
  const whole = { ...shared, state: "compared" as const, changes, measures, warnings, notes };
  return { ...whole, sentence: comparisonSentence(whole) };
}

function endpointsOf(runs: readonly ComparedRun[], endpoint: string) {
  return runs.flatMap((run) => run.endpoints.get(endpoint) ?? []);
}

function endpointNames(before: readonly ComparedRun[], after: readonly ComparedRun[]) {
  const all = (runs: readonly ComparedRun[]) => new Set(runs.flatMap((run) => [...run.endpoints.keys()]));
  const [left, right] = [all(before), all(after)];
  return {
    matched: [...left].filter((name) => right.has(name)),
    unmatched: [...left].filter((name) => !right.has(name)).concat([...right].filter((name) => !left.has(name))),
  };
}

function sideFacts(runs: readonly ComparedRun[]): ComparisonSide {
  let [requests, failed] = [0, 0];
  for (const { load } of runs) {
    const stream = load.total.streams.get("client");
    requests += stream?.count ?? 0;
    failed += (stream?.count ?? 0) - (stream?.outcomes.get("ok") ?? 0);
  }
  return { runs: runs.map(({ ledger }) => ledger.run.id), requests, failed };
}

function distinct(differences: readonly ConditionDifference[]): readonly ConditionDifference[] {
  return [...new Map(differences.map((one) => [JSON.stringify(one), one])).values()];
}

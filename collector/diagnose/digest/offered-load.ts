import type { RunLedger } from "../../model/ledger.ts";
import type { OfferedLoad, Stream } from "../digest-types.ts";
import { counterSum, gaugeMax, type Seconds } from "./gauge-sums.ts";

/** Names of what generators call their workers, the largest possible number first. */
const WORKERS = ["vus_max", "vus_max.max", "vus", "vus.max", "users"];
const ALWAYS: Seconds = { startSecond: -Infinity, endSecond: Infinity };

/**
 * What the generator planned and did. `seconds`: of the scope without the time in which only the last answers were waited for.
 *
 * k6 reports `dropped_iterations` only where there are any, so beside its `iterations` none means 0.
 */
export function offeredLoad(ledger: RunLedger, seconds: Seconds, client: Stream | undefined): OfferedLoad {
  const length = seconds.endSecond - seconds.startSecond;
  const iterations = counterSum(ledger, "iterations", seconds) ?? counterSum(ledger, "vusers.completed", seconds);
  const dropped = counterSum(ledger, "dropped_iterations", seconds) ?? (iterations !== undefined && isK6(ledger) ? 0 : undefined);
  const planned = counterSum(ledger, "loadtest.client.requests.planned", seconds);
  const notSent = counterSum(ledger, "loadtest.client.requests.dropped", seconds);
  const workers = workersOf(ledger, seconds) ?? workersOf(ledger, ALWAYS);
  const concurrency = Math.max(0, ...ledger.facts.map(({ concurrency: told }) => told ?? 0));
  // Our driver has requests where k6 has iterations: one each.
  const requestsPerIteration = ratio(client?.count, iterations) ?? (planned === undefined ? undefined : 1);
  return {
    iterations: iterations ?? (planned === undefined ? undefined : client?.count),
    droppedIterations: dropped ?? notSent,
    interruptedIterations: counterSum(ledger, "interrupted_iterations", seconds),
    requestsPerIteration,
    vusMax: workers ?? (concurrency > 0 ? concurrency : undefined),
    targetPerSecond: planned === undefined || length <= 0 ? undefined : planned / length,
    achievedPerSecond: client === undefined ? undefined : ratio(client.count, aggregateSeconds(ledger, client) ?? length),
  };
}

/** Virtual users: of the stretch, else (a summary's are stamped at its end, or nowhere) of the run. */
function workersOf(ledger: RunLedger, seconds: Seconds): number | undefined {
  for (const name of WORKERS) {
    const most = gaugeMax(ledger, name, seconds);
    if (most !== undefined) return most;
  }
  return undefined;
}

/** Whether k6 is among the generators of the run. */
export function isK6(ledger: RunLedger): boolean {
  return (
    /^k6\b/.test(ledger.run.conditions.generator) ||
    ledger.facts.some(({ generator }) => generator === "k6") ||
    ledger.witnesses.some(({ hop, name, format }) => hop === "client" && (name === "k6" || format.startsWith("k6")))
  );
}

/** Sums of a generator that gave no single requests are over its own duration, whatever stretch of the run they were put into. */
function aggregateSeconds({ aggregates }: RunLedger, { witnesses, perSecond }: Stream): number | undefined {
  if (perSecond.length > 0) return undefined;
  const told = aggregates.filter(({ witness, item }) => witnesses.includes(witness) && item.durationSeconds !== undefined);
  return told.length === 0 ? undefined : Math.max(...told.map(({ item }) => item.durationSeconds as number));
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || !(b > 0) ? undefined : a / b;
}

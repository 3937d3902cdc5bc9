import type { RunLedger } from "../../model/ledger.ts";
import type { Correction } from "../../model/load-outcome.ts";
import { coordinatedOmission, type OmissionFlag } from "../../stats/coordinated-omission.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { littleCheck } from "../../stats/littles-law.ts";
import type { OfferedLoad } from "../digest-types.ts";
import { histogramSum, type Seconds } from "./gauge-sums.ts";
import { isK6 } from "./offered-load.ts";
import type { Tally } from "./tally.ts";

const CORRECTIONS: readonly Correction[] = ["corrected", "raw", "not_needed", "broken", "unknown"];

/**
 * What all witnesses of a stream say of their correction; `unknown` where they differ. k6 needs none under arrival-rate executors only, and does not
 * say which executor it ran: its latencies are as measured.
 */
export function correctionOf(ledger: RunLedger, witnesses: ReadonlySet<string>): Correction {
  const told = new Set(ledger.witnesses.filter(({ hop, name }) => hop === "client" && witnesses.has(name)).map(({ correction }) => correction));
  const [only, ...others] = [...told];
  if (others.length > 0) return "unknown";
  if (only === "not_needed" && isK6(ledger)) return "raw";
  return CORRECTIONS.find((correction) => correction === only) ?? "unknown";
}

/**
 * Whether slow moments are under-represented in what the client measured.
 *
 * An open model is known by what it could not send (dropped iterations, a planned number), a closed one by workers that are busy all the time:
 * k6 reports the same virtual users for either, so an arrival rate at which nothing was dropped stays `unknown`.
 */
export function clientOmission(tally: Tally, correction: Correction, offered: OfferedLoad, workers: number | undefined): OmissionFlag {
  const histogram = tally.latencyOk ?? new ExponentialHistogram();
  const sent = tally.count;
  const due = dueRequests(offered, sent);
  if (due !== undefined) return coordinatedOmission(histogram, { correction, offered: due, sent }).flag;
  if (correction === "raw" && workers === undefined) return "unknown";
  return coordinatedOmission(histogram, { correction, sent, workers }).flag;
}

/** Workers that each wait for their answer before they go on; undefined where that is not known. */
export function closedWorkers(ledger: RunLedger, seconds: Seconds, offered: OfferedLoad, tally: Tally): number | undefined {
  const concurrency = Math.max(0, ...ledger.facts.map(({ concurrency: told }) => told ?? 0));
  // wrk, ab, hey, Locust … know no other model; those that do report what they planned.
  if (concurrency > 0) return concurrency;
  const { vusMax } = offered;
  const length = busySeconds(ledger, seconds, tally);
  if (vusMax === undefined || length <= 0) return undefined;
  const busyMs = histogramSum(ledger, "iteration_duration", seconds) ?? (tally.latencyOk?.sum ?? 0) + (tally.latencyFailed?.sum ?? 0);
  const busy = littleCheck(vusMax, 1 / length, busyMs / 1000);
  return busy.isConsistent ? vusMax : undefined;
}

/** From the client's first request to its last: a generator needs a while to start and to end. */
function busySeconds({ witnesses }: RunLedger, { startSecond, endSecond }: Seconds, tally: Tally): number {
  const told = witnesses.filter(({ hop, name, sources }) => hop === "client" && tally.witnesses.has(name) && sources.includes("requests"));
  const [first, last] = [
    Math.min(...told.map(({ firstUnixMs }) => firstUnixMs)) / 1000,
    Math.max(...told.map(({ lastUnixMs }) => lastUnixMs)) / 1000,
  ];
  // What it told of more than this stretch says nothing of how long it was busy in it.
  const isWithin = first >= startSecond && last <= endSecond + 1 && last > first;
  return isWithin ? last - first : endSecond - startSecond;
}

/** By the schedule: what was dropped falls on all endpoints as what was sent does. */
function dueRequests({ iterations = 0, droppedIterations = 0, targetPerSecond }: OfferedLoad, sent: number): number | undefined {
  if (droppedIterations > 0 && iterations > 0) return Math.round(sent * (1 + droppedIterations / iterations));
  return targetPerSecond === undefined ? undefined : sent;
}

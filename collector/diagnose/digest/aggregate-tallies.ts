import type { RunLedger } from "../../model/ledger.ts";
import type { Correction, ErrorKind, Outcome, Phase } from "../../model/load-outcome.ts";
import { outcomeOf, PHASES } from "../../model/load-outcome.ts";
import type { LatencyView, LoadAggregate } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { histogramFromExplicit } from "../../stats/histogram-from-explicit.ts";
import type { Scope } from "../digest-types.ts";
import { canonicalOfEndpoint } from "./canonical.ts";
import { addTo, Tally } from "./tally.ts";

/** A sum that a generator gave, as the stream of one endpoint ("" = all of them). */
export interface AggregateTally {
  readonly endpoint: string;
  readonly witness: string;
  readonly tally: Tally;
  readonly means: string;
  readonly correction: Correction;
}

/**
 * What generators that give only sums (wrk, ab, Locust, a summary of k6 …) say of a scope.
 *
 * A sum over the whole run is only for the scope of the whole load; sums over periods are for any scope they lie in. Of one endpoint of one
 * witness that is described under several sets of tags the largest counts: the others are parts of it. Quantiles have no place in a stream,
 * so latencies are undefined unless the generator gave a histogram; counts per second are empty unless it gave periods.
 */
export function aggregateTallies(ledger: RunLedger, scope: Scope): readonly AggregateTally[] {
  const byKey = new Map<string, { readonly endpoint: string; readonly witness: string; readonly items: LoadAggregate[] }>();
  // Generators that tell endpoints apart name their total like one of them (Locust: `Aggregated`).
  const broken = new Set(ledger.aggregates.filter(({ item }) => !item.isTotal && item.endpoint.name !== "").map(({ witness }) => witness));
  for (const { witness, item } of ledger.aggregates) {
    if (!speaksOfRequests(item)) continue;
    const isSumOfOthers = item.isTotal && broken.has(witness);
    const endpoint = item.endpoint.name === "" || isSumOfOthers ? "" : canonicalOfEndpoint(ledger, item.endpoint);
    const key = JSON.stringify([witness, endpoint]);
    const known = byKey.get(key) ?? { endpoint, witness, items: [] };
    known.items.push(item);
    byKey.set(key, known);
  }
  const reasons = ledger.aggregates.filter(({ item }) => item.count === undefined && Object.keys(item.errorKinds).length > 0);
  const parts = [...byKey.values()].flatMap(({ endpoint, witness, items }) => {
    const chosen = chosenFor(items, scope);
    return chosen === undefined ? [] : [{ endpoint, witness, isTotal: chosen.some(({ isTotal }) => isTotal), ...tallied(chosen, witness, scope) }];
  });
  if (scope.phase === undefined)
    for (const part of parts)
      tellReasons(
        part,
        reasons.filter(({ item }) => isOf(ledger, item, part.endpoint)),
      );
  return parts.filter(
    ({ endpoint, isTotal, witness }) => endpoint !== "" || isTotal || !parts.some((other) => other.witness === witness && other.endpoint !== ""),
  );
}

function isOf(ledger: RunLedger, { endpoint }: LoadAggregate, canonical: string): boolean {
  return canonical === "" || (endpoint.name !== "" && canonicalOfEndpoint(ledger, endpoint) === canonical);
}

/** Failures that a generator counts in one file and breaks down in another (Locust): they are among those of which only the number was known. */
function tellReasons({ tally }: { readonly tally: Tally }, reasons: RunLedger["aggregates"]): void {
  if (tally.errorKinds.size > 0) return;
  for (const { item } of reasons) {
    for (const [kind, n] of Object.entries(item.errorKinds)) {
      const told = Math.min(n, tally.outcomes.get("unknown") ?? 0);
      if (told === 0) continue;
      addTo(tally.errorKinds, kind as ErrorKind, told);
      addTo(tally.outcomes, "unknown", -told);
      addTo(tally.outcomes, outcomeOf(kind as ErrorKind), told);
    }
  }
  if (tally.outcomes.get("unknown") === 0) tally.outcomes.delete("unknown");
}

/** Whether it counts requests, not something else that a generator summed up (iterations, a trend of the script). */
function speaksOfRequests({ count, outcomes, statuses, latencies }: LoadAggregate): boolean {
  if (count === undefined) return false;
  return (
    Object.keys(outcomes).length > 0 ||
    statuses.size > 0 ||
    latencies.length === 0 ||
    latencies.some(({ of }) => of === "duration" || of === "first_byte")
  );
}

/** Items that add up to the scope; undefined where none fits it. */
function chosenFor(items: readonly LoadAggregate[], scope: Scope): readonly LoadAggregate[] | undefined {
  const isLoad = scope.phase === undefined;
  if (isLoad) {
    const whole = withoutParts(items.filter((item) => item.scope === "run"));
    if (whole.length > 0) return whole;
    const soFar = items.filter((item) => item.scope === "so_far").toSorted((a, b) => (b.count as number) - (a.count as number))[0];
    if (soFar !== undefined) return [soFar];
  }
  const periods = items.filter((item) => item.scope === "period" && lies(item, scope));
  return periods.length > 0 ? withoutParts(periods) : undefined;
}

/** The largest of each window under one set of tags; what is said twice in the same words counts once. */
function withoutParts(items: readonly LoadAggregate[]): readonly LoadAggregate[] {
  const byTags = new Map<string, LoadAggregate[]>();
  for (const item of items) {
    const key = item.tags.canonicalKey;
    const known = byTags.get(key) ?? [];
    const twin = known.findIndex(
      (other) => other.count === item.count && other.startUnixNano === item.startUnixNano && other.endUnixNano === item.endUnixNano,
    );
    if (twin < 0) known.push(item);
    else known[twin] = joined(known[twin] as LoadAggregate, item);
    byTags.set(key, known);
  }
  const total = (group: readonly LoadAggregate[]) => group.reduce((sum, { count }) => sum + (count ?? 0), 0);
  return [...byTags.values()].toSorted((a, b) => total(b) - total(a))[0] ?? [];
}

function joined(a: LoadAggregate, b: LoadAggregate): LoadAggregate {
  const isATold = Object.keys(a.outcomes).length > 0;
  return {
    ...a,
    outcomes: isATold ? a.outcomes : b.outcomes,
    latencies: [...a.latencies, ...b.latencies],
    responseBytes: a.responseBytes ?? b.responseBytes,
  };
}

function lies({ startUnixNano, endUnixNano }: LoadAggregate, { startSecond, endSecond }: Scope): boolean {
  const middle = startUnixNano === undefined || endUnixNano === undefined ? (endUnixNano ?? startUnixNano) : (startUnixNano + endUnixNano) / 2n;
  if (middle === undefined) return false;
  const second = secondsOf(middle);
  return second >= startSecond && second < endSecond;
}

function secondsOf(time: UnixNano): number {
  return Number(time / 1_000_000n) / 1000;
}

function tallied(items: readonly LoadAggregate[], witness: string, scope: Scope): Pick<AggregateTally, "tally" | "means" | "correction"> {
  const isTimed = items.every(
    ({ scope: of, startUnixNano, endUnixNano }) => of === "period" && startUnixNano !== undefined && endUnixNano !== undefined,
  );
  const tally = new Tally("metrics", isTimed ? scope.endSecond - scope.startSecond : 0);
  tally.witnesses.add(witness);
  for (const item of items) addItem(tally, item, scope);
  const views = items.flatMap(({ latencies }) => latencies.filter(({ of }) => of === "duration" || of === "first_byte"));
  const view = views.find(({ of }) => of === "duration") ?? views[0];
  return { tally, means: view?.means ?? "unknown", correction: view?.correction ?? "unknown" };
}

function addItem(tally: Tally, item: LoadAggregate, scope: Scope): void {
  const count = item.count ?? 0;
  tally.count += count;
  for (const [outcome, n] of Object.entries(item.outcomes)) addTo(tally.outcomes, outcome as Outcome, n);
  for (const [kind, n] of Object.entries(item.errorKinds)) addTo(tally.errorKinds, kind as ErrorKind, n);
  for (const [status, n] of item.statuses) addTo(tally.statuses, status, n);
  const late = item.outcomes.timeout ?? 0;
  if (late > 0) addTo(tally.timeouts, undefined, late);
  if (item.responseBytes !== undefined) addSum(tally, "response_bytes", count, item.responseBytes);
  for (const view of item.latencies) addLatency(tally, item, view);
  spread(tally, item, scope);
}

function addLatency(tally: Tally, item: LoadAggregate, view: LatencyView): void {
  const phase = PHASES.find((name): name is Phase => name === view.of);
  const n = view.count ?? item.count;
  if (phase !== undefined && view.meanMs !== undefined && n !== undefined) addSum(tally, phase, n, view.meanMs * n);
  if (view.of !== "duration" || view.histogram.length === 0 || view.correction === "broken" || !isOfSuccessesAlone(item, view)) return;
  const histogram = histogramFromExplicit({
    bounds: view.histogram.map(({ toMs }) => toMs),
    counts: [...view.histogram.map(({ count }) => count), 0],
    min: view.minMs,
    max: view.maxMs,
  });
  if (histogram === undefined) return;
  if (tally.latencyOk === undefined) tally.latencyOk = histogram;
  else tally.latencyOk.merge(histogram);
}

/** A histogram of answers is one of successes only where every answer was one. */
function isOfSuccessesAlone({ outcomes, count }: LoadAggregate, { survivorsOnly }: LatencyView): boolean {
  const answeredBadly = (outcomes.http_error ?? 0) + (outcomes.check_failed ?? 0) + (outcomes.unknown ?? 0);
  if (answeredBadly > 0) return false;
  return survivorsOnly === true || outcomes.ok === count;
}

function addSum(tally: Tally, key: "response_bytes" | Phase, n: number, sum: number): void {
  const known = tally.sums[key];
  tally.sums[key] = known === undefined ? { n, sum } : { n: known.n + n, sum: known.sum + sum };
}

/** Evenly over the seconds of its period. */
function spread(tally: Tally, { startUnixNano, endUnixNano, count = 0, outcomes }: LoadAggregate, scope: Scope): void {
  const seconds = tally.perSecond.length;
  if (seconds === 0 || startUnixNano === undefined || endUnixNano === undefined) return;
  const [from, to] = [secondsOf(startUnixNano), secondsOf(endUnixNano)];
  const failed = Object.entries(outcomes).reduce((sum, [outcome, n]) => (outcome === "ok" || outcome === "unknown" ? sum : sum + n), 0);
  const [first, last] = [Math.floor(from), Math.max(Math.floor(from), Math.ceil(to) - 1)];
  for (let second = first; second <= last; second++) {
    const share = to > from ? Math.max(0, Math.min(to, second + 1) - Math.max(from, second)) / (to - from) : 1;
    const at = Math.min(seconds - 1, Math.max(0, second - scope.startSecond));
    tally.perSecond[at] = (tally.perSecond[at] as number) + count * share;
    tally.failedPerSecond[at] = (tally.failedPerSecond[at] as number) + failed * share;
    tally.unknownPerSecond[at] = (tally.unknownPerSecond[at] as number) + (outcomes.unknown ?? 0) * share;
  }
}

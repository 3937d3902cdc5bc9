import type { Hop } from "../../model/catalog.ts";
import type { CountedSum, SumKey } from "../../model/ledger.ts";
import type { ErrorKind, Outcome } from "../../model/load-outcome.ts";
import type { HistogramView } from "../../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { rankOf } from "../../stats/order-statistics.ts";
import type { EndpointView, RunDigest, ScopeDigest, Stream } from "../digest-types.ts";

/** What is lost for whoever asked. `cut` is not: the end of a run cuts requests off, and a proxy's `cut` is its client's doing. */
const FAILED: readonly Outcome[] = ["http_error", "check_failed", "connection_error", "transfer_error", "timeout", "other_error"];

export function loadOf(digest: RunDigest): ScopeDigest | undefined {
  return digest.scopes[0];
}

export function streamOf(view: EndpointView | undefined, hop: Hop): Stream | undefined {
  const stream = view?.streams.get(hop);
  return stream === undefined || stream.count === 0 ? undefined : stream;
}

/** Where a witness tells successes apart, what it calls `unknown` has failed in a way it does not tell; where it does not, nothing is known. */
export function failedOf({ outcomes }: Pick<Stream, "outcomes">): number {
  const unknown = outcomes.has("ok") ? (outcomes.get("unknown") ?? 0) : 0;
  return FAILED.reduce((sum, outcome) => sum + (outcomes.get(outcome) ?? 0), unknown);
}

export function timeoutsOf(stream: Stream): number {
  return stream.outcomes.get("timeout") ?? 0;
}

export function kindOf(stream: Stream, ...kinds: readonly ErrorKind[]): number {
  return kinds.reduce((sum, kind) => sum + (stream.errorKinds.get(kind) ?? 0), 0);
}

export function statusOf(stream: Stream, ...statuses: readonly number[]): number {
  return statuses.reduce((sum, status) => sum + (stream.statuses.get(status) ?? 0), 0);
}

/** Requests whose status lies in from … to. */
export function statusesFrom(stream: Stream, from: number, to: number): number {
  let sum = 0;
  for (const [status, count] of stream.statuses) if (status >= from && status <= to) sum += count;
  return sum;
}

/** ms after which the client gave up; undefined where no request timed out or nobody told after how long. */
export function timeoutMsOf(stream: Stream): number | undefined {
  // What was due and never sent waited 0 ms.
  const waits = stream.censored.filter(({ atMs, count }) => count > 0 && atMs > 0);
  const total = waits.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  // Requests that were cut off at the end of a run waited for less; the timeout is what most of them have in common.
  let seen = 0;
  for (const { atMs, count } of waits.toSorted((a, b) => a.atMs - b.atMs)) {
    seen += count;
    if (seen * 2 >= total) return atMs;
  }
  return undefined;
}

export function meanOf(sum: CountedSum | undefined): number | undefined {
  return sum === undefined || sum.n === 0 ? undefined : sum.sum / sum.n;
}

export function sumOf(stream: Stream, key: SumKey): number | undefined {
  const found = stream.sums[key];
  return found === undefined || found.n === 0 ? undefined : found.sum;
}

/** ms; undefined for an empty histogram. */
export function quantileOf(histogram: HistogramView | undefined, q: number): number | undefined {
  if (histogram === undefined || histogram.count === 0) return undefined;
  return orderOfHistogram(histogram).at(rankOf(q, histogram.count)).value;
}

export function histogramMean(histogram: HistogramView | undefined): number | undefined {
  return histogram === undefined || histogram.count === 0 || histogram.sum === undefined ? undefined : histogram.sum / histogram.count;
}

/** The longest that anything took at this hop, failed ones too: ms. */
export function slowestOf(stream: Stream): number | undefined {
  const maxima = [stream.latencyOk, stream.latencyFailed].flatMap((histogram) => {
    const max = histogram?.max ?? quantileOf(histogram, 1);
    return max === undefined ? [] : [max];
  });
  return maxima.length === 0 ? undefined : Math.max(...maxima);
}

/** ms and times the 99th percentile: so long does nothing last that is usual. */
const STANDSTILL_MS = 500;
const STANDSTILL_TIMES = 10;

/** ms of the longest answer where it is far beyond all others: something stood still. undefined: nothing of the kind. */
export function standstillOf({ latencyOk }: Pick<Stream, "latencyOk">): number | undefined {
  const [p99, longest] = [quantileOf(latencyOk, 0.99), latencyOk?.max ?? quantileOf(latencyOk, 1)];
  if (p99 === undefined || longest === undefined || longest < STANDSTILL_MS || longest < STANDSTILL_TIMES * p99) return undefined;
  return longest;
}

/** What two honest counts of the same requests may differ by: requests under way at the edges, and one in a thousand. */
export function tolerance(scope: ScopeDigest, count: number): number {
  return Math.max(2, scope.offered.vusMax ?? 0, Math.ceil(count / 1000));
}

/** The first hop that takes connections from the client. */
export function frontOf(digest: RunDigest): Hop {
  return digest.hops.includes("proxy") ? "proxy" : "application";
}

/** The hop that was asked first and told the least of its own: client, else proxy, else application. */
export function outermostOf(view: EndpointView): Stream | undefined {
  return streamOf(view, "client") ?? streamOf(view, "proxy") ?? streamOf(view, "application");
}

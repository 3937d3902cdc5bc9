import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { cellsOf } from "./cell-facts.ts";
import type { RuleFacts } from "./rule.ts";
import { failedOf, loadOf, statusesFrom, streamOf, timeoutMsOf, timeoutsOf, tolerance } from "./stream-facts.ts";
import { unconnectedOf } from "./unconnected.ts";

/** Whether the requests of an endpoint that the client lost had come to the first server. */
export interface Arrival {
  readonly view: EndpointView;
  readonly client: Stream;
  readonly front: Stream;
  /** Lost by the client, other than by a connection that never came about or by an error status. */
  readonly lost: number;
  /** Of these, answered with success by the first server all the same. What it has as 499 or 5xx was lost behind it. */
  readonly undelivered: number;
  /** Sent, less those that never got a connection. */
  readonly sent: number;
  /** sent − arrived; what is within the tolerance is none. */
  readonly missing: number;
  readonly tolerance: number;
  /** Another endpoint of the same script that hardly fails, with as many requests at the client. */
  readonly sibling: { readonly view: EndpointView; readonly client: Stream; readonly front: Stream } | undefined;
  /** s from sending to arrival (to the line in a log without durations), of those that timed out; undefined where it cannot be told. */
  readonly lagSeconds: number | undefined;
  /** s after which the client gave up. */
  readonly waitedSeconds: number | undefined;
}

/** Fewer losses than this say nothing of where they happened. */
const LEAST_LOST = 10;
const FAILS_LESS = 1 / 3;
const FEW = 0.2;

/** Of every endpoint whose requests got lost between client and first server, most losses first. */
export function arrivalsOf(facts: RuleFacts): readonly Arrival[] {
  const load = loadOf(facts.digest);
  if (load === undefined) return [];
  return load.endpoints.flatMap((view) => arrivalOf(facts, load, view)).sort((a, b) => b.lost - a.lost);
}

export function frontStream(view: EndpointView): Stream | undefined {
  const front = streamOf(view, "proxy") ?? streamOf(view, "application");
  return front === undefined || front.isUnsure ? undefined : front;
}

function arrivalOf(facts: RuleFacts, load: ScopeDigest, view: EndpointView): readonly Arrival[] {
  const client = streamOf(view, "client");
  const front = frontStream(view);
  if (client === undefined || front === undefined) return [];
  const { unbegun } = unconnectedOf(facts.ledger, load.scope, client, view.endpoint);
  const lost = timeoutsOf(client) - unbegun + (client.outcomes.get("transfer_error") ?? 0);
  const undelivered = Math.min(lost, answeredBy(front) - (client.outcomes.get("ok") ?? 0));
  if (lost < LEAST_LOST) return [];
  const sent = client.count - (client.outcomes.get("connection_error") ?? 0) - unbegun;
  const waitedMs = timeoutMsOf(client);
  return [
    {
      view,
      client,
      front,
      lost,
      undelivered,
      sent,
      missing: sent - front.count,
      tolerance: tolerance(load, sent),
      sibling: siblingOf(load, view, client),
      lagSeconds: waitedMs === undefined ? undefined : lagOf(facts, load, view, client, front, waitedMs / 1000),
      waitedSeconds: waitedMs === undefined ? undefined : waitedMs / 1000,
    },
  ];
}

/** By status, since a log without times calls an answer that did not get out a success as well. */
function answeredBy(front: Stream): number {
  return front.statuses.size > 0 ? statusesFrom(front, 200, 399) : (front.outcomes.get("ok") ?? 0);
}

function siblingOf(load: ScopeDigest, mine: EndpointView, client: Stream): Arrival["sibling"] {
  const share = failedOf(client) / client.count;
  for (const view of load.endpoints) {
    const other = streamOf(view, "client");
    const front = frontStream(view);
    if (view === mine || other === undefined || front === undefined) continue;
    const isAsMany = Math.abs(other.count - client.count) <= tolerance(load, client.count);
    if (isAsMany && failedOf(other) / other.count <= FAILS_LESS * share) return { view, client: other, front };
  }
  return undefined;
}

/**
 * Mean time from sending to arrival, or to the line in a log that has no durations, of the requests that timed out: the mean moment of all lines less the mean moment of all sendings is
 * the mean lag of all; those that did not time out have theirs from their latency, and what remains belongs to those that did. Seconds are cut
 * off on both sides alike. Only for counts that agree, since otherwise the means are of different requests.
 */
function lagOf(
  { ledger, skew }: RuleFacts,
  { scope }: ScopeDigest,
  view: EndpointView,
  client: Stream,
  front: Stream,
  waited: number,
): number | undefined {
  const timeouts = timeoutsOf(client);
  if (timeouts === 0 || Math.abs(front.count - client.count) > 0.01 * client.count) return undefined;
  // Lines of late arrivals may come after the load's end.
  const wide = { startSecond: scope.startSecond, endSecond: scope.endSecond + Math.ceil(4 * waited) };
  const [atClient, atFront] = [cellsOf(ledger, wide, client, view.endpoint), cellsOf(ledger, wide, front, view.endpoint)];
  let [sentSum, sentCount, okLag, others] = [0, 0, 0, 0];
  for (const { second, count, outcome } of atClient) {
    const took = outcome === "timeout" ? waited : (meanSecondsOf(client) ?? 0);
    sentSum += (second - scope.startSecond - took) * count;
    sentCount += count;
    if (outcome !== "timeout") [okLag, others] = [okLag + took * count, others + count];
  }
  const lines = atFront.reduce((all, { second, count }) => ({ sum: all.sum + (second - scope.startSecond) * count, n: all.n + count }), {
    sum: 0,
    n: 0,
  });
  if (sentCount === 0 || lines.n === 0) return undefined;
  // A log with durations tells when the request came; one without, only when the answer had gone out.
  const held = heldSeconds(front);
  const meanLag = lines.sum / lines.n - (held ?? 0) + offsetSeconds(skew, front) - sentSum / sentCount;
  const rest = held !== undefined || others === 0 ? 0 : okLag / others;
  const lag = (meanLag * sentCount - rest * others) / timeouts;
  // Nothing arrives before it is sent: then clocks or windows do not agree.
  return lag < -1 ? undefined : Math.max(0, lag);
}

/** Mean duration at the front; undefined where some of its requests have none. */
function heldSeconds({ count, latencyOk, latencyFailed }: Stream): number | undefined {
  const parts = [latencyOk, latencyFailed].filter((part) => part !== undefined);
  const told = parts.reduce((sum, part) => sum + part.count, 0);
  const totalMs = parts.reduce((sum, part) => sum + (part.sum ?? Number.NaN), 0);
  return told < 0.99 * count || Number.isNaN(totalMs) ? undefined : totalMs / told / 1000;
}

/** To be added to the front's clock to make it the client's; 0 where nothing is known of it. */
function offsetSeconds(skew: RuleFacts["skew"], { hop }: Stream): number {
  const known = skew.find((reading) => reading.outer === "client" && reading.inner === hop && reading.state !== "drift");
  return known?.lowerMs === undefined || known.upperMs === undefined ? 0 : (known.lowerMs + known.upperMs) / 2000;
}

function meanSecondsOf({ latencyOk }: Stream): number | undefined {
  return latencyOk === undefined || latencyOk.sum === undefined || latencyOk.count === 0 ? undefined : latencyOk.sum / latencyOk.count / 1000;
}

/** Whether they had arrived, and were answered: by the count itself, or by that of the sibling. */
export function hasArrived({ missing, tolerance: allowed, sibling, front, lost, undelivered }: Arrival): boolean {
  if (undelivered < LEAST_LOST) return false;
  // Many virtual users allow a wide tolerance; what is missing by as much as was lost may be what was lost.
  if (Math.abs(missing) <= Math.min(allowed, Math.max(2, FEW * lost))) return true;
  if (undelivered <= allowed) return false;
  return sibling !== undefined && missing <= allowed && Math.abs(front.count - sibling.front.count) <= allowed && lost > 2 * allowed;
}

/**
 * `response`: they had come before the client gave up. `late`: they came after that. undefined: cannot be told.
 * Half a second is what whole seconds leave open.
 */
export function directionOf({ lagSeconds, waitedSeconds }: Arrival): "response" | "late" | undefined {
  if (lagSeconds === undefined || waitedSeconds === undefined || waitedSeconds < 1) return undefined;
  if (lagSeconds <= 0.75 * waitedSeconds) return "response";
  return lagSeconds >= waitedSeconds + 0.5 ? "late" : undefined;
}

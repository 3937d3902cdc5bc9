import type { JoinPart } from "../../model/ledger.ts";
import type { Decomposition } from "../diagnosis.ts";
import type { EndpointView } from "../digest-types.ts";
import { type Mean, negativeNote, noiseMs, Partition } from "./partition.ts";

/** Up to this share of the total the joined requests that lack a part may differ from those that have it. */
const SIMILAR = 0.05;

type Means = { readonly [part in JoinPart]?: Mean };

/**
 * Where the time went, from means over joined requests. Of every request, with c_* the client's, p_* the proxy's times:
 *
 *   total  = blocked + send + wait + receive
 *   wait   = R1 + p_header                       R1 = wait − p_header        (without a proxy: R1 = wait − app, and p_header = app)
 *   p_header = upstream_connect + R3 + app       R3 = p_header − upstream_connect − app
 *   app    = R6 + R4 + calls + store             R4 = app − children − R6, calls = children − store
 *   receive = body + R2 + recv                   body = p_upstream − p_header, R2 = p_total − p_upstream, recv the rest
 *
 * so blocked + send + R1 + upstream_connect + R3 + R6 + R4 + calls + store + body + R2 + recv = total, exactly, whatever the numbers. Where the
 * application's span lasts longer than to its first byte (it streams its body), R3 and body are one part, R3 = p_upstream − upstream_connect − app.
 *
 * The first three parts of `receive` happen at the same time as the client's receiving, seen from the proxy: R2 is what the proxy waited for the
 * client's socket. What reading a large request took is in R2 too. Means add up over the same requests; a part that fewer requests tell (head sampling)
 * stands for all as long as those are similar, and the difference is given as `rest`.
 */
export function decomposeJoins(view: EndpointView, by: Decomposition["by"]): Omit<Decomposition, "scope" | "endpoint"> {
  const means = meansOf(view);
  const partition = new Partition();
  const totalMs = fill(partition, means);
  const n = view.joinedRequests;
  if (totalMs === undefined)
    return { by, n, totalMs: undefined, parts: [], isComplete: false, note: "the joined requests tell no duration as a whole" };
  const restMs = totalMs - partition.sumMs;
  const isRest = Math.abs(restMs) > 1e-9 * Math.max(1, Math.abs(totalMs));
  const notes: string[] = [];
  const allowedMs = Math.max(noiseMs(totalMs), SIMILAR * totalMs);
  if (isRest) {
    partition.add("rest", { ms: restMs, n });
    if (Math.abs(restMs) > allowedMs) notes.push(restNote(partition.parts()));
  }
  const negative = partition.negative(totalMs).filter(({ id }) => id !== "rest");
  notes.push(negativeNote(negative), missingNote(means));
  const isComplete = negative.length === 0 && !(isRest && Math.abs(restMs) > allowedMs);
  return { by, n, totalMs, parts: partition.parts(), isComplete, note: notes.filter((note) => note !== "").join("; ") };
}

function restNote(parts: Decomposition["parts"]): string {
  const isSampled = new Set(parts.map(({ n }) => n)).size > 1;
  return isSampled ? "requests that tell all parts are not like those that tell only some" : "a part of the time is told by no witness";
}

function meansOf({ joins }: EndpointView): Means {
  return Object.fromEntries(Object.entries(joins).flatMap(([part, { n, sum }]) => (n > 0 ? [[part, { ms: sum / n, n }]] : [])));
}

/** Adds the parts; returns the total that they are of. */
function fill(partition: Partition, means: Means): number | undefined {
  const { client_wait: wait, client_recv: receive, client_total: told } = means;
  if (wait === undefined) return told === undefined ? fillServer(partition, means) : fillWhole(partition, means, told);
  partition.add("blocked", means.client_blocked);
  partition.add("send", means.client_send);
  fillWait(partition, means, wait);
  if (receive !== undefined) fillReceive(partition, means, receive);
  const phasesMs = wait.ms + (means.client_blocked?.ms ?? 0) + (means.client_send?.ms ?? 0) + (receive?.ms ?? 0);
  // Generators differ in whether their total begins before or after the connection: never less than its phases.
  return told === undefined ? phasesMs : Math.max(phasesMs, told.ms);
}

/** A client that tells only how long it all took: network is what the next hop did not see. */
function fillWhole(partition: Partition, means: Means, told: Mean): number {
  const inner = means.proxy_total ?? means.app;
  if (inner === undefined) return told.ms;
  partition.add("R1", { ms: told.ms - inner.ms, n: inner.n });
  if (means.proxy_total === undefined) fillApplication(partition, means);
  else fillServer(partition, means);
  return told.ms;
}

/** From the proxy inwards; returns its total. */
function fillServer(partition: Partition, means: Means): number | undefined {
  const { proxy_total: total, proxy_header: header, proxy_upstream: upstream } = means;
  if (total === undefined) {
    fillApplication(partition, means);
    return means.app?.ms;
  }
  if (header !== undefined) fillHeader(partition, means, header);
  else if (upstream !== undefined) partition.add("upstream", upstream);
  if (upstream !== undefined) addBody(partition, means, upstream);
  if (upstream !== undefined) partition.add("R2", difference(total, upstream, means.r2_egress));
  return total.ms;
}

function fillWait(partition: Partition, means: Means, wait: Mean): void {
  const { proxy_header: header, app } = means;
  const inner = header ?? app;
  if (inner === undefined) {
    partition.add("wait", wait);
    return;
  }
  partition.add("R1", difference(wait, inner, means.r1_network));
  if (header === undefined) fillApplication(partition, means);
  else fillHeader(partition, means, header);
}

function fillHeader(partition: Partition, means: Means, header: Mean): void {
  const { proxy_connect: connect, app } = means;
  if (app === undefined) {
    partition.add("upstream_connect", connect);
    partition.add("upstream", { ms: header.ms - (connect?.ms ?? 0), n: header.n });
    return;
  }
  partition.add("upstream_connect", connect);
  const queue = difference(header, app, means.r3_app_queue);
  partition.add("R3", { ms: queue.ms - (connect?.ms ?? 0) + streamedMs(means), n: queue.n });
  fillApplication(partition, means);
}

/** The body's time where the application's span holds it: it is then counted with the queue, and not once more as `body`. */
function streamedMs({ proxy_connect: connect, proxy_header: header, proxy_upstream: upstream, app, r3_app_queue: told }: Means): number {
  if (header === undefined || upstream === undefined || app === undefined) return 0;
  const queueMs = difference(header, app, told).ms - (connect?.ms ?? 0);
  return queueMs < -noiseMs(app.ms) ? upstream.ms - header.ms : 0;
}

function addBody(partition: Partition, means: Means, upstream: Mean): void {
  const { proxy_header: header } = means;
  if (header === undefined || streamedMs(means) !== 0) return;
  partition.add("body", { ms: upstream.ms - header.ms, n: Math.min(upstream.n, header.n) });
}

function fillApplication(partition: Partition, means: Means): void {
  const { app, app_children: children, store, permit_wait: permit } = means;
  if (app === undefined) return;
  if (children === undefined && permit === undefined && store === undefined) {
    partition.add("app", app);
    return;
  }
  const childMs = children?.ms ?? store?.ms ?? 0;
  const selfMs = means.r4_app_self?.ms ?? app.ms - childMs;
  const permitMs = permit?.ms ?? 0;
  // The wait is a span of its own among the children, or it is in the application's own time.
  const isChild = permitMs > selfMs + noiseMs(app.ms) && childMs - (store?.ms ?? 0) >= permitMs - noiseMs(app.ms);
  partition.add("R6", permit);
  partition.add("R4", { ms: isChild ? selfMs : selfMs - permitMs, n: means.r4_app_self?.n ?? app.n });
  partition.add("store", store);
  const callsMs = childMs - (store?.ms ?? 0) - (isChild ? permitMs : 0);
  if (children !== undefined && Math.abs(callsMs) > 1e-9) partition.add("calls", { ms: callsMs, n: children.n });
}

function fillReceive(partition: Partition, means: Means, receive: Mean): void {
  const { proxy_total: total, proxy_header: header, proxy_upstream: upstream } = means;
  if (total === undefined || header === undefined || upstream === undefined) {
    partition.add("receive", receive);
    return;
  }
  const egress = difference(total, upstream, means.r2_egress);
  const bodyMs = upstream.ms - header.ms;
  addBody(partition, means, upstream);
  partition.add("R2", egress);
  partition.add("recv", { ms: receive.ms - egress.ms - bodyMs, n: receive.n });
}

/** The residual that was told per request, else the difference of the means. */
function difference(outer: Mean, inner: Mean, told: Mean | undefined): Mean {
  return told ?? { ms: outer.ms - inner.ms, n: Math.min(outer.n, inner.n) };
}

function missingNote({ client_wait: wait, proxy_header: header, app }: Means): string {
  const missing = [
    wait === undefined ? "the client's phases" : "",
    header === undefined ? "the proxy's times" : "",
    app === undefined ? "the application's spans" : "",
  ];
  const named = missing.filter((name) => name !== "");
  return named.length === 0 ? "" : `not among the joined: ${named.join(", ")}`;
}

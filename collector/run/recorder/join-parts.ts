import type { ClockPair, JoinPart } from "../../model/ledger.ts";
import type { Outcome } from "../../model/load-outcome.ts";
import type { LoadRequest } from "../../model/load-record.ts";
import { msFromUnixNano } from "../../model/time.ts";
import { criticalPath } from "./critical-path.ts";
import type { JoinedRequest, JoinSpan } from "./join-entry.ts";
import { numberAt } from "./read-value.ts";
import { totalOf } from "./upstream-times.ts";

export type PartTimes = { [part in JoinPart]?: number };

/** What the run as a whole has shown of hops that may be silent about this request. */
export interface KnownHops {
  /** A proxy stands between client and application: what lies between those two is then not the network. */
  readonly hasProxy: boolean;
  /** Calls of the store are told: a request without one made none. Else nobody knows. */
  readonly hasStore: boolean;
}

/** Attributes under which servers say how long a request waited for its permit, in ms; the first is the one of the instrumentation kit, which never lets one wait. */
const PERMIT_WAIT_KEYS = ["permit_wait_ms", "request_permit.wait_ms", "genarrative.http.server.request_permits.wait_ms"] as const;

/**
 * The times of one request that several hops saw, in ms, as JOIN_PARTS has them. A part that needs two hops is there only where both told of
 * this request.
 */
export function partsOf(joined: JoinedRequest, { hasProxy, hasStore }: KnownHops): PartTimes {
  const parts: PartTimes = {};
  if (joined.client !== undefined) addClient(parts, joined.client.request);
  if (joined.proxy !== undefined) addProxy(parts, joined.proxy.request);
  else if (joined.proxySpan !== undefined) parts.proxy_total = lengthOf(joined.proxySpan);
  if (joined.app !== undefined) addApp(parts, joined.app, joined.spans, hasStore);
  const isProxied = joined.proxy !== undefined || joined.proxySpan !== undefined || hasProxy;
  setDifference(parts, "r1_network", parts.client_wait, isProxied ? parts.proxy_header : parts.app);
  setDifference(parts, "r2_egress", parts.proxy_total, parts.proxy_upstream);
  // Of several tries nobody tells which one the span belongs to.
  if (joined.proxy?.request.proxy?.tries.length === 1) setDifference(parts, "r3_app_queue", parts.proxy_header, parts.app);
  setDifference(parts, "r4_app_self", parts.app, parts.app_children);
  return parts;
}

function addClient(parts: PartTimes, { durationMs, durationMeans, phases }: LoadRequest): void {
  const { blocked, send, wait, recv } = phases;
  set(parts, "client_blocked", blocked);
  set(parts, "client_send", send);
  set(parts, "client_wait", wait);
  set(parts, "client_recv", recv);
  if (durationMs === undefined) return;
  parts.client_total = durationMs + (durationMeans === "send_to_last_byte" ? (blocked ?? 0) : 0);
}

function addProxy(parts: PartTimes, { durationMs, proxy }: LoadRequest): void {
  set(parts, "proxy_total", durationMs);
  const tries = proxy?.tries ?? [];
  const last = tries.at(-1);
  if (last === undefined) return;
  set(parts, "proxy_connect", totalOf(tries, "connectMs"));
  set(parts, "proxy_upstream", totalOf(tries, "responseMs"));
  // The first byte came from the last try; the whole of those before it went by first.
  if (last.headerMs !== undefined) parts.proxy_header = (totalOf(tries.slice(0, -1), "responseMs") ?? 0) + last.headerMs;
}

function addApp(parts: PartTimes, app: JoinSpan, spans: readonly JoinSpan[], hasStore: boolean): void {
  const { childrenMs, storeMs } = criticalPath(app, spans);
  parts.app = lengthOf(app);
  parts.app_children = childrenMs;
  if (hasStore) {
    parts.store = storeMs;
    parts.store_calls = spans.filter(({ isStore }) => isStore).length;
  }
  for (const key of PERMIT_WAIT_KEYS) {
    const ms = numberAt(app.attributes, key);
    if (ms !== undefined && ms >= 0) parts.permit_wait = ms;
  }
}

const SAW_THE_END: ReadonlySet<Outcome> = new Set(["ok", "http_error", "check_failed"]);

/** The same request by the clocks of two hops; empty where a stamp is too coarse to order anything. */
export function clockPairsOf({ client, proxy, app }: JoinedRequest): readonly ClockPair[] {
  // Who gave up did not see the end that the others saw.
  const outer = client !== undefined && SAW_THE_END.has(client.request.outcome) ? timesOfRequest(client.request) : undefined;
  const middle = proxy && timesOfRequest(proxy.request);
  const inner = app && { startMs: app.startMs, endMs: app.endMs };
  const pairs: ClockPair[] = [];
  if (outer && middle) pairs.push(pairOf("client", outer, "proxy", middle));
  if (middle && inner) pairs.push(pairOf("proxy", middle, "application", inner));
  if (outer && inner) pairs.push(pairOf("client", outer, "application", inner));
  return pairs;
}

interface Times {
  readonly startMs: number;
  readonly endMs: number;
}

/** Above this step the second in which something happened is all that is known. */
const FINEST_COARSE_STEP_MS = 100;

function timesOfRequest({ startUnixNano, endUnixNano, stampStepMs }: LoadRequest): Times | undefined {
  if (startUnixNano === undefined || endUnixNano === undefined || stampStepMs >= FINEST_COARSE_STEP_MS) return undefined;
  return { startMs: msFromUnixNano(startUnixNano), endMs: msFromUnixNano(endUnixNano) };
}

function pairOf(outer: ClockPair["outer"], out: Times, inner: ClockPair["inner"], within: Times): ClockPair {
  return { outer, inner, outerStartMs: out.startMs, outerEndMs: out.endMs, innerStartMs: within.startMs, innerEndMs: within.endMs };
}

function lengthOf({ startMs, endMs }: Times): number {
  return Math.max(0, endMs - startMs);
}

function set(parts: PartTimes, part: JoinPart, ms: number | undefined): void {
  if (ms !== undefined && Number.isFinite(ms)) parts[part] = ms;
}

function setDifference(parts: PartTimes, part: JoinPart, outer: number | undefined, inner: number | undefined): void {
  if (outer !== undefined && inner !== undefined) parts[part] = outer - inner;
}

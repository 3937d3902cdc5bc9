import type { CountedSum, JoinPart, SumKey } from "../../model/ledger.ts";
import type { Decomposition } from "../diagnosis.ts";
import { meanDurationMs } from "../digest/stream.ts";
import type { EndpointView, Stream } from "../digest-types.ts";
import { decomposeJoins } from "./decompose-joins.ts";

type Parts = { [part in JoinPart]?: CountedSum };

/** Up to this share two hops may have counted differently and still mean the same requests. */
const SAME = 0.01;
/** Requests at the edges of a window, in any case. */
const SAME_REQUESTS = 2;

/**
 * The same parts from each hop's own means. Those may be taken off one another only where both are of the same requests, which equal counts make likely; a hop
 * that counted others is left out. Failed requests are in the means, as witnesses do not sum up their phases by outcome.
 *
 * undefined: neither client, proxy nor application tells any time.
 */
export function decomposeAggregate(view: EndpointView): Omit<Decomposition, "scope" | "endpoint"> | undefined {
  const parts: Parts = {};
  const left: string[] = [];
  const outer = addClient(parts, view.streams.get("client"));
  const middle = addProxy(parts, view.streams.get("proxy"), outer, left);
  const inner = addApplication(parts, view.streams.get("application"), middle ?? outer, left);
  const n = outer ?? middle ?? inner;
  if (n === undefined) return undefined;
  if (view.endpoint === "" && inner !== undefined) addStore(parts, view.streams.get("store"), inner);
  const found = decomposeJoins({ ...view, joins: parts, joinedRequests: n }, "aggregate");
  const notes = ["means of all requests, failed ones too, each hop by itself", ...left];
  const missing = found.note.replace("not among the joined", "not told");
  return { ...found, isComplete: found.isComplete && left.length === 0, note: [...notes, missing].filter((note) => note !== "").join("; ") };
}

/** Returns of how many requests the client's times are. */
function addClient(parts: Parts, client: Stream | undefined): number | undefined {
  if (client === undefined) return undefined;
  const wait = told(client, "wait");
  if (wait !== undefined) {
    set(parts, "client_wait", wait);
    for (const phase of ["blocked", "send", "recv"] as const) {
      const sum = told(client, phase);
      if (sum !== undefined && isSame(sum.n, wait.n)) set(parts, `client_${phase}`, sum);
    }
    return wait.n;
  }
  const whole = durations(client);
  set(parts, "client_total", whole);
  return whole?.n;
}

function addProxy(parts: Parts, proxy: Stream | undefined, outer: number | undefined, left: string[]): number | undefined {
  if (proxy === undefined) return undefined;
  const total = durations(proxy);
  const sums = [
    ["proxy_total", total],
    ["proxy_connect", told(proxy, "upstream_connect")],
    ["proxy_header", told(proxy, "upstream_header")],
    ["proxy_upstream", told(proxy, "upstream_response")],
  ] as const;
  const n = told(proxy, "upstream_header")?.n ?? total?.n;
  if (n === undefined) return undefined;
  if (outer !== undefined && !isSame(n, outer)) {
    left.push("the proxy's times are of other requests than the client's and are left out");
    return undefined;
  }
  for (const [part, sum] of sums) if (sum !== undefined && isSame(sum.n, n)) set(parts, part, sum);
  return n;
}

function addApplication(parts: Parts, application: Stream | undefined, outer: number | undefined, left: string[]): number | undefined {
  const whole = application === undefined || application.isUnsure ? undefined : durations(application);
  if (whole === undefined) return undefined;
  if (outer !== undefined && !isSame(whole.n, outer)) {
    left.push("the application's times are of other requests and are left out");
    return undefined;
  }
  set(parts, "app", whole);
  return whole.n;
}

/** Calls may overlap, so that their sum is no share of the request any more: told only while it fits. */
function addStore(parts: Parts, store: Stream | undefined, requests: number): void {
  const calls = store === undefined || store.isUnsure ? undefined : durations(store);
  const app = parts.app;
  if (calls === undefined || app === undefined || calls.sum > app.sum) return;
  const perRequest = { n: requests, sum: calls.sum };
  set(parts, "store", perRequest);
  set(parts, "app_children", perRequest);
}

function durations({ latencyOk, latencyFailed }: Stream): CountedSum | undefined {
  const n = (latencyOk?.count ?? 0) + (latencyFailed?.count ?? 0);
  const mean = meanDurationMs({ latencyOk, latencyFailed });
  return mean === undefined || n === 0 ? undefined : { n, sum: mean * n };
}

function told({ sums }: Stream, key: SumKey): CountedSum | undefined {
  const sum = sums[key];
  return sum === undefined || sum.n === 0 ? undefined : sum;
}

function set(parts: Parts, part: JoinPart, sum: CountedSum | undefined): void {
  if (sum !== undefined) parts[part] = sum;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(SAME_REQUESTS, SAME * Math.max(a, b));
}

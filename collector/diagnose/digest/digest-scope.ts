import type { Hop } from "../../model/catalog.ts";
import type { CountSource, RunLedger } from "../../model/ledger.ts";
import type { EndpointView, OfferedLoad, Scope, ScopeDigest, Stream } from "../digest-types.ts";
import { type AggregateTally, aggregateTallies } from "./aggregate-tallies.ts";
import { sourcesInOrder } from "./choose-source.ts";
import { clientOmission, closedWorkers, correctionOf } from "./client-omission.ts";
import type { Tallies } from "./collect-cells.ts";
import { countedEndpoints } from "./counted-endpoints.ts";
import type { Seconds } from "./gauge-sums.ts";
import { joinsOf } from "./joins-of.ts";
import { offeredLoad } from "./offered-load.ts";
import type { LoadWindow } from "./scopes.ts";
import { durationMeansOf, streamOf } from "./stream.ts";
import { Tally } from "./tally.ts";

/** Requests of the whole load by hop and endpoint, by source: filled by the first scope, read by the others. */
export type LoadCounts = Map<string, ReadonlyMap<CountSource, number>>;

export interface ScopeQuestion {
  readonly scope: Scope;
  readonly tallies: Tallies;
  readonly window: LoadWindow;
  readonly loadCounts: LoadCounts;
}

/** Share of a count that its finer witness must have measured, for its latencies to stand for all. */
const NEARLY_ALL = 0.98;

export function digestScope(ledger: RunLedger, question: ScopeQuestion): ScopeDigest {
  const { scope, tallies, window } = question;
  const seconds = loadSeconds(scope, window);
  const sums = tallies.has("client") || isClientCounted(ledger) ? [] : aggregateTallies(ledger, scope);
  const counted = countedEndpoints(tallies);
  const chosen = new Map<string, Map<Hop, Tally>>();
  for (const [hop, byEndpoint] of tallies) {
    for (const [endpoint, bySource] of byEndpoint) put(chosen, endpoint, hop, bestOf(question, hop, endpoint, bySource));
    put(chosen, "", hop, bestOf(question, hop, "", sumBySource(byEndpoint, counted.get(hop), scope)));
  }
  for (const { endpoint, tally } of merged(sums)) put(chosen, endpoint, "client", tally);
  const total = chosen.get("")?.get("client");
  const offered = offeredLoad(ledger, seconds, total === undefined ? undefined : plainStream(total));
  const workers = total === undefined ? undefined : closedWorkers(ledger, seconds, offered, total);
  const client = { total, sums, offered, workers };
  const views = [...chosen].map(([endpoint, byHop]) => {
    const streams = new Map<Hop, Stream>();
    for (const [hop, tally] of byHop) streams.set(hop, hop === "client" ? clientStream(ledger, tally, client) : innerStream(ledger, hop, tally));
    return viewOf(ledger, endpoint, streams, scope);
  });
  const totalView = views.find(({ endpoint }) => endpoint === "") ?? viewOf(ledger, "", new Map(), scope);
  return { scope, total: totalView, endpoints: inOrder(views), offered };
}

function isClientCounted({ cells }: RunLedger): boolean {
  return cells.some(({ hop }) => hop === "client");
}

/** The scope without the seconds in which only the last answers were waited for. */
function loadSeconds(scope: Scope, window: LoadWindow): Seconds {
  return scope.phase === undefined ? { startSecond: window.startSecond, endSecond: window.endSecond } : scope;
}

function put(chosen: Map<string, Map<Hop, Tally>>, endpoint: string, hop: Hop, tally: Tally | undefined): void {
  if (tally === undefined || tally.count === 0) return;
  const byHop = chosen.get(endpoint) ?? new Map<Hop, Tally>();
  byHop.set(hop, tally);
  chosen.set(endpoint, byHop);
}

/** The tally that counts, with the latencies of a finer one where that measured nearly all of the same requests. */
function bestOf({ scope, loadCounts }: ScopeQuestion, hop: Hop, endpoint: string, bySource: ReadonlyMap<CountSource, Tally>): Tally | undefined {
  const counts = new Map([...bySource].map(([source, { count }]) => [source, count] as const));
  const key = `${hop} ${endpoint}`;
  const isWholeLoad = scope.phase === undefined;
  if (isWholeLoad) loadCounts.set(key, counts);
  const [best, ...others] = sourcesInOrder({ hop, counts, loadCounts: loadCounts.get(key) ?? counts, isWholeLoad });
  const tally = best === undefined ? undefined : bySource.get(best);
  if (tally === undefined || (tally.latencyOk !== undefined && tally.latencyOk.edges === undefined)) return tally;
  const finer = others.map((source) => bySource.get(source) as Tally).find((other) => isFiner(other, tally));
  if (finer === undefined) return tally;
  const copy = new Tally(tally.source, tally.perSecond.length);
  copy.merge(tally);
  copy.latencyOk = finer.latencyOk;
  copy.latencyFailed = finer.latencyFailed;
  return copy;
}

function isFiner({ source, latencyOk }: Tally, than: Tally): boolean {
  if (source === "spans" || latencyOk === undefined || latencyOk.edges !== undefined) return false;
  return latencyOk.count >= NEARLY_ALL * (than.outcomes.get("ok") ?? than.count);
}

function sumBySource(
  byEndpoint: ReadonlyMap<string, ReadonlyMap<CountSource, Tally>>,
  counted: ReadonlySet<string> | undefined,
  scope: Scope,
): ReadonlyMap<CountSource, Tally> {
  const total = new Map<CountSource, Tally>();
  for (const [endpoint, bySource] of byEndpoint) {
    if (counted !== undefined && !counted.has(endpoint)) continue;
    for (const [source, tally] of bySource) {
      const sum = total.get(source) ?? new Tally(source, Math.max(0, scope.endSecond - scope.startSecond));
      sum.merge(tally);
      total.set(source, sum);
    }
  }
  return total;
}

/** Sums of several generators, by endpoint; the total is their own where they give one, else that of the endpoints. */
function merged(sums: readonly AggregateTally[]): readonly { readonly endpoint: string; readonly tally: Tally }[] {
  const byEndpoint = new Map<string, Tally>();
  const add = (endpoint: string, tally: Tally) => {
    const sum = byEndpoint.get(endpoint) ?? new Tally("metrics", tally.perSecond.length);
    sum.merge(tally);
    byEndpoint.set(endpoint, sum);
  };
  const withTotal = new Set(sums.filter(({ endpoint }) => endpoint === "").map(({ witness }) => witness));
  for (const { endpoint, witness, tally } of sums) {
    add(endpoint, tally);
    if (endpoint !== "" && !withTotal.has(witness)) add("", tally);
  }
  return [...byEndpoint].map(([endpoint, tally]) => ({ endpoint, tally }));
}

interface ClientFacts {
  readonly total: Tally | undefined;
  readonly sums: readonly AggregateTally[];
  readonly offered: OfferedLoad;
  readonly workers: number | undefined;
}

function clientStream(ledger: RunLedger, tally: Tally, { total, sums, offered, workers }: ClientFacts): Stream {
  const told = sums.find(({ witness }) => tally.witnesses.has(witness));
  const correction = told === undefined ? correctionOf(ledger, tally.witnesses) : told.correction;
  const { iterations = 0, droppedIterations = 0 } = offered;
  const share = total === undefined || total.count === 0 ? 0 : tally.count / total.count;
  const dropped = iterations > 0 ? Math.round(droppedIterations * (offered.requestsPerIteration ?? 1) * share) : 0;
  return streamOf(tally, {
    hop: "client",
    durationMeans: told?.means ?? durationMeansOf(ledger, "client", tally.witnesses),
    omission: clientOmission(tally, correction, offered, workers),
    dropped,
  });
}

/** Servers measure what arrives; whether that is all that should have arrived only the client can say. */
function innerStream(ledger: RunLedger, hop: Hop, tally: Tally): Stream {
  return streamOf(tally, { hop, durationMeans: durationMeansOf(ledger, hop, tally.witnesses), omission: "unknown", dropped: 0 });
}

function plainStream(tally: Tally): Stream {
  return streamOf(tally, { hop: "client", durationMeans: "unknown", omission: "unknown", dropped: 0 });
}

function viewOf(ledger: RunLedger, endpoint: string, streams: ReadonlyMap<Hop, Stream>, scope: Scope): EndpointView {
  const named = ledger.endpoints.filter(({ canonical }) => canonical === endpoint);
  const names = endpoint === "" ? [] : [...new Set(named.map(({ name }) => name))];
  return { endpoint, by: endpoint === "" ? "none" : bestNaming(named.map(({ by }) => by)), names, streams, ...joinsOf(ledger, endpoint, scope) };
}

const NAMINGS = ["route", "rule", "joined", "name", "matched", "template", "none"] as const;

/** The surest of the ways in which witnesses came to one name. */
function bestNaming(by: readonly string[]): string {
  return NAMINGS.find((naming) => by.includes(naming)) ?? "none";
}

/** What the client or the proxy asked for first, most requests first; where neither was heard, what the application served; then the store's operations. */
function inOrder(views: readonly EndpointView[]): readonly EndpointView[] {
  const named = views.filter(({ endpoint, streams }) => endpoint !== "" || streams.size === 0);
  const askers: readonly Hop[] = ["client", "proxy"];
  const isAsked = ({ streams }: EndpointView) => askers.some((hop) => streams.has(hop));
  const some = named.some(isAsked) ? named.filter(isAsked) : named.filter(({ streams }) => streams.has("application"));
  const operations = named.filter(({ streams }) => streams.has("store") && streams.size === 1);
  const most = ({ streams }: EndpointView) => Math.max(0, ...[...streams.values()].map(({ count }) => count));
  const sorted = (group: readonly EndpointView[]) => group.filter(({ endpoint }) => endpoint !== "").toSorted((a, b) => most(b) - most(a));
  return [...sorted(some), ...sorted(operations)];
}

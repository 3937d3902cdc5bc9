import { JOIN_PARTS, type LedgerJoin } from "../../model/ledger.ts";
import type { LoadRequest } from "../../model/load-record.ts";
import { cutText } from "./cut-text.ts";
import { type JoinEntry, type JoinedRequest, type JoinSpan, joinedRequest } from "./join-entry.ts";
import { partsOf } from "./join-parts.ts";
import { BARE_WEIGHT, heldRequest, heldSpan } from "./join-weight.ts";
import type { LossTally } from "./loss-tally.ts";
import { countedSums } from "./open-cell.ts";
import type { RecorderLimits } from "./recorder-limits.ts";
import { isFailure } from "./recorder-parts.ts";

/** A request of which all have told is held back so long, for spans that stand in a later batch. */
const SETTLE_MS = 2000;
/** Clients and proxies of one id: more than a few are an id that is not one. */
const MAX_REQUESTS_PER_ENTRY = 16;
const MAX_ID_CHARACTERS = 128;
/** So much room each request that waits has on the average (itself at two hops and five spans weigh about that); heavier ones leave place for fewer. */
const MEAN_WEIGHT = 5000;
const MAX_WEIGHT = 256_000_000;

type Heard = "client" | "proxy" | "app";

interface Row {
  readonly second: number;
  readonly endpoint: number;
  readonly by: "trace" | "request";
  readonly pairs: Float64Array;
  readonly failed: boolean;
  count: number;
}

type JoinLimits = Pick<RecorderLimits, "pendingJoins" | "joinWaitMs" | "spansPerTrace" | "aheadMs">;

/**
 * Puts together what client, proxy, application and store saw of one request, by its trace id, or by its request id where there is none. A
 * request leaves when all hops that give ids have told of it, or after `joinWaitMs`; the oldest first when there are too many.
 */
export class JoinTable {
  readonly #limits: JoinLimits;
  readonly #losses: LossTally;
  readonly #arrivedMs: () => number;
  readonly #left: (joined: JoinedRequest) => void;
  readonly #byTrace = new Map<string, JoinEntry>();
  readonly #byRequest = new Map<string, JoinEntry>();
  /** In the order of their arrival. */
  readonly #entries = new Set<JoinEntry>();
  readonly #heard = new Set<Heard>();
  #hasProxy = false;
  #hasStore = false;
  /** Whether any witness tells requests apart by a request id alone; till then those of spans and logs need no keeping. */
  #hasRequestIds = false;
  #rows = new Map<string, Row>();
  #weight = 0;

  constructor(options: {
    readonly limits: JoinLimits;
    readonly losses: LossTally;
    readonly arrivedMs: () => number;
    /** Told of every request that leaves. */
    readonly left: (joined: JoinedRequest) => void;
  }) {
    this.#limits = options.limits;
    this.#losses = options.losses;
    this.#arrivedMs = options.arrivedMs;
    this.#left = options.left;
  }

  addRequest(hop: "client" | "proxy", witness: string, request: LoadRequest, endpoint: number, endMs: number): void {
    if (hop === "proxy") this.#hasProxy = true;
    const requestId = request.requestId;
    const traceId = usableId(request.traceId);
    if (traceId === "" && requestId === "") {
      // Alone it can still be one of the slowest, or one that failed.
      const alone = { hop, witness, request, endpoint, endMs } as const;
      const [client, proxy] = hop === "client" ? [alone, undefined] : [undefined, alone];
      this.#left({ traceId: "", by: "trace", client, proxy, app: undefined, proxySpan: undefined, spans: [], isAmbiguous: false });
      return;
    }
    this.#heard.add(hop);
    if (traceId === "") this.#hasRequestIds = true;
    const entry = this.#entry(traceId, requestId);
    const list = hop === "client" ? entry.clients : entry.proxies;
    if (list.length >= MAX_REQUESTS_PER_ENTRY) {
      this.#losses.detail("traces", "requests of one id: more than a request has");
      return;
    }
    const { held, weight } = heldRequest({ hop, witness, request, endpoint, endMs });
    list.push(held);
    this.#weigh(entry, weight);
  }

  addSpan(traceId: string, requestId: string, span: JoinSpan): void {
    if (usableId(traceId) === "") return;
    if (span.isServer && span.hop === "application") this.#heard.add("app");
    if (span.isServer && span.hop === "proxy") this.#hasProxy = true;
    if (span.isStore) this.#hasStore = true;
    const entry = this.#entry(traceId, this.#hasRequestIds ? requestId : "");
    if (entry.spans.length >= this.#limits.spansPerTrace) {
      this.#losses.detail("traces", "spans of one trace: too many");
      return;
    }
    const { held, weight } = heldSpan(span);
    entry.spans.push(held);
    this.#weigh(entry, weight);
  }

  /** A log record that has both ids says that they are of one request. */
  link(traceId: string, requestId: string): void {
    if (traceId === "" || requestId === "" || !this.#hasRequestIds) return;
    if (this.#byRequest.has(requestId) || this.#byTrace.has(traceId)) this.#entry(traceId, requestId);
  }

  /** Lets those go that are complete or have waited long enough; all of them at the end. */
  settle(isEnd: boolean): void {
    const nowMs = this.#arrivedMs();
    for (const entry of this.#entries) {
      // A clock that was set back must not keep them.
      const isOver = isEnd || Math.abs(nowMs - entry.firstMs) >= this.#limits.joinWaitMs;
      if (isOver || (Math.abs(nowMs - entry.lastMs) >= SETTLE_MS && this.#isComplete(entry))) this.#leave(entry);
    }
  }

  /** Sums since the last call. */
  takeRows(): readonly LedgerJoin[] {
    const rows = [...this.#rows.values()].map(({ second, endpoint, by, pairs, count, failed }) => ({
      second,
      endpoint,
      by,
      parts: countedSums(JOIN_PARTS, pairs),
      count,
      ...(failed ? { failed } : {}),
    }));
    this.#rows = new Map();
    return rows;
  }

  get pending(): number {
    return this.#entries.size;
  }

  #entry(traceId: string, requestId: string): JoinEntry {
    const nowMs = this.#arrivedMs();
    const request = cutText(requestId, MAX_ID_CHARACTERS);
    const byTrace = traceId === "" ? undefined : this.#byTrace.get(traceId);
    const byRequest = request === "" ? undefined : this.#byRequest.get(request);
    let entry = byTrace ?? byRequest;
    if (byTrace !== undefined && byRequest !== undefined && byTrace !== byRequest) this.#merge(byTrace, byRequest);
    if (entry === undefined) {
      if (this.#entries.size >= this.#limits.pendingJoins) this.#evict();
      entry = { traceId, requestId: request, firstMs: nowMs, lastMs: nowMs, weight: 0, clients: [], proxies: [], spans: [] };
      this.#entries.add(entry);
      this.#weigh(entry, BARE_WEIGHT);
    }
    if (traceId !== "" && byTrace === undefined && (entry.traceId === "" || entry.traceId === traceId)) {
      entry.traceId = traceId;
      this.#byTrace.set(traceId, entry);
    }
    if (request !== "" && byRequest === undefined && (entry.requestId === "" || entry.requestId === request)) {
      entry.requestId = request;
      this.#byRequest.set(request, entry);
    }
    entry.lastMs = nowMs;
    return entry;
  }

  #merge(into: JoinEntry, from: JoinEntry): void {
    this.#move(from.clients, into.clients, MAX_REQUESTS_PER_ENTRY, "requests of one id: more than a request has");
    this.#move(from.proxies, into.proxies, MAX_REQUESTS_PER_ENTRY, "requests of one id: more than a request has");
    this.#move(from.spans, into.spans, this.#limits.spansPerTrace, "spans of one trace: too many");
    into.firstMs = Math.min(into.firstMs, from.firstMs);
    this.#forget(from);
    into.weight += from.weight;
    this.#weight += from.weight;
    if (into.requestId === "") into.requestId = from.requestId;
    if (into.requestId !== "") this.#byRequest.set(into.requestId, into);
  }

  #move<Told>(from: readonly Told[], into: Told[], limit: number, reason: string): void {
    const moved = from.slice(0, Math.max(0, limit - into.length));
    into.push(...moved);
    this.#losses.detail("traces", reason, from.length - moved.length);
  }

  /** The one that grows stays; the oldest of the others make room for it. */
  #weigh(entry: JoinEntry, weight: number): void {
    entry.weight += weight;
    this.#weight += weight;
    while (this.#weight > Math.min(this.#limits.pendingJoins * MEAN_WEIGHT, MAX_WEIGHT) && this.#entries.size > 1) {
      // Put behind the others once, so that it is not its own oldest.
      const [oldest] = this.#entries;
      if (oldest !== entry) this.#evict();
      else {
        this.#entries.delete(entry);
        this.#entries.add(entry);
      }
    }
  }

  #evict(): void {
    const [oldest] = this.#entries;
    if (oldest === undefined) return;
    // Where one hop alone gives ids there is nothing that it could have been joined to.
    if (this.#heard.size > 1) this.#losses.detail("traces", "requests let go before all hops had told of them: too many at once");
    this.#leave(oldest);
  }

  /** All hops that give ids have told of it. What one hop alone has told is never complete: the others may only begin to speak. */
  #isComplete({ clients, proxies, spans }: JoinEntry): boolean {
    const isServed = spans.some(({ isServer, hop }) => isServer && hop === "application");
    const told = Number(clients.length > 0) + Number(proxies.length > 0) + Number(isServed);
    return told > 1 && told >= this.#heard.size;
  }

  #leave(entry: JoinEntry): void {
    this.#forget(entry);
    const joined = joinedRequest(entry);
    this.#add(joined);
    this.#left(joined);
  }

  #forget(entry: JoinEntry): void {
    if (this.#entries.delete(entry)) this.#weight -= entry.weight;
    if (this.#byTrace.get(entry.traceId) === entry) this.#byTrace.delete(entry.traceId);
    if (this.#byRequest.get(entry.requestId) === entry) this.#byRequest.delete(entry.requestId);
  }

  #add(joined: JoinedRequest): void {
    const { client, proxy, app, proxySpan, by, isAmbiguous } = joined;
    if (isAmbiguous) {
      this.#losses.detail("traces", "requests that share one id could not be told apart");
      return;
    }
    const told = [client, proxy ?? proxySpan, app].filter((part) => part !== undefined);
    // Where nobody outside gives ids, the application's own times are all there is; elsewhere they would be of other requests than the rest.
    const isAppAlone = app !== undefined && told.length === 1 && !this.#heard.has("client") && !this.#heard.has("proxy");
    const outermost = told[0];
    if (outermost === undefined || (told.length < 2 && !isAppAlone) || outermost.endpoint < 0) return;
    const row = this.#row(this.#secondOf(outermost.endMs), outermost.endpoint, by, isFailure("request" in outermost ? outermost.request : outermost));
    row.count++;
    const parts = partsOf(joined, { hasProxy: this.#hasProxy, hasStore: this.#hasStore });
    JOIN_PARTS.forEach((part, index) => {
      const value = parts[part];
      if (value === undefined) return;
      row.pairs[index * 2] = (row.pairs[index * 2] as number) + 1;
      row.pairs[index * 2 + 1] = (row.pairs[index * 2 + 1] as number) + value;
    });
  }

  /** As `secondAt` has it for the cells of the same requests. */
  #secondOf(endMs: number): number {
    const nowMs = this.#arrivedMs();
    return Math.floor((endMs - nowMs <= this.#limits.aheadMs ? endMs : nowMs) / 1000);
  }

  #row(second: number, endpoint: number, by: "trace" | "request", failed: boolean): Row {
    const key = `${second} ${endpoint} ${by} ${failed}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row: Row = { second, endpoint, by, failed, pairs: new Float64Array(JOIN_PARTS.length * 2), count: 0 };
    this.#rows.set(key, row);
    return row;
  }
}

/** Ids of any length are nobody's trace. */
function usableId(traceId: string): string {
  return traceId.length <= MAX_ID_CHARACTERS ? traceId : "";
}

import type { Attributes } from "../../model/attributes.ts";
import type { Hop } from "../../model/catalog.ts";
import type { ErrorKind, Outcome } from "../../model/load-outcome.ts";
import type { LoadRequest } from "../../model/load-record.ts";
import type { PathSpan } from "./critical-path.ts";

/** A request as a client or proxy saw it. */
export interface JoinRequest {
  readonly hop: "client" | "proxy";
  readonly witness: string;
  readonly request: LoadRequest;
  readonly endpoint: number;
  readonly endMs: number;
}

/** A span of the request's trace. */
export interface JoinSpan extends PathSpan {
  /** `application` for all that is neither a proxy's nor a call of the store. */
  readonly hop: Hop;
  readonly witness: string;
  readonly name: string;
  /** Whether it serves a request: OTLP kind 2. */
  readonly isServer: boolean;
  /** Of a span that serves requests or calls the store, else −1. */
  readonly endpoint: number;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  readonly attributes: Attributes;
}

/** What the witnesses have told so far of one request. */
export interface JoinEntry {
  traceId: string;
  requestId: string;
  firstMs: number;
  lastMs: number;
  /** Of all that it holds, in characters. */
  weight: number;
  /** More than one: a retry, a redirect, or an id that was used twice. */
  readonly clients: JoinRequest[];
  readonly proxies: JoinRequest[];
  readonly spans: JoinSpan[];
}

/** One request through the hops; whatever could not be told apart is left out. */
export interface JoinedRequest {
  readonly traceId: string;
  readonly by: "trace" | "request";
  readonly client: JoinRequest | undefined;
  readonly proxy: JoinRequest | undefined;
  /** The application's outermost server span. */
  readonly app: JoinSpan | undefined;
  /** Of the proxy where it sends spans instead of a log. */
  readonly proxySpan: JoinSpan | undefined;
  readonly spans: readonly JoinSpan[];
  readonly isAmbiguous: boolean;
}

/** Deeper nesting is a loop of wrong parents. */
const MAX_DEPTH = 64;

/** Which of what was told is one and the same request. */
export function joinedRequest(entry: JoinEntry): JoinedRequest {
  const spans = new Map(entry.spans.map((span) => [span.spanId, span]));
  // What the application itself asked for stands below a span in which it serves a request.
  const isInner = (parentSpanId: string) => {
    let at = spans.get(parentSpanId);
    for (let depth = 0; at !== undefined && depth < MAX_DEPTH; depth++) {
      if (at.isServer && at.hop === "application") return true;
      at = at.parentSpanId === at.spanId ? undefined : spans.get(at.parentSpanId);
    }
    return false;
  };
  const proxies = entry.proxies.filter(({ request }) => !isInner(request.parentSpanId));
  const servers = entry.spans.filter(({ isServer, parentSpanId }) => isServer && !isInner(parentSpanId));
  const proxySpans = servers.filter(({ hop }) => hop === "proxy");
  const [client, proxy, proxySpan] = [entry.clients[0], proxies[0], proxySpans[0]];
  const apps = servers.filter(({ hop }) => hop === "application");
  const parent = proxy?.request.parentSpanId ?? "";
  const ofProxy = apps.length > 1 && parent !== "" ? apps.filter(({ parentSpanId }) => parentSpanId === parent) : apps;
  const isAmbiguous = entry.clients.length > 1 || proxies.length > 1 || ofProxy.length > 1 || proxySpans.length > 1;
  const app = ofProxy[0];
  return { traceId: entry.traceId, by: joinKind(entry, client, proxy), client, proxy, app, proxySpan, spans: entry.spans, isAmbiguous };
}

function joinKind({ traceId, spans }: JoinEntry, client: JoinRequest | undefined, proxy: JoinRequest | undefined): "trace" | "request" {
  const parts = [client?.request.traceId, proxy?.request.traceId, spans.length > 0 ? traceId : undefined].filter((part) => part !== undefined);
  return traceId !== "" && parts.every((part) => part === traceId) ? "trace" : "request";
}

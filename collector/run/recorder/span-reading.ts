import type { Attributes } from "../../model/attributes.ts";
import type { EndpointSource } from "../../model/load-record.ts";
import type { Span } from "../../model/span.ts";
import { textAt } from "./read-value.ts";

const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5] as const;

/** What a span is to a load run. `inner`: part of a request, and no request by itself. */
export type SpanRole = "server" | "store" | "inner";

export function roleOf({ kind, attributes }: Span): SpanRole {
  if (kind === SERVER) return "server";
  const isStore = kind === CLIENT && (attributes.has("db.system.name") || attributes.has("db.system") || attributes.has("messaging.system"));
  return isStore || (kind === PRODUCER && attributes.has("messaging.system")) ? "store" : "inner";
}

export function isAsync({ kind }: Span): boolean {
  return kind === PRODUCER || kind === CONSUMER;
}

export interface SpanEndpoint {
  readonly method: string;
  readonly name: string;
  readonly source: EndpointSource;
}

/** By the attributes of the semantic conventions, the old ones too. */
export function serverEndpoint({ name, attributes }: Span): SpanEndpoint {
  const method = textAt(attributes, "http.request.method", "http.method").toUpperCase();
  const route = textAt(attributes, "http.route");
  if (route !== "") return { method, name: route, source: "route" };
  const path = textAt(attributes, "url.path", "http.target", "url.full", "http.url");
  if (path !== "") return { method, name: path, source: "path" };
  // `GET` alone is the name of a span whose route did not match.
  const isMethodOnly = /^[A-Z_]{3,8}(?: \*)?$/.test(name);
  const isRemoteCall = attributes.has("rpc.system") || attributes.has("rpc.system.name");
  if (isMethodOnly || name === "") return { method, name: "", source: "none" };
  return { method, name, source: isRemoteCall ? "route" : "name" };
}

/** Operation and what it is done to: `SELECT works`; of messages the same. Never a query's text. */
export function storeEndpoint({ name, attributes }: Span): SpanEndpoint {
  return { method: "", name: operationOf(attributes) || withoutValues(name), source: "name" };
}

export function operationOf(attributes: Attributes): string {
  const summary = textAt(attributes, "db.query.summary");
  if (summary !== "") return summary;
  const operation = textAt(attributes, "db.operation.name", "db.operation", "messaging.operation.name", "messaging.operation");
  const target = textAt(attributes, "db.collection.name", "db.sql.table", "db.mongodb.collection", "messaging.destination.name");
  return operation === "" ? "" : `${operation} ${target}`.trim();
}

/** Some instrumentations name a span by its statement: literals would make an endpoint of every call. */
function withoutValues(name: string): string {
  return name
    .slice(0, 200)
    .replaceAll(/'[^']*'/g, "?")
    .replaceAll(/\b\d+(?:\.\d+)?\b/g, "?");
}

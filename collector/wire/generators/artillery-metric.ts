import type { Endpoint } from "../../model/load-record.ts";
import { parseCount } from "./parse-number.ts";

export interface ArtilleryEndpoint {
  readonly key: string;
  readonly endpoint: Endpoint;
}

export type ArtilleryMetric =
  | { readonly kind: "code"; readonly endpoint: ArtilleryEndpoint | undefined; readonly status: number }
  | { readonly kind: "error"; readonly endpoint: ArtilleryEndpoint | undefined; readonly error: string }
  | { readonly kind: "latency"; readonly endpoint: ArtilleryEndpoint | undefined; readonly of: string }
  | { readonly kind: "other" };

const BY_ENDPOINT = "plugins.metrics-by-endpoint.";
const OTHER: ArtilleryMetric = { kind: "other" };
/** Summaries that say something of a request; `http.total` needs extendedMetrics. */
const LATENCIES: Readonly<Record<string, string>> = {
  "http.response_time": "first_byte",
  "http.total": "duration",
  "http.dns": "dns",
  "http.tcp": "connect",
  "http.tls": "tls",
};

/**
 * What a counter's or summary's name means: `http.codes.200`, `errors.ETIMEDOUT`,
 * `plugins.metrics-by-endpoint./a.b (name).codes.500`. Paths and errors may hold dots.
 */
export function parseArtilleryMetric(name: string): ArtilleryMetric {
  if (name.startsWith(BY_ENDPOINT)) return ofEndpoint(name.slice(BY_ENDPOINT.length));
  if (name.startsWith("http.codes.")) return codeOf(undefined, name.slice("http.codes.".length));
  if (name.startsWith("errors.")) return { kind: "error", endpoint: undefined, error: name.slice("errors.".length) };
  const of = LATENCIES[name];
  return of === undefined ? OTHER : { kind: "latency", endpoint: undefined, of };
}

function ofEndpoint(rest: string): ArtilleryMetric {
  if (rest.startsWith("response_time.")) return { kind: "latency", endpoint: endpointOf(rest.slice("response_time.".length)), of: "first_byte" };
  const code = /^(.+)\.codes\.(\d{3})$/.exec(rest);
  if (code !== null) return codeOf(endpointOf(code[1] as string), code[2] as string);
  const at = rest.lastIndexOf(".errors.");
  if (at < 0) return OTHER;
  return { kind: "error", endpoint: endpointOf(rest.slice(0, at)), error: rest.slice(at + ".errors.".length) };
}

function codeOf(endpoint: ArtilleryEndpoint | undefined, text: string): ArtilleryMetric {
  const status = parseCount(text);
  return status === undefined ? OTHER : { kind: "code", endpoint, status };
}

/** `/path (name)`; without a name the path alone. */
function endpointOf(key: string): ArtilleryEndpoint {
  const named = /^(.*) \(([^()]*)\)$/.exec(key);
  if (named === null) return { key, endpoint: { method: "", name: key, url: "", source: "url" } };
  return { key, endpoint: { method: "", name: named[2] as string, url: named[1] as string, source: "name" } };
}

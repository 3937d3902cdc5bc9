import type { Attributes } from "../../model/attributes.ts";
import type { Endpoint, EndpointSource } from "../../model/load-record.ts";
import type { AttributeBuilder } from "./attribute-builder.ts";
import { textAt, wordAt } from "./attribute-reading.ts";
import { redactUrl } from "./redact-url.ts";

/*
 * An endpoint as attributes of a span:
 *   http.request.method           a method that the semantic conventions know, else `_OTHER` …
 *   http.request.method_original  … with the real one here
 *   loadtest.endpoint.source      what the name is (EndpointSource)
 *   http.route                    the name, if it is a route
 *   url.path                      the name, if it is a path
 *   url.full                      the name, if it is a URL; else the URL, if it has a scheme
 *   url.query                     what the URL of a path has after its `?`
 *   loadtest.endpoint.name        any other name
 *   loadtest.endpoint.url         any other URL
 * Passwords and signatures in URLs are replaced by `REDACTED`.
 */

/** Semantic conventions, `http.request.method`. */
const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]);
const SOURCES = ["route", "name", "url", "path", "none"] as const satisfies readonly EndpointSource[];
const NAME_KEYS: Readonly<Record<EndpointSource, string>> = {
  route: "http.route",
  path: "url.path",
  url: "url.full",
  name: "loadtest.endpoint.name",
  none: "loadtest.endpoint.name",
};
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;

export function addEndpoint(attributes: AttributeBuilder, { method, name, url, source }: Endpoint): void {
  const isKnown = method === "" || METHODS.has(method);
  attributes.text("http.request.method", isKnown ? method : "_OTHER").text("http.request.method_original", isKnown ? "" : method);
  attributes.text("loadtest.endpoint.source", source).text(NAME_KEYS[source], redactUrl(name));
  if (url === "") return;
  const shown = redactUrl(url);
  if (source === "path" && shown.length > name.length + 1 && shown.startsWith(`${name}?`)) attributes.text("url.query", shown.slice(name.length + 1));
  else if (source !== "url" && ABSOLUTE.test(shown)) attributes.text("url.full", shown);
  else attributes.text("loadtest.endpoint.url", shown);
}

export function readEndpoint(attributes: Attributes): Endpoint {
  const source = wordAt(attributes, "loadtest.endpoint.source", SOURCES, "none");
  const name = textAt(attributes, NAME_KEYS[source]);
  const query = source === "path" ? textAt(attributes, "url.query") : "";
  const full = source === "url" ? "" : textAt(attributes, "url.full");
  return {
    method: textAt(attributes, "http.request.method_original") || textAt(attributes, "http.request.method"),
    name,
    url: textAt(attributes, "loadtest.endpoint.url") || (query === "" ? full : `${name}?${query}`),
    source,
  };
}

/** `GET /api/works`: the method and the name, of a URL only its path. */
export function spanName({ method, name, source }: Endpoint): string {
  const shown = source === "url" ? pathOf(name) : name;
  const words = [method, shown].filter((word) => word !== "").join(" ");
  return words === "" ? "request" : words;
}

function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0] as string;
  return path === "" ? "/" : path;
}

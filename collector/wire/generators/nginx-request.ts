import { Attributes } from "../../model/attributes.ts";
import { type ErrorKind, errorKindOfStatus, outcomeOf } from "../../model/load-outcome.ts";
import { BLANK_REQUEST, type Endpoint, type LoadRequest, type ProxyView } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { msOf, parseUpstreamTries } from "./nginx-upstream.ts";
import { parseCount } from "./parse-number.ts";
import { nanosOfMs, parseNginxLocal, parseRfc3339, parseUnix } from "./parse-time.ts";

/** What a line of an access log can hold, under the names of nginx's variables without `$`. */
export const NGINX_FIELDS = [
  "remote_addr",
  "remote_user",
  "time_local",
  "time_iso8601",
  "msec",
  "request",
  "request_method",
  "request_uri",
  "uri",
  "server_protocol",
  "status",
  "body_bytes_sent",
  "bytes_sent",
  "request_length",
  "http_referer",
  "http_user_agent",
  "request_time",
  "upstream_connect_time",
  "upstream_header_time",
  "upstream_response_time",
  "upstream_status",
  "upstream_addr",
  "request_completion",
  "connection",
  "connection_requests",
  "request_id",
  "http_traceparent",
  "host",
  "server_name",
  "upstream_http_server_timing",
] as const;
export type NginxField = (typeof NGINX_FIELDS)[number];

/** The short names of the timing format (collector/model/catalog-nginx.ts). */
export const NGINX_SHORT_NAMES: ReadonlyMap<string, NginxField> = new Map([
  ["rt", "request_time"],
  ["uct", "upstream_connect_time"],
  ["uht", "upstream_header_time"],
  ["urt", "upstream_response_time"],
  ["us", "upstream_status"],
  ["ua", "upstream_addr"],
  ["rc", "request_completion"],
  ["cr", "connection_requests"],
  ["c", "connection"],
  ["msec", "msec"],
  ["rid", "request_id"],
  ["tp", "http_traceparent"],
  ["st", "upstream_http_server_timing"],
]);

const CLIENT_CLOSED_REQUEST = 499;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/;
const KEPT_TAGS: readonly NginxField[] = ["remote_addr", "server_protocol", "host", "server_name", "upstream_http_server_timing"];

/**
 * The request behind the fields of one line; undefined where status or time is missing, without which it cannot be counted anywhere.
 * A status below 400 is no proof of delivery: with `$request_completion` empty the answer did not get out whole, and without that field, or
 * when it fitted into the socket's buffer, nobody knows.
 */
export function nginxRequest(fields: ReadonlyMap<NginxField, string>): LoadRequest | "bad_time" | "missing_field" {
  const get = (name: NginxField) => fields.get(name) ?? "";
  const status = parseCount(get("status"));
  if (status === undefined || status > 999) return "missing_field";
  const precise = parseUnix(get("msec"), "s") ?? parseIsoWithFraction(get("time_iso8601"));
  const endUnixNano = precise ?? parseNginxLocal(get("time_local")) ?? parseRfc3339(get("time_iso8601"));
  if (endUnixNano === undefined) return "bad_time";
  const durationMs = msOf(get("request_time"));
  const proxy = proxyOf(fields);
  const errorKind = errorKindOf(status, proxy.complete);
  const trace = TRACEPARENT.exec(get("http_traceparent"));
  const connectionRequests = parseCount(get("connection_requests"));
  return {
    ...BLANK_REQUEST,
    endpoint: endpointOf(fields),
    startUnixNano: durationMs === undefined || precise === undefined ? undefined : endUnixNano - nanosOfMs(durationMs),
    endUnixNano,
    stamped: "end",
    stampStepMs: precise === undefined ? 1000 : 1,
    outcome: outcomeOf(errorKind),
    errorKind,
    status,
    durationMs,
    durationMeans: "first_byte_in_to_last_byte_out",
    requestBytes: parseCount(get("request_length")),
    responseBytes: parseCount(get("body_bytes_sent")) ?? parseCount(get("bytes_sent")),
    newConnection: connectionRequests === undefined ? undefined : connectionRequests === 1,
    traceId: trace?.[1] ?? "",
    parentSpanId: trace?.[2] ?? "",
    requestId: given(get("request_id")),
    tags: Attributes.of(KEPT_TAGS.flatMap((name) => (given(get(name)) === "" ? [] : [[name, { kind: "string", value: get(name) }] as const]))),
    proxy,
  };
}

function proxyOf(fields: ReadonlyMap<NginxField, string>): ProxyView {
  const get = (name: NginxField) => fields.get(name) ?? "";
  const completion = fields.get("request_completion");
  const address = fields.get("upstream_addr");
  return {
    tries: parseUpstreamTries({
      addresses: get("upstream_addr"),
      statuses: get("upstream_status"),
      connectSeconds: get("upstream_connect_time"),
      headerSeconds: get("upstream_header_time"),
      responseSeconds: get("upstream_response_time"),
    }),
    complete: completion === undefined ? undefined : completion === "OK",
    // JSON logs have "" where text logs have "-".
    askedUpstream: address === undefined ? undefined : given(address) !== "",
    connection: parseCount(get("connection")),
  };
}

function errorKindOf(status: number, complete: boolean | undefined): ErrorKind | undefined {
  // 0 is logged as 000 when the connection went away before there was a status.
  if (status === CLIENT_CLOSED_REQUEST || status < 100) return "aborted";
  return errorKindOfStatus(status) ?? (complete === false ? "aborted" : undefined);
}

function endpointOf(fields: ReadonlyMap<NginxField, string>): Endpoint {
  const [, inLine = "", target = ""] = /^([A-Z]{1,20}) (\S+) HTTP\/[\d.]{1,5}$/.exec(fields.get("request") ?? "") ?? [];
  const method = given(fields.get("request_method")) || inLine;
  const url = given(fields.get("request_uri")) || target || given(fields.get("uri"));
  const path = url.split("?", 1)[0] as string;
  return { method, name: path, url: url === path ? "" : url, source: path === "" ? "none" : "path" };
}

function given(text: string | undefined): string {
  return text === undefined || text === "-" ? "" : text;
}

/** `$time_iso8601` has whole seconds; some formats put a fraction into it by a map. */
function parseIsoWithFraction(text: string): UnixNano | undefined {
  return text.includes(".") ? parseRfc3339(text) : undefined;
}

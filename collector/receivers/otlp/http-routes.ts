import { SIGNALS, type Signal } from "../../model/batch.ts";
import type { Encoding } from "./decompress.ts";
import type { Format } from "./intake.ts";
import type { ENCODING_NAMES, HttpConfig } from "./otlp-config.ts";

/** Where a path leads: a signal, or a sentence why not and, where there is more to tell its owner, a hint for our log. */
export type Route = { readonly signal: Signal } | { readonly signal: undefined; readonly message: string; readonly hint: string | undefined };

const PROFILES_PATHS = new Set(["/v1development/profiles", "/v1/profiles"]);

/** Exact paths only, as otelcol's mux: `/v1/traces/` is another path (H-04). */
export function openRoutes(config: HttpConfig, signals: ReadonlySet<Signal>): (url: string) => Route {
  const paths: Readonly<Record<Signal, string>> = { traces: config.traces_url_path, metrics: config.metrics_url_path, logs: config.logs_url_path };
  const routes = new Map<string, Route>(SIGNALS.filter((signal) => signals.has(signal)).map((signal) => [paths[signal], { signal }]));
  const existing = [...routes.keys()].join(", ") || "none (no pipeline has this receiver)";

  const missing = (path: string): Route => {
    const unserved = SIGNALS.find((signal) => paths[signal] === path);
    const intended = SIGNALS.find((signal) => path.startsWith(paths[signal]));
    const hint =
      unserved !== undefined
        ? `there is no ${unserved} pipeline with this receiver`
        : PROFILES_PATHS.has(path)
          ? "profiles are not received here"
          : intended === undefined
            ? undefined
            : path.endsWith("/") && path.length === paths[intended].length + 1
              ? `leave the trailing slash away: ${paths[intended]}`
              : path === paths[intended].repeat(2)
                ? `the path stands there twice: OTEL_EXPORTER_OTLP_ENDPOINT takes the address without ${paths[intended]}, the exporter adds it`
                : undefined;
    return { signal: undefined, message: `404 page not found: ${path}; paths: ${existing}${hint === undefined ? "" : `; ${hint}`}`, hint };
  };

  return (url) => {
    const direct = routes.get(url);
    if (direct !== undefined) return direct;
    const path = pathOf(url);
    return routes.get(path) ?? missing(path);
  };
}

/** Without the query; a proxy may send the absolute form (RFC 9112 §3.2.2). */
function pathOf(url: string): string {
  if (!url.startsWith("/")) return URL.canParse(url) ? new URL(url).pathname : url;
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

export const MEDIA_TYPES: Readonly<Record<Format, string>> = { protobuf: "application/x-protobuf", json: "application/json" };

/** The format that a Content-Type names, whatever its case and parameters (H-08); undefined for all others. */
export function formatOf(contentType: string | undefined): Format | undefined {
  if (contentType === "application/x-protobuf") return "protobuf";
  if (contentType === "application/json") return "json";
  switch (contentType?.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/x-protobuf":
      return "protobuf";
    case "application/json":
      return "json";
    default:
      return undefined;
  }
}

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  identity: "identity",
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  zlib: "deflate",
  zstd: "zstd",
  snappy: "snappy",
  "x-snappy-framed": "snappy",
};

export type EncodingVerdict =
  | { readonly encoding: Encoding }
  | { readonly encoding: undefined; readonly status: 400 | 415; readonly message: string };

const PLAIN: EncodingVerdict = { encoding: "identity" };

/** `compression_algorithms` narrows the set; bodies without an encoding are always taken. */
export function openEncodings(
  names: readonly (typeof ENCODING_NAMES)[number][] | undefined,
): (contentEncoding: string | undefined) => EncodingVerdict {
  const allowed = Object.entries(ENCODINGS).filter(
    ([word, encoding]) =>
      names === undefined || encoding === "identity" || names.some((name) => name === word || (word === "x-gzip" && name === "gzip")),
  );
  const verdicts = new Map<string, EncodingVerdict>(allowed.map(([word, encoding]) => [word, { encoding }]));
  const supported = allowed.map(([word]) => word).join(", ");
  return (contentEncoding) => {
    if (contentEncoding === undefined || contentEncoding === "") return PLAIN;
    const known = verdicts.get(contentEncoding.trim().toLowerCase());
    if (known !== undefined) return known;
    if (contentEncoding.includes(",")) {
      return { encoding: undefined, status: 415, message: `unsupported Content-Encoding: ${contentEncoding}: send one encoding only (${supported})` };
    }
    return { encoding: undefined, status: 400, message: `unsupported Content-Encoding: ${contentEncoding}, supported: ${supported}` };
  };
}

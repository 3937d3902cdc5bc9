import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { CorsConfig } from "./otlp-config.ts";

/** What cross-origin rules add to an answer; `isPreflight`: the request is answered with 204 and these alone. */
export interface CorsVerdict {
  readonly isPreflight: boolean;
  readonly headers: OutgoingHttpHeaders;
}

export type CorsRule = (method: string, headers: IncomingHttpHeaders) => CorsVerdict;

/** What a page may send when `allowed_headers` is empty (rs/cors, which otelcol uses: the CORS safelist and X-Requested-With). */
const DEFAULT_ALLOWED_HEADERS = ["accept", "content-type", "x-requested-with"];
const ALLOWED_METHODS = new Set(["GET", "POST", "HEAD"]);

/**
 * otelcol's CORS (config/confighttp over github.com/rs/cors): origins may hold one `*` as a wildcard, credentials are allowed.
 * Undefined where no origin is configured: then no CORS header is ever sent (N-01).
 */
export function openCors(config: CorsConfig | null | undefined): CorsRule | undefined {
  if (!config || config.allowed_origins.length === 0) return undefined;
  const allowsAnyOrigin = config.allowed_origins.includes("*");
  const patterns = config.allowed_origins.map(originPattern);
  const allowedHeaders = new Set(
    config.allowed_headers.length > 0 ? config.allowed_headers.map((name) => name.toLowerCase()) : DEFAULT_ALLOWED_HEADERS,
  );
  const exposed = config.exposed_headers.join(", ");

  const permission = (origin: string): OutgoingHttpHeaders | undefined => {
    if (!allowsAnyOrigin && !patterns.some((pattern) => pattern.test(origin))) return undefined;
    return { "access-control-allow-origin": allowsAnyOrigin ? "*" : origin, "access-control-allow-credentials": "true" };
  };

  return (method, headers) => {
    const origin = headers.origin;
    const requestedMethod = headers["access-control-request-method"];
    if (method === "OPTIONS" && requestedMethod !== undefined) {
      const vary = { vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" };
      const requestedHeaders = headers["access-control-request-headers"];
      const granted = origin === undefined ? undefined : permission(origin);
      if (granted === undefined || !ALLOWED_METHODS.has(requestedMethod.toUpperCase()) || !areAllowed(requestedHeaders, allowedHeaders)) {
        return { isPreflight: true, headers: vary };
      }
      return {
        isPreflight: true,
        headers: {
          ...vary,
          ...granted,
          "access-control-allow-methods": requestedMethod.toUpperCase(),
          ...(requestedHeaders ? { "access-control-allow-headers": requestedHeaders } : {}),
          ...(config.max_age > 0 ? { "access-control-max-age": String(config.max_age) } : {}),
        },
      };
    }
    const granted = origin === undefined ? undefined : permission(origin);
    if (granted === undefined) return { isPreflight: false, headers: { vary: "Origin" } };
    return { isPreflight: false, headers: { vary: "Origin", ...granted, ...(exposed === "" ? {} : { "access-control-expose-headers": exposed }) } };
  };
}

function areAllowed(requested: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (requested === undefined || allowed.has("*")) return true;
  return requested.split(",").every((name) => name.trim() === "" || allowed.has(name.trim().toLowerCase()));
}

function originPattern(origin: string): RegExp {
  const [before, ...after] = origin
    .toLowerCase()
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return after.length === 0 ? new RegExp(`^${before}$`, "i") : new RegExp(`^${[before, ...after].join(".*")}$`, "i");
}

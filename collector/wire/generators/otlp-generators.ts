import type { Attributes } from "../../model/attributes.ts";

/**
 * What must be set right in OTLP that comes from load generators before their series mean what they seem to. Pure rules; who receives the
 * points applies them.
 */
export interface K6Rate {
  /** The metric of k6: `http_req_failed`. */
  readonly rate: string;
  /** Which observations the counter counts; `.total` without a condition is all of them, in old versions. */
  readonly counts: "nonzero" | "zero" | "all";
}

/**
 * k6 sends a rate as counters, under two generations of names: up to 1.x the pair `<name>.occurred` (those that were true) and `<name>.total`
 * (all); from 2.0 on one `<name>.total` with the attribute `condition` = `nonzero` or `zero`. Undefined for what is no rate.
 */
export function k6RateOf(metricName: string, attributes: Attributes): K6Rate | undefined {
  if (metricName.endsWith(".occurred")) return { rate: metricName.slice(0, -".occurred".length), counts: "nonzero" };
  if (!metricName.endsWith(".total")) return undefined;
  const condition = attributes.getString("condition");
  return { rate: metricName.slice(0, -".total".length), counts: condition === "nonzero" || condition === "zero" ? condition : "all" };
}

/**
 * Go's SDK folds what goes beyond its cardinality limit (2000 sets of attributes a metric) into one point with this attribute: endpoints can
 * then no longer be told apart, which is what happens when a script does not name its URLs.
 */
export function isOverflow(attributes: Attributes): boolean {
  const overflow = attributes.get("otel.metric.overflow");
  return overflow?.kind === "bool" ? overflow.value : overflow?.value === "true";
}

export interface ArtilleryPoint {
  readonly attributes: Attributes;
  /** ms; undefined where the point carries no period. */
  readonly periodStartMs: number | undefined;
  readonly periodEndMs: number | undefined;
}

/**
 * Artillery writes start and end of each period of ten seconds as attributes on every point, so that each period begins new series. They are
 * taken off, and given beside.
 */
export function normaliseArtilleryPoint(attributes: Attributes): ArtilleryPoint {
  return {
    attributes: attributes.without("startTime").without("endTime"),
    periodStartMs: numberAt(attributes, "startTime"),
    periodEndMs: numberAt(attributes, "endTime"),
  };
}

/** Artillery writes the port into `http.scheme` of its spans: a scheme that is none is replaced by the URL's. */
export function normaliseArtillerySpan(attributes: Attributes): Attributes {
  const scheme = attributes.getString("http.scheme");
  if (scheme === undefined || scheme === "http" || scheme === "https") return attributes;
  const [, real] = /^(https?):/.exec(attributes.getString("http.url") ?? "") ?? [];
  return real === undefined ? attributes.without("http.scheme") : attributes.with("http.scheme", { kind: "string", value: real });
}

/** Artillery sends min, max and percentiles as gauges of each period: neither to be added up nor to be averaged. */
export function isArtilleryPercentile(metricName: string): boolean {
  return /\.(?:min|max|mean|median|p\d{2,3})$/.test(metricName);
}

/** The bounds that SDKs take when nothing is set; made for milliseconds (OpenTelemetry specification, metrics/sdk.md). */
const DEFAULT_BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

/**
 * Whether a histogram of seconds has the default bounds, as Locust's `locust.client.duration`: all below 5 s is one bucket, and no quantile
 * can be read from it.
 */
export function isBlindToSeconds(unit: string, bounds: readonly number[]): boolean {
  return unit === "s" && bounds.length === DEFAULT_BOUNDS.length && bounds.every((bound, index) => bound === DEFAULT_BOUNDS[index]);
}

function numberAt(attributes: Attributes, key: string): number | undefined {
  const value = attributes.get(key)?.value;
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? Number(value) : undefined;
}

import type { Attributes } from "../../model/attributes.ts";
import type { Hop } from "../../model/catalog.ts";
import { METRICS } from "../../model/catalog.ts";
import { CLIENT_METRICS } from "../../model/catalog-run.ts";
import type { CellFate } from "./cell-table.ts";
import { fateOf, fateOfDriver } from "./error-type.ts";
import { numberAt, textAt } from "./read-value.ts";
import { operationOf, type SpanEndpoint } from "./span-reading.ts";
import type { WitnessFacts } from "./witness-table.ts";

/** A histogram whose count is a number of requests. */
export interface RequestMetric {
  /** `server`: proxy or application, as its sender is. */
  readonly hop: Hop | "server";
  readonly endpoint: (attributes: Attributes) => SpanEndpoint;
  readonly fate: (attributes: Attributes) => CellFate;
  /** Where the metric does not say its unit. */
  readonly unit: "s" | "ms";
  readonly facts?: Partial<WitnessFacts>;
  /** The same requests under another name: whichever a sender used first is counted. */
  readonly sameAs?: string;
}

const SERVER_METRIC: RequestMetric = {
  hop: "server",
  unit: "s",
  endpoint: (attributes) => {
    const method = textAt(attributes, "http.request.method", "http.method").toUpperCase();
    const route = textAt(attributes, "http.route");
    if (route !== "") return { method, name: route, source: "route" };
    const path = textAt(attributes, "url.path", "http.target");
    return { method, name: path, source: path === "" ? "none" : "path" };
  },
  fate: (attributes) => {
    const status = numberAt(attributes, "http.response.status_code") ?? numberAt(attributes, "http.status_code");
    return fateOf(status, textAt(attributes, "error.type"), false);
  },
};

const DRIVER_METRIC: RequestMetric = {
  hop: "client",
  unit: "s",
  endpoint: (attributes) => ({ method: "", name: textAt(attributes, "http.route"), source: "route" }),
  fate: (attributes) => fateOfDriver(textAt(attributes, "outcome")),
  facts: { durationMeans: "intended_start_to_last_byte", correction: "not_needed", survivorsOnly: "no" },
};

const LOCUST_METRIC: RequestMetric = {
  hop: "client",
  unit: "s",
  endpoint: (attributes) => {
    const method = textAt(attributes, "http.request.method", "method").toUpperCase();
    const name = textAt(attributes, "name", "http.route");
    return { method, name, source: name.startsWith("/") ? "path" : name === "" ? "none" : "name" };
  },
  fate: (attributes) => fateOf(numberAt(attributes, "http.response.status_code"), textAt(attributes, "error.type"), false),
  facts: { durationMeans: "start_to_last_byte", correction: "raw", survivorsOnly: "no" },
};

const STORE_METRIC: RequestMetric = {
  hop: "store",
  unit: "s",
  endpoint: (attributes) => ({ method: "", name: operationOf(attributes) || textAt(attributes, "read"), source: "name" }),
  fate: (attributes) => fateOf(undefined, textAt(attributes, "error.type"), false),
};

/** By name. The store's reads are also counted by `genarrative.spacetime.read.calls`, which stays a series of its own. */
export const REQUEST_METRICS: ReadonlyMap<string, RequestMetric> = new Map<string, RequestMetric>([
  [METRICS.httpServerRequestDuration.name, { ...SERVER_METRIC, sameAs: "http.server.duration" }],
  ["http.server.duration", { ...SERVER_METRIC, unit: "ms", sameAs: METRICS.httpServerRequestDuration.name }],
  [CLIENT_METRICS.clientRequestDuration.name, DRIVER_METRIC],
  ["locust.client.duration", LOCUST_METRIC],
  [METRICS.spacetimeReadDurationMs.name, { ...STORE_METRIC, unit: "ms" }],
  ["db.client.operation.duration", STORE_METRIC],
]);

const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6, min: 60_000 };

/** Factor from the metric's unit to ms. */
export function msPerUnit(unit: string, otherwise: "s" | "ms"): number {
  return (Object.hasOwn(MS_PER_UNIT, unit) ? MS_PER_UNIT[unit] : undefined) ?? (MS_PER_UNIT[otherwise] as number);
}

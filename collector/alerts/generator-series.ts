import type { CatalogMetric } from "../model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS } from "../model/catalog-run.ts";
import { type AlertStrategy, familyName } from "./alert-options.ts";

/**
 * What a metric of k6 may be called, most likely first. k6's own remote write (`experimental-prometheus-rw`) says `k6_http_reqs_total` whatever
 * our strategy is; `--out opentelemetry` says `http_reqs`, with K6_OTEL_METRIC_PREFIX=k6_ `k6_http_reqs`, and there our strategy decides over
 * `_total`.
 */
export function k6Names(metric: CatalogMetric, strategy: AlertStrategy): readonly string[] {
  const name = familyName(metric, strategy);
  return [...new Set([`k6_${name}`, name, `k6_${metric.prometheus.suffixed}`])];
}

/** Selectors of the requests that one kind of generator counts, and of those that failed. */
export interface ClientRequests {
  readonly all: string;
  readonly failed: string;
}

/** Every kind of generator that rules know. Only the first with an answer counts, so that two outputs of one run are not added up. */
export function clientRequests(strategy: AlertStrategy): readonly ClientRequests[] {
  const ofDriver = `${familyName(CLIENT_METRICS.clientRequestDuration, strategy)}_count`;
  return [
    ...k6Names(K6_METRICS.k6Requests, strategy).map((name) => ({ all: name, failed: `${name}{expected_response="false"}` })),
    { all: ofDriver, failed: `${ofDriver}{outcome!="ok"}` },
  ];
}

/** Counters of the load that was due and not made: k6's iterations, our driver's requests. */
export function droppedLoad(strategy: AlertStrategy): readonly string[] {
  return [...k6Names(K6_METRICS.k6DroppedIterations, strategy), familyName(CLIENT_METRICS.clientRequestsDropped, strategy)];
}

/** The limit of open file descriptors as the Prometheus clients of Go, Java, Python and Node export it. */
export const PROCESS_MAX_FDS = "process_max_fds";

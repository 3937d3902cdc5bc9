import { failuresOf } from "../diagnose/digest/stream.ts";
import type { EndpointView, Stream } from "../diagnose/digest-types.ts";
import type { Hop } from "../model/catalog.ts";
import type { HistogramView } from "../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../stats/histogram-order.ts";
import type { OrderStatistics } from "../stats/order-statistics.ts";
import { quantileEstimate, samplesNeeded } from "../stats/quantile-interval.ts";
import type { ReportEndpoint, ReportLatency, ReportQuantile, ReportStream } from "./report-schema.ts";
import { rounded } from "./round-number.ts";

/** The order in which a request passes them. */
export const HOPS: readonly Hop[] = ["client", "network", "proxy", "application", "store"];

/** Quantiles of a histogram in ms, each only where the sample is large enough to state it; null for an empty one. */
export function latencyOf(histogram: HistogramView | undefined): ReportLatency | null {
  if (histogram === undefined || histogram.count === 0) return null;
  const order = orderOfHistogram(histogram);
  return {
    n: histogram.count,
    meanMs: rounded(histogram.sum === undefined ? undefined : histogram.sum / histogram.count),
    p50: quantileOf(order, 0.5),
    p95: quantileOf(order, 0.95),
    p99: quantileOf(order, 0.99),
    maxMs: rounded(histogram.max),
  };
}

function quantileOf(order: OrderStatistics, q: number): ReportQuantile {
  const estimate = quantileEstimate(order, q);
  if (!estimate.isStated) return { ms: null, lowerMs: null, upperMs: null, needed: estimate.needed };
  return { ms: rounded(estimate.value), lowerMs: rounded(estimate.lower), upperMs: rounded(estimate.upper), needed: samplesNeeded(q) };
}

export function streamOf(stream: Stream): ReportStream {
  const failed = failuresOf(stream);
  return {
    hop: stream.hop,
    source: stream.source,
    isUnsure: stream.isUnsure,
    witnesses: stream.witnesses,
    requests: stream.count,
    failed,
    failedRatio: stream.count === 0 ? null : rounded(failed / stream.count),
    latency: latencyOf(stream.latencyOk),
    durationMeans: stream.durationMeans,
    omission: stream.omission,
    statuses: [...stream.statuses].sort(([a], [b]) => a - b).map(([status, requests]) => ({ status, requests })),
  };
}

export function endpointOf(view: EndpointView): ReportEndpoint {
  return {
    endpoint: view.endpoint,
    by: view.by,
    names: view.names,
    streams: HOPS.flatMap((hop) => view.streams.get(hop) ?? []).map(streamOf),
  };
}

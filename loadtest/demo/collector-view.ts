import { METRICS } from "../../collector/model/catalog.ts";
import { histogramQuantile, parseExposition, type Sample, sumOf } from "./exposition.ts";

/** What the server's metrics say, read from the collector's scrape endpoint: proof that they passed through it. Undefined = not there yet. */
export interface ServerView {
  readonly permits: number | undefined;
  readonly permitsMin: number | undefined;
  readonly permitsLimit: number | undefined;
  /** 0..1, since the start. */
  readonly cacheHitRatio: number | undefined;
  readonly cacheRebuilds: number | undefined;
  readonly residentBytes: number | undefined;
  readonly fileDescriptors: number | undefined;
  readonly p95Ms: number | undefined;
  /** Requests by route, then by status; a request without a route is under "". */
  readonly requests: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** The collector's own counts, from its self metrics; items of all three signals. */
export interface FlowView {
  readonly received: number;
  readonly exported: number;
  readonly dropped: number;
  readonly spans: number;
  readonly metricPoints: number;
  readonly logRecords: number;
}

export function readServerView(exposition: string): ServerView {
  const samples = parseExposition(exposition);
  const value = (key: keyof typeof METRICS) => sumOf(samples, METRICS[key].prometheus.suffixed);
  const hits = value("puzzleGalleryCacheHits") ?? 0;
  const reads = hits + (value("puzzleGalleryCacheMisses") ?? 0);
  const p95Seconds = histogramQuantile(samples, DURATION, 0.95);
  return {
    permits: value("requestPermitsAvailable"),
    permitsMin: value("requestPermitsAvailableMin"),
    permitsLimit: value("requestPermitsLimit"),
    cacheHitRatio: reads === 0 ? undefined : hits / reads,
    cacheRebuilds: value("puzzleGalleryCacheRebuilds"),
    residentBytes: value("processMemoryUsage"),
    fileDescriptors: value("processUnixFileDescriptorCount"),
    p95Ms: p95Seconds === undefined ? undefined : p95Seconds * 1000,
    requests: requestCounts(samples),
  };
}

export function readFlowView(selfMetrics: string): FlowView {
  const samples = parseExposition(selfMetrics);
  const total = (pattern: RegExp) => samples.reduce((sum, { name, value }) => (pattern.test(name) ? sum + value : sum), 0);
  const accepted = (word: string) => total(new RegExp(`^otelcol_receiver_accepted_${word}(?:_total)?$`));
  const [spans, metricPoints, logRecords] = [accepted("spans"), accepted("metric_points"), accepted("log_records")];
  return {
    received: spans + metricPoints + logRecords,
    exported: total(/^otelcol_exporter_sent_(?:spans|metric_points|log_records)(?:_total)?$/),
    dropped: total(/_dropped_items(?:_total)?$/),
    spans,
    metricPoints,
    logRecords,
  };
}

const DURATION = METRICS.httpServerRequestDuration.prometheus.suffixed;

function requestCounts(samples: readonly Sample[]): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const routes = new Map<string, Map<number, number>>();
  for (const { name, labels, value } of samples) {
    if (name !== `${DURATION}_count`) continue;
    const route = labels.get("http_route") ?? "";
    const status = Number(labels.get("http_response_status_code"));
    const statuses = routes.get(route) ?? new Map<number, number>();
    statuses.set(status, (statuses.get(status) ?? 0) + value);
    routes.set(route, statuses);
  }
  return routes;
}

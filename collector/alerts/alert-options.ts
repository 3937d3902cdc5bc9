import type { CatalogMetric } from "../model/catalog.ts";

/** The two of Prometheus' translation strategies whose names need no quoting: rules are made for these. */
export type AlertStrategy = "UnderscoreEscapingWithSuffixes" | "UnderscoreEscapingWithoutSuffixes";

/** What a team may want to set; ratios are 0..1. */
export interface AlertOptions {
  readonly strategy: AlertStrategy;
  /** How often the rules are evaluated, ms. Default 5000: Prometheus' own minute is a third of a short run. */
  readonly evaluationIntervalMs?: number;
  /** The longest of the export and scrape intervals, ms. Default 5000. Windows hold at least four of them. */
  readonly sampleIntervalMs?: number;
  /** Stands before `docs/runbooks/<Alert>.md`. Default "": a path in the repository. */
  readonly runbookBaseUrl?: string;
  /** RequestPermitsLow at or below this share of the limit. Default 0.1. */
  readonly permitsLowRatio?: number;
  /** LimitNOFILE of the server, for servers that export no `process_max_fds`. Default 1024, the soft limit that systemd gives. */
  readonly fileDescriptorLimit?: number;
  /** FileDescriptorsNearLimit above this share of the limit. Default 0.8. */
  readonly fileDescriptorsNearRatio?: number;
  /** The memory floor is the least of this long, ms. Default 120 000; a climb shows after three of them. */
  readonly memoryWindowMs?: number;
  /** MemoryFloorClimbing from this growth on, bytes. Default 50 MB. */
  readonly memoryClimbBytes?: number;
  /** MemoryAllocationPeak from this height above the floor on, bytes. Default 200 MB: a tenth of a 2 GB server. */
  readonly memoryPeakBytes?: number;
  /** CacheHitCollapse below this share of hits. Default 0.5. */
  readonly cacheHitRatio?: number;
  /** CacheRebuildStorm above this many rebuilds at once on average. Default 1.5. */
  readonly rebuildConcurrency?: number;
  /** BackpressureRejecting above this share of 429. Default 0.01. */
  readonly rejectedRatio?: number;
  /** Share of the client's requests that may fail, of a whole run. Default 0.01: `http_req_failed < 1%`. */
  readonly errorBudgetRatio?: number;
  /** RunErrorBudgetBurning from this many budgets at once on. Default 6. */
  readonly errorBurnRate?: number;
  /** Requests should be faster than this, seconds. Default 2: `http_req_duration p95 < 2000ms`. */
  readonly latencyTargetSeconds?: number;
  /** Share of requests that may be slower. Default 0.05. */
  readonly latencyBudgetRatio?: number;
  /** LatencySLOBurning from this many budgets at once on. Default 2. */
  readonly latencyBurnRate?: number;
  /** WitnessesDisagree where more than this share of the client's requests never reached the server. Default 0.1. */
  readonly lostRequestsRatio?: number;
}

export interface ResolvedAlertOptions extends Required<AlertOptions> {
  /** Of rates; at least 30 s. */
  readonly windowMs: number;
  /** Of cache rates; at least 1 minute. */
  readonly cacheWindowMs: number;
  /** Of what must hold for longer; at least 2 minutes. */
  readonly longWindowMs: number;
  /** Of a gauge's minimum: exactly as long as four samples need. */
  readonly gaugeWindowMs: number;
}

/** `rate` gives nothing for fewer than two samples; four survive a late scrape and Prometheus 3's left-open ranges. */
const SAMPLES_A_WINDOW = 4;

/** Throws a RangeError for an interval or threshold that is not above 0. */
export function resolveAlertOptions(options: AlertOptions): ResolvedAlertOptions {
  const sampleIntervalMs = options.sampleIntervalMs ?? 5000;
  const gaugeWindowMs = SAMPLES_A_WINDOW * sampleIntervalMs;
  const resolved: ResolvedAlertOptions = {
    strategy: options.strategy,
    evaluationIntervalMs: options.evaluationIntervalMs ?? 5000,
    sampleIntervalMs,
    runbookBaseUrl: options.runbookBaseUrl ?? "",
    permitsLowRatio: options.permitsLowRatio ?? 0.1,
    fileDescriptorLimit: options.fileDescriptorLimit ?? 1024,
    fileDescriptorsNearRatio: options.fileDescriptorsNearRatio ?? 0.8,
    memoryWindowMs: Math.max(options.memoryWindowMs ?? 120_000, 2 * gaugeWindowMs),
    memoryClimbBytes: options.memoryClimbBytes ?? 50e6,
    memoryPeakBytes: options.memoryPeakBytes ?? 200e6,
    cacheHitRatio: options.cacheHitRatio ?? 0.5,
    rebuildConcurrency: options.rebuildConcurrency ?? 1.5,
    rejectedRatio: options.rejectedRatio ?? 0.01,
    errorBudgetRatio: options.errorBudgetRatio ?? 0.01,
    errorBurnRate: options.errorBurnRate ?? 6,
    latencyTargetSeconds: options.latencyTargetSeconds ?? 2,
    latencyBudgetRatio: options.latencyBudgetRatio ?? 0.05,
    latencyBurnRate: options.latencyBurnRate ?? 2,
    lostRequestsRatio: options.lostRequestsRatio ?? 0.1,
    windowMs: Math.max(30_000, gaugeWindowMs),
    cacheWindowMs: Math.max(60_000, gaugeWindowMs),
    longWindowMs: Math.max(120_000, gaugeWindowMs),
    gaugeWindowMs,
  };
  for (const [name, value] of Object.entries(resolved)) {
    if (typeof value === "number" && !(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`alert option ${name} is ${value}: give a number above 0`);
    }
  }
  return resolved;
}

export function familyName(metric: CatalogMetric, strategy: AlertStrategy): string {
  return strategy === "UnderscoreEscapingWithSuffixes" ? metric.prometheus.suffixed : metric.prometheus.plain;
}

/**
 * The names a gauge may have: a server that gives it the unit `1` gets `_ratio` behind it, with suffixes.
 * Source: prometheus/otlptranslator metric_namer.go
 */
export function gaugeNames(metric: CatalogMetric, strategy: AlertStrategy): readonly string[] {
  const name = familyName(metric, strategy);
  return strategy === "UnderscoreEscapingWithSuffixes" ? [name, `${name}_ratio`] : [name];
}

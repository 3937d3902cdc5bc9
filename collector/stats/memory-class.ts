import { linearFit } from "./linear-fit.ts";
import type { RobustTrend } from "./robust-trend.ts";
import { robustTrend } from "./robust-trend.ts";
import { median, robustDeviation } from "./summary.ts";

/** `times` in s, rising and about evenly spaced, of one resource (bytes, say). */
export interface ResourceSamples {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

export interface ResourceTrace {
  /** Idle, before the load: 20 s at least. */
  readonly before: ResourceSamples;
  /** Under constant load; ramps left out. */
  readonly hold: ResourceSamples;
  /** After the load: 60 s at least, or three times the longest timeout. */
  readonly after: ResourceSamples;
  /** What could explain growth, at the times of `hold`: connections, requests in flight, a queue's length. */
  readonly drivers?: Readonly<Record<string, readonly number[]>>;
}

export type MemoryClass = "flat" | "transient_peak" | "step_to_plateau" | "backlog_drains" | "grows_with_driver" | "leak_suspected" | "undecided";

export interface MemoryVerdict {
  readonly class: MemoryClass;
  /** What must be measured before anything else can be said; only with `undecided`. */
  readonly missing: readonly ("before" | "hold" | "after")[];
  readonly baseline: number;
  /** Differences within twice this are none. */
  readonly noise: number;
  /** 98 % of the samples under load lie below it. */
  readonly peak: number;
  readonly end: number;
  /** Share of the rise that was given back; above 1 when it ended below the baseline. NaN when flat or undecided. */
  readonly returned: number;
  /** Over the second half of the hold, per s. undefined with too few samples. */
  readonly lateTrend: RobustTrend | undefined;
  /** Share of the variation under load that each driver explains, 0..1. */
  readonly explained: Readonly<Record<string, number>>;
}

/** Fewer samples than this are no state. */
const LEAST_SAMPLES = 5;
/** Noise is this share of the baseline at least, and so many robust deviations. */
const NOISE_RATIO = 0.05;
const NOISE_DEVIATIONS = 3;
const MOSTLY_RETURNED = 0.7;
const HALF_RETURNED = 0.5;
/** Growth until the end of the load that is this share of the rise is nothing to speak of. */
const NEGLIGIBLE_GROWTH = 0.1;
const EXPLAINED = 0.8;

/**
 * Leak, or allocation peak, or what lies between, from samples before, under and after constant load. Without the after-part nothing is
 * decided: memory that grows may come back. A leak is only ever suspected; a second equal load step confirms it.
 *
 * Thresholds are starting values: simulated traces (σ = 6 MB, a sample each 2 s, 20/60/60 s) of each class come out right, real ones were few.
 */
export function classifyMemory(trace: ResourceTrace): MemoryVerdict {
  const { before, hold, after } = trace;
  const missing = (["before", "hold", "after"] as const).filter((part) => trace[part].values.length < LEAST_SAMPLES);
  const baseline = median(before.values);
  const noise = Math.max(NOISE_RATIO * Math.abs(baseline), NOISE_DEVIATIONS * robustDeviation(before.values));
  const peak = [...hold.values].sort((a, b) => a - b)[Math.floor(0.98 * (hold.values.length - 1))] ?? Number.NaN;
  const end = median(after.values.slice(-Math.max(3, Math.ceil(after.values.length / 3))));
  const half = hold.values.length >> 1;
  const lateTrend = robustTrend(hold.times.slice(half), hold.values.slice(half));
  const explained = Object.fromEntries(Object.entries(trace.drivers ?? {}).map(([name, x]) => [name, explainedBy(x, hold.values)]));
  const rise = peak - baseline;
  const returned = (peak - end) / rise;
  const known = { missing, baseline, noise, peak, end, lateTrend, explained };
  if (missing.length > 0) return { ...known, class: "undecided", returned: Number.NaN };
  if (rise < 2 * noise) return { ...known, class: "flat", returned: Number.NaN };
  const lateSeconds = (hold.times.at(-1) as number) - (hold.times[half] as number);
  const isGrowing = lateTrend !== undefined && lateTrend.lower > 0 && lateTrend.value * lateSeconds >= Math.max(noise, NEGLIGIBLE_GROWTH * rise);
  return { ...known, returned, class: classOf(returned, isGrowing, Math.max(0, ...Object.values(explained)) >= EXPLAINED) };
}

function classOf(returned: number, isGrowing: boolean, isExplained: boolean): MemoryClass {
  if (!isGrowing) return returned >= MOSTLY_RETURNED ? "transient_peak" : "step_to_plateau";
  if (returned >= HALF_RETURNED) return "backlog_drains";
  return isExplained ? "grows_with_driver" : "leak_suspected";
}

function explainedBy(driver: readonly number[], values: readonly number[]): number {
  const fit = driver.length === values.length ? linearFit(driver, values) : undefined;
  // Memory that falls while connections rise is not explained by them.
  return fit === undefined || fit.slope <= 0 ? 0 : fit.explained;
}

/** Across runs: whether peaks are in proportion to connections, whatever the endpoint. */
export interface PerConnection {
  /** Median of rise over connections. */
  readonly bytes: number;
  /** Largest over smallest of these ratios; near 1 when the peak is nothing but buffers of connections. */
  readonly spread: number;
  /** 0 none, 1 in proportion; NaN unless the runs differ in connections. */
  readonly exponent: number;
}

/** undefined for fewer than two runs with connections and a rise. */
export function memoryPerConnection(runs: readonly { readonly connections: number; readonly rise: number }[]): PerConnection | undefined {
  const used = runs.filter(({ connections, rise }) => connections > 0 && rise > 0);
  if (used.length < 2) return undefined;
  const ratios = used.map(({ connections, rise }) => rise / connections);
  const logs = linearFit(
    used.map(({ connections }) => Math.log(connections)),
    used.map(({ rise }) => Math.log(rise)),
  );
  return { bytes: median(ratios), spread: Math.max(...ratios) / Math.min(...ratios), exponent: logs?.slope ?? Number.NaN };
}

import type { MeasureId } from "../comparison.ts";

/** How large a change must be to be called one although each side has a single run; both must be reached. */
export interface CallFloor {
  /** Larger over smaller; where the smaller is 0 only `least` counts. */
  readonly times: number;
  /** Difference, in the unit of the measure. */
  readonly least: number;
}

export interface MeasureKind {
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower" | "neither";
  /** undefined: it is shown and never called. */
  readonly floor: CallFloor | undefined;
  /** Put to Mann–Whitney where there are four runs a side; the few that matter most, since each question makes all answers harder to prove. */
  readonly isTested: boolean;
}

const MIB = 1024 ** 2;
/** Throughput, CPU and memory of one machine differ by a few per cent from run to run, on a machine that others use too by a quarter. */
const HALF_AS_MUCH_AGAIN = 1.5;

const kind = (title: string, unit: string, better: MeasureKind["better"], floor?: CallFloor, isTested = false): MeasureKind => ({
  title,
  unit,
  better,
  floor,
  isTested,
});
const half = (least: number): CallFloor => ({ times: HALF_AS_MUCH_AGAIN, least });

export const MEASURE_KINDS: Readonly<Record<MeasureId, MeasureKind>> = {
  requests_per_second: kind("requests a second", "1/s", "higher", half(1), true),
  successes_per_second: kind("successes a second", "1/s", "higher", half(1), true),
  iterations_per_second: kind("iterations a second", "1/s", "higher", half(1)),
  virtual_users: kind("virtual users or connections", "", "neither"),
  cpu_busy: kind("busy processors of the machine", "share", "neither"),
  cpu_ms_per_request: kind("CPU for each request", "ms", "lower", half(0.01), true),
  cpu_cores: kind("processors kept busy", "", "neither"),
  memory_rest: kind("memory at rest", "By", "neither"),
  memory_peak: kind("peak memory", "By", "lower", half(16 * MIB), true),
  memory_rise: kind("peak memory above rest", "By", "lower", half(16 * MIB)),
  memory_end: kind("memory in the end", "By", "lower", half(16 * MIB)),
  memory_class: kind("memory is", "", "neither"),
  // Calls are a property of the code: one more is one more. A part of one is what a mean differs by when other requests were asked.
  calls_per_request: kind("store calls for each request", "", "lower", { times: 1, least: 1 }, true),
  calls_growth: kind("store calls grow with its power", "", "lower"),
  imbalance: kind("busiest instance over mean", "", "lower", half(0.5)),
  cache_hits: kind("answered by the cache", "share", "higher", { times: 1, least: 0.1 }),
  permits_least: kind("fewest permits left", "", "higher"),
  messages_per_request: kind("messages out for each request", "", "neither", half(0.5)),
  messages_per_receiver: kind("messages a second for each receiver", "1/s", "neither", half(0.5)),
  alarms: kind("alarms", "", "lower", { times: 1, least: 1 }),
  cohort_p50: kind("p50", "ms", "lower"),
  cohort_p95: kind("p95", "ms", "lower"),
  cohort_p99: kind("p99", "ms", "lower"),
};

/** Whether a change between two values is beyond its floor. */
export function isBeyond({ times, least }: CallFloor, before: number, after: number): boolean {
  const [low, high] = [Math.min(before, after), Math.max(before, after)];
  return high - low >= least * (1 - 1e-9) && (low <= 0 || high / low >= times);
}

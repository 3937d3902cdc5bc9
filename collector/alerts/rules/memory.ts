import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { BY_PROCESS, inBrackets, ON_PROCESS, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

/** Growth of the floor over two windows, and over the last of them. */
const CLIMB_FACTOR = 1.3;
const STILL_CLIMBING_FACTOR = 1.1;
const PEAK_FACTOR = 3;

/** A leak raises the floor; a peak raises only the ceiling and falls back. */
export function memoryRules(options: ResolvedAlertOptions): readonly Rule[] {
  const memory = familyName(METRICS.processMemoryUsage, options.strategy);
  const window = promDuration(options.memoryWindowMs);
  const earlier = promDuration(2 * options.memoryWindowMs);
  const peakWindow = promDuration(options.memoryWindowMs / 2);
  const floor = (offset = "") => `min ${BY_PROCESS} (min_over_time(${memory}[${window}]${offset === "" ? "" : ` offset ${offset}`}))`;
  const oldest = promDuration(3 * options.memoryWindowMs);
  const isClimbing = `${floor()} > ${ON_PROCESS} ${CLIMB_FACTOR} * ${floor(earlier)}
and ${ON_PROCESS} ${floor()} > ${ON_PROCESS} ${STILL_CLIMBING_FACTOR} * ${floor(window)}
and ${ON_PROCESS} min ${BY_PROCESS} (${memory} offset ${oldest})`;
  return [
    alertRule(
      {
        alert: "MemoryFloorClimbing",
        severity: "warn",
        layer: "application",
        labels: { kind: "leak" },
        expr: `${isClimbing}\nand ${ON_PROCESS} ${floor()} - ${ON_PROCESS} ${floor(earlier)} > ${options.memoryClimbBytes}`,
        summary: "Memory of {{ $labels.instance }} climbs and does not come back",
        description: `The least resident memory of {{ $labels.job }} within ${window} is {{ $value | humanize1024 }}B and still rising (limit: ${CLIMB_FACTOR} times what it was ${earlier} before).`,
        trap: `The floor, not the level: garbage collection and bursts move the level. It needs three whole windows, so a process younger than ${oldest} cannot show a leak, and a warm-up that has come to rest by then does not count.`,
      },
      options,
    ),
    alertRule(
      {
        alert: "MemoryAllocationPeak",
        severity: "info",
        layer: "application",
        labels: { kind: "peak" },
        expr: `max ${BY_PROCESS} (max_over_time(${memory}[${peakWindow}])) > ${ON_PROCESS} ${PEAK_FACTOR} * ${floor()}
and ${ON_PROCESS} max ${BY_PROCESS} (max_over_time(${memory}[${peakWindow}])) - ${ON_PROCESS} ${floor()} > ${options.memoryPeakBytes}
unless ${ON_PROCESS} ${inBrackets(isClimbing)}`,
        summary: "Memory of {{ $labels.instance }} peaked",
        description: `Resident memory of {{ $labels.job }} reached {{ $value | humanize1024 }}B within ${peakWindow} (limit: ${PEAK_FACTOR} times its floor), and the floor did not rise.`,
        trap: "A peak that comes back is no leak: look at connections and response bodies in flight before the cache. The peak itself may fall between two exports.",
      },
      options,
    ),
  ];
}

import type { Scope } from "../digest-types.ts";
import { pointsIn } from "./gauge-facts.ts";
import type { RuleFacts } from "./rule.ts";

export interface CpuShare {
  readonly what: string;
  readonly field: string;
  /** 0..1 of what there is: 95th percentile and mean over the seconds. */
  readonly high: number;
  readonly mean: number;
  readonly points: number;
}

const IDLE_STATES = new Set(["idle", "iowait", "steal"]);

/** How busy the processors of the server's machine were; undefined where nobody measured it. Reads `system.cpu.utilization` (by state, 0..1). */
export function cpuShareOf({ gauges }: RuleFacts, scope: Pick<Scope, "startSecond" | "endSecond">): CpuShare | undefined {
  const bySecond = new Map<number, { busy: number; all: number; isStated: boolean }>();
  for (const series of gauges.named("system.cpu.utilization")) {
    const state = series.attributes["cpu.mode"] ?? series.attributes["system.cpu.state"] ?? series.attributes["state"];
    for (const { second, last } of pointsIn(series, scope)) {
      const sum = bySecond.get(second) ?? { busy: 0, all: 0, isStated: false };
      sum.all += last;
      if (state === undefined || !IDLE_STATES.has(state)) sum.busy += last;
      sum.isStated ||= state !== undefined;
      bySecond.set(second, sum);
    }
  }
  const shares = [...bySecond.values()]
    .flatMap(({ busy, all, isStated }) => (isStated ? (all > 0 ? [busy / all] : []) : [Math.min(1, busy)]))
    .sort((a, b) => a - b);
  if (shares.length === 0) return undefined;
  return {
    what: "busy processors of the machine",
    field: "system.cpu.utilization",
    high: shares[Math.ceil(0.95 * shares.length) - 1] as number,
    mean: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    points: shares.length,
  };
}

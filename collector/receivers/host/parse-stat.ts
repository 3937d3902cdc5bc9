/** Linux `Documentation/filesystems/proc.rst`, `/proc/stat`; a tick is 1/100 s on every architecture that Node runs on (USER_HZ). */
export const TICKS_PER_SECOND = 100;

/** In the order of the file; `guest` and `guest_nice` are parts of the first two. */
export const CPU_MODES = ["user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal"] as const;
export type CpuMode = (typeof CPU_MODES)[number];

export interface SystemStat {
  /** Seconds of all processors together since the system began. */
  readonly cpuSeconds: { readonly [mode in CpuMode]: number };
  readonly cpus: number;
  /** Unix seconds. */
  readonly bootTime: number;
  readonly contextSwitches: number;
  readonly runnable: number;
  readonly blocked: number;
}

export function parseSystemStat(text: string): SystemStat {
  const lines = text.split("\n");
  const ticks = (lines.find((line) => line.startsWith("cpu ")) ?? "").split(/\s+/).slice(1).map(Number);
  const after = (word: string): number => Number(lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? Number.NaN);
  const seconds = CPU_MODES.map((mode, index) => [mode, (ticks[index] ?? 0) / TICKS_PER_SECOND] as const);
  return {
    cpuSeconds: Object.fromEntries(seconds) as SystemStat["cpuSeconds"],
    cpus: lines.filter((line) => /^cpu\d/.test(line)).length,
    bootTime: after("btime"),
    contextSwitches: after("ctxt"),
    runnable: after("procs_running"),
    blocked: after("procs_blocked"),
  };
}

/** Share of the time between two readings that all processors together spent so, 0..1; undefined where no time has passed. */
export function cpuShares(before: SystemStat, after: SystemStat): { readonly [mode in CpuMode]: number } | undefined {
  const spent = CPU_MODES.map((mode) => [mode, Math.max(0, after.cpuSeconds[mode] - before.cpuSeconds[mode])] as const);
  const all = spent.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (all === 0) return undefined;
  return Object.fromEntries(spent.map(([mode, seconds]) => [mode, seconds / all])) as { [mode in CpuMode]: number };
}

/** `/proc/loadavg`. */
export function parseLoadAverages(text: string): { readonly minute1: number; readonly minutes5: number; readonly minutes15: number } {
  const [minute1 = Number.NaN, minutes5 = Number.NaN, minutes15 = Number.NaN] = text.split(" ").map(Number);
  return { minute1, minutes5, minutes15 };
}

/** `/proc/pressure/*`: seconds in which some tasks, or all, waited for the resource, since the system began. */
export function parsePressure(text: string): { readonly some: number | undefined; readonly full: number | undefined } {
  const total = (word: string): number | undefined => {
    const found = new RegExp(`^${word} .*total=(\\d+)`, "m").exec(text);
    return found === null ? undefined : Number(found[1]) / 1e6;
  };
  return { some: total("some"), full: total("full") };
}

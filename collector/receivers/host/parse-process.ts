import { TICKS_PER_SECOND } from "./parse-stat.ts";

export interface ProcessStat {
  /** At most 15 bytes of the executable's name. */
  readonly name: string;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly threads: number;
  /** Seconds after the system began. */
  readonly startSeconds: number;
  readonly majorFaults: number;
}

/** `/proc/<pid>/stat` (proc.rst, table 1-4); the name stands in parentheses and may hold some. Undefined for what is no such line. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const [open, close] = [text.indexOf("("), text.lastIndexOf(")")];
  if (open < 0 || close < open) return undefined;
  // From the third field (state) on.
  const fields = text.slice(close + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3] ?? Number.NaN);
  return {
    name: text.slice(open + 1, close),
    majorFaults: field(12),
    userSeconds: field(14) / TICKS_PER_SECOND,
    systemSeconds: field(15) / TICKS_PER_SECOND,
    threads: field(20),
    startSeconds: field(22) / TICKS_PER_SECOND,
  };
}

/** Bytes of `VmRSS`, `RssAnon`, `VmData`, `VmSwap` … of `/proc/<pid>/status`; a kernel thread has none. */
export function parseProcessStatus(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [, word = "", value] of text.matchAll(/^(Vm\w+|Rss\w+):\s+(\d+) kB$/gm)) found.set(word, Number(value) * 1024);
  return found;
}

/** The soft limit of open files in `/proc/<pid>/limits`; undefined where there is none. */
export function parseOpenFilesLimit(text: string): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(text);
  return found === null ? undefined : Number(found[1]);
}

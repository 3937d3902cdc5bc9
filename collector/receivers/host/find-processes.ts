import { readlink } from "node:fs/promises";
import type { WatchedProcess } from "./host-config.ts";
import { parseProcessStat } from "./parse-process.ts";
import type { Listener } from "./parse-tcp-table.ts";
import type { ProcFiles } from "./proc-files.ts";

/** A pool of workers is a handful; a pattern that finds more means something else. */
const MAX_PROCESSES = 16;

/** The pids that an entry means, rising; at most 16. Our own process is not found by its command line or name, which may hold the pattern. */
export async function findProcesses(proc: ProcFiles, wanted: WatchedProcess, listeners: readonly Listener[]): Promise<readonly number[]> {
  if (wanted.pid !== undefined) return proc.text(`${wanted.pid}/stat`) === undefined ? [] : [wanted.pid];
  const pids = ((await proc.names("")) ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
  if (wanted.port !== undefined)
    return listenersOf(
      proc,
      pids,
      listeners.filter(({ port }) => port === wanted.port),
    );
  const { pattern } = wanted;
  const isIt = (pid: number): boolean => {
    if (pattern === undefined) return isCalled(proc, pid, wanted.name);
    return pattern.test((proc.text(`${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim());
  };
  return pids
    .filter((pid) => pid !== process.pid && isIt(pid))
    .sort((a, b) => a - b)
    .slice(0, MAX_PROCESSES);
}

/** By the kernel's name for it, which is cut after 15 bytes and which a program may change (Node does), or by the file that was started. */
function isCalled(proc: ProcFiles, pid: number, name: string): boolean {
  if (parseProcessStat(proc.text(`${pid}/stat`) ?? "")?.name === name.slice(0, 15)) return true;
  const [started = ""] = (proc.text(`${pid}/cmdline`) ?? "").split("\0", 1);
  return started.split("/").at(-1) === name;
}

/** Who holds the listening sockets; needs the rights of their owners. */
async function listenersOf(proc: ProcFiles, pids: readonly number[], listeners: readonly Listener[]): Promise<readonly number[]> {
  if (listeners.length === 0) return [];
  const sockets = new Set(listeners.map(({ inode }) => `socket:[${inode}]`));
  const found: number[] = [];
  for (const pid of pids) {
    const names = (await proc.names(`${pid}/fd`)) ?? [];
    for (const name of names) {
      if (!sockets.has(await readlink(proc.path(`${pid}/fd/${name}`)).catch(() => ""))) continue;
      found.push(pid);
      break;
    }
  }
  return found.sort((a, b) => a - b).slice(0, MAX_PROCESSES);
}

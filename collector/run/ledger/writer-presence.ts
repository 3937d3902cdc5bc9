import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The process that writes a ledger, or did. */
export interface WriterPresence {
  readonly pid: number;
  /** Where that pid means something: host, boot, and namespace of pids. */
  readonly place: string;
  /** When the process was started, in the system's own measure: a pid is used again. "" where the system does not tell. */
  readonly stamp: string;
  readonly heardUnixMs: number;
  /** undefined where it did not end in order. */
  readonly closedUnixMs: number | undefined;
}

/** How often a writer that has nothing to write says that it is there. */
export const HEARTBEAT_MS = 5000;
/** A writer of another host, of which nothing was heard for so long, is taken for dead. */
export const SILENCE_MS = 30_000;

export function ownPlace(): string {
  return [hostname(), textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")), textOf(() => readlinkSync("/proc/self/ns/pid"))]
    .map((part) => part.trim())
    .join(" ");
}

export function ownStamp(): string {
  return stampOf(process.pid) ?? "";
}

/** Whether the process still has the file: asked of the system where it is the same host, judged by its last heartbeat where it is not. */
export function isPresent(writer: WriterPresence, nowUnixMs: number): boolean {
  if (writer.closedUnixMs !== undefined) return false;
  const wasJustHeard = nowUnixMs - writer.heardUnixMs < SILENCE_MS;
  if (writer.place !== ownPlace()) return wasJustHeard;
  const stamp = stampOf(writer.pid);
  if (stamp === undefined) return false;
  return stamp === "" || writer.stamp === "" ? wasJustHeard : stamp === writer.stamp;
}

/** undefined: there is no such process, or only what its parent has not yet collected. "": there is one, of unknown start. */
function stampOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === "") return "";
  // Fields 3 (state) and 22 (start) of proc_pid_stat(5), counted from behind the name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : (fields[19] ?? "");
}

/** "" where the system has no such file. */
function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

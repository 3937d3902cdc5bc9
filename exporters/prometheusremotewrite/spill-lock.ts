import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LoadError } from "../../collector/model/errors.ts";

const LOCK = "lock";

/**
 * Marks the folder as this process'. The file says which process holds it and when that was born: one that was killed leaves it behind, and after a
 * restart of the machine its number may belong to somebody else. Throws: E_FILE where another process uses it.
 */
export function lock(folder: string): void {
  const path = join(folder, LOCK);
  const [pid = "", birth = ""] = readIfThere(path).split("\n");
  const holder = Number(pid);
  if (holder > 0 && holder !== process.pid && isAlive(holder) && (birth === "" || birth === birthOf(holder))) {
    throw new LoadError("E_FILE", `the queue directory ${folder} is in use by process ${holder}`, {
      hint: "Give each exporter and each collector a queue.directory of its own.",
    });
  }
  writeFileSync(path, `${process.pid}\n${birthOf(process.pid)}`);
}

export function unlock(folder: string): void {
  try {
    rmSync(join(folder, LOCK), { force: true });
  } catch {
    // Left behind, it names a process that is no more.
  }
}

/** Which boot of the machine, and how long after it, in ticks. "" where the system does not tell (other than Linux). */
function birthOf(pid: number): string {
  const boot = readIfThere("/proc/sys/kernel/random/boot_id").trim();
  // proc_pid_stat(5): the 22nd field; the second one, in brackets, may hold blanks.
  const ticks = readIfThere(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[19];
  return boot === "" || ticks === undefined ? "" : `${boot} ${ticks}`;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

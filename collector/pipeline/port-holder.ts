import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** State column of /proc/net/tcp for a listening socket (include/net/tcp_states.h TCP_LISTEN). */
const LISTENING = "0A";

/**
 * Which process listens on this TCP port, where the system tells it for nothing: Linux, and a process whose descriptors we may read.
 * Undefined elsewhere; never throws.
 */
export function findPortHolder(port: number): { readonly pid: number; readonly name: string } | undefined {
  try {
    const inodes = listeningInodes(port);
    if (inodes.size === 0) return undefined;
    for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
      if (holdsOneOf(pid, inodes)) return { pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
    }
  } catch {
    // Not Linux, or /proc is closed to us: the error text does without the name.
  }
  return undefined;
}

function listeningInodes(port: number): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
      // sl, local_address (hex ip:port), rem_address, st, queues, timer, retransmits, uid, timeout, inode
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(`:${wanted}`) && columns[3] === LISTENING && columns[9] !== undefined) inodes.add(columns[9]);
    }
  }
  return inodes;
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const target = readLink(`/proc/${pid}/fd/${fd}`);
      return target.startsWith("socket:[") && inodes.has(target.slice("socket:[".length, -1));
    });
  } catch {
    return false;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

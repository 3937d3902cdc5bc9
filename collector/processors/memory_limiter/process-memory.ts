import { totalmem } from "node:os";

/** What the limiter must know of the process it lives in. */
export interface ProcessMemory {
  /** Resident set, bytes. */
  usedBytes(): number;
  /** What there is at most, bytes: the cgroup's limit (v2 or v1) where there is one, else the machine's memory. */
  totalBytes(): number;
  /** False where node runs without --expose-gc. */
  collectGarbage(): boolean;
  /** Monotonic ms. */
  nowMs(): number;
}

export const PROCESS_MEMORY: ProcessMemory = {
  usedBytes: () => process.memoryUsage.rss(),
  totalBytes() {
    const machineBytes = totalmem();
    const groupBytes = process.constrainedMemory();
    return groupBytes > 0 && groupBytes < machineBytes ? groupBytes : machineBytes;
  },
  collectGarbage() {
    if (globalThis.gc === undefined) return false;
    globalThis.gc();
    return true;
  },
  nowMs: () => performance.now(),
};

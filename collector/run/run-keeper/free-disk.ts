import { statfsSync } from "node:fs";

/** 50 MB: below it a run's ledger is not written any further, so that the machine under test does not run full because it is measured. */
export const MIN_FREE_BYTES = 50_000_000;

/** Bytes that a process without special rights may still write below this folder; infinite where the system does not tell. */
export function freeDiskBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

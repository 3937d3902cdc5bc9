import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/**
 * Whoever reads a ledger while its writer closes it keeps the write-ahead log beside it, to which the last of the run then belongs. Puts it into the
 * file once nobody reads it any more. Whether the file stands by itself now. Never throws, never waits.
 */
export function tidyLedger(path: string): boolean {
  const log = `${path}-wal`;
  if (!existsSync(log)) return true;
  try {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;");
    } finally {
      database.close();
    }
  } catch {
    // Still read, or the disk is full: the two files together are whole.
  }
  return !existsSync(log);
}

import type { DatabaseSync } from "node:sqlite";
import { ledgerFault } from "./ledger-error.ts";
import { isPresent, ownPlace, ownStamp, type WriterPresence } from "./writer-presence.ts";

export interface Registration {
  readonly id: number;
  readonly openedUnixMs: number;
}

/** Signs this process in as the writer. Throws: E_LEDGER where there is one; errors of SQLite. */
export function registerWriter(database: DatabaseSync, path: string): Registration {
  database.exec("BEGIN IMMEDIATE");
  const last = readWriter(database, "(SELECT max(id) FROM writers)");
  const nowMs = Date.now();
  if (last !== undefined && isPresent(last, nowMs)) {
    throw ledgerFault(path, `process ${last.pid} is writing it`, { hint: "Let the run end first, or end that process." });
  }
  const { lastInsertRowid } = database
    .prepare("INSERT INTO writers (pid, place, stamp, opened_ms, heard_ms) VALUES (?, ?, ?, ?, ?)")
    .run(process.pid, ownPlace(), ownStamp(), nowMs, nowMs);
  database.exec("COMMIT");
  return { id: Number(lastInsertRowid), openedUnixMs: nowMs };
}

/** `id`: an expression of SQL. undefined where there is no such writer. */
export function readWriter(database: DatabaseSync, id: string): WriterPresence | undefined {
  const row = database.prepare(`SELECT pid, place, stamp, heard_ms, closed_ms FROM writers WHERE id = ${id}`).get();
  if (row === undefined) return undefined;
  return {
    pid: Number(row["pid"]),
    place: String(row["place"]),
    stamp: String(row["stamp"]),
    heardUnixMs: Number(row["heard_ms"]),
    closedUnixMs: row["closed_ms"] === null ? undefined : Number(row["closed_ms"]),
  };
}

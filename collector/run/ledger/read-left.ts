import type { DatabaseSync } from "node:sqlite";

/** What earlier writers of a file have saved: a writer that comes later must not replace it. */
export interface LeftBefore {
  /** Ids of sampled traces, in their order. */
  readonly traces: readonly number[];
  readonly nextSlot: number;
  readonly lastLoss: number;
}

/** Throws: SyntaxError for a file that is damaged; errors of SQLite. */
export function readLeft(database: DatabaseSync): LeftBefore {
  const first = (sql: string) => database.prepare(sql).get()?.["value"];
  const order = first("SELECT value FROM meta WHERE key = 'trace_order'");
  return {
    traces: order === undefined ? [] : (JSON.parse(String(order)) as readonly number[]),
    nextSlot: Number(first("SELECT max(slot) AS value FROM witnesses") ?? -1) + 1,
    lastLoss: Number(first("SELECT max(id) AS value FROM losses") ?? 0),
  };
}

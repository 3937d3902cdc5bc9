import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Every statement that writes, compiled once a file. */
export type InsertStatements = Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

const STATEMENTS = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  // Nothing is changed where another writer has come after this one.
  heartbeat: "UPDATE writers SET heard_ms = max(heard_ms, ?) WHERE id = ? AND id = (SELECT max(id) FROM writers)",
  close: "UPDATE writers SET closed_ms = ? WHERE id = ?",
  run: "INSERT OR REPLACE INTO run VALUES (1, ?, ?)",
  dropPhases: "DELETE FROM phases WHERE source = ?",
  phase: "INSERT INTO phases (source, body) VALUES (?, ?)",
  mark: "INSERT INTO marks (body) VALUES (?)",
  word: "INSERT INTO words VALUES (?, ?)",
  endpoint: "INSERT INTO endpoints VALUES (?, ?, ?, ?)",
  vote: "INSERT INTO votes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
  stream: "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  cell: "INSERT INTO cells VALUES (?, ?, ?, ?, ?)",
  join: "INSERT INTO joins VALUES (?, ?, ?, ?, ?, ?)",
  clockPair: "INSERT INTO clock_pairs VALUES (?, ?, ?, ?, ?, ?)",
  series: "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  point: "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?)",
  log: "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)",
  trace: "INSERT INTO traces VALUES (?, ?)",
  dropTrace: "DELETE FROM traces WHERE id = ?",
  traceOrder: "INSERT OR REPLACE INTO meta VALUES ('trace_order', ?)",
  witness: "INSERT OR REPLACE INTO witnesses VALUES (?, ?)",
  dropWitnesses: "DELETE FROM witnesses WHERE slot >= ?",
  // Those of writers before this one stay.
  dropLosses: "DELETE FROM losses WHERE component = ? AND id > ?",
  endpointRules: "INSERT OR REPLACE INTO meta VALUES ('endpoint_rules', ?)",
  loss: "INSERT INTO losses (component, body) VALUES (?, ?)",
  fact: "INSERT INTO facts (kind, witness, body) VALUES (?, ?, ?)",
} as const;

export function insertStatements(database: DatabaseSync): InsertStatements {
  return Object.fromEntries(Object.entries(STATEMENTS).map(([name, sql]) => [name, database.prepare(sql)])) as InsertStatements;
}

/** Raised whenever a file of the new form could not be read by an older Pitwall; readers refuse what is above their own. */
export const LEDGER_VERSION = 1;

/** `PWLL` in ASCII, in the file's header ("Application ID", https://www.sqlite.org/fileformat.html): tells a run from any other database. */
export const LEDGER_APPLICATION_ID = 0x50574c4c;

/**
 * The tables of a run. What repeats in thousands of rows stands once, in `streams`, `series`, `endpoints` and `words`. Rows are appended and
 * never changed, but for the small tables that say how things stand now: run, phases, traces, witnesses, losses, votes, and the heartbeat in
 * `writers`.
 *
 * - `meta`: the `version` of the form; `trace_order`, a JSON array of the ids in `traces`; `endpoint_rules`, the rules of the configuration as JSON.
 * - Times: unix seconds in `second`, unix milliseconds in `…_ms`.
 * - Numbers are REAL, which keeps whole ones short and any double readable; NaN is NULL.
 * - `latency`: `encodeHistogram` of collector/stats. `sums`, `parts`: `encodeCountedSums`. `body`: JSON of `formatLedgerJson`; `attributes`: plain JSON.
 */
export const LEDGER_SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE writers (
  id INTEGER PRIMARY KEY, pid REAL, place TEXT, stamp TEXT, opened_ms REAL, heard_ms REAL, closed_ms REAL
) STRICT;
CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL, writer INTEGER NOT NULL REFERENCES writers) STRICT;
CREATE TABLE phases (id INTEGER PRIMARY KEY, source TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE marks (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;
CREATE TABLE endpoints (id INTEGER PRIMARY KEY, method TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL) STRICT;
CREATE TABLE votes (
  endpoint INTEGER NOT NULL REFERENCES endpoints, same_as INTEGER NOT NULL REFERENCES endpoints, count REAL, PRIMARY KEY (endpoint, same_as)
) STRICT, WITHOUT ROWID;
CREATE TABLE streams (
  id INTEGER PRIMARY KEY, hop TEXT NOT NULL, source TEXT NOT NULL, witness TEXT NOT NULL, instance TEXT NOT NULL,
  endpoint INTEGER NOT NULL REFERENCES endpoints, scenario TEXT NOT NULL, outcome TEXT NOT NULL, error_kind TEXT, status REAL
) STRICT;
CREATE TABLE cells (second REAL, stream INTEGER NOT NULL REFERENCES streams, count REAL, latency BLOB, sums BLOB) STRICT;
CREATE TABLE joins (second REAL, endpoint INTEGER NOT NULL REFERENCES endpoints, told_by TEXT NOT NULL, count REAL, parts BLOB, failed INTEGER) STRICT;
CREATE TABLE clock_pairs (
  outer_hop TEXT NOT NULL, inner_hop TEXT NOT NULL, outer_start_ms REAL, outer_end_ms REAL, inner_start_ms REAL, inner_end_ms REAL
) STRICT;
CREATE TABLE series (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL, hop TEXT,
  witness TEXT NOT NULL, instance TEXT NOT NULL, attributes TEXT NOT NULL
) STRICT;
CREATE TABLE points (series INTEGER NOT NULL REFERENCES series, second REAL, min REAL, max REAL, last REAL, sum REAL, n REAL) STRICT;
CREATE TABLE traces (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE logs (
  time_ms REAL, witness TEXT NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL, trace_id TEXT NOT NULL, attributes TEXT NOT NULL
) STRICT;
CREATE TABLE witnesses (slot INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE losses (id INTEGER PRIMARY KEY, component TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE facts (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, witness TEXT NOT NULL, body TEXT NOT NULL) STRICT;
`;

/** Columns that came after the first files were written: table, column, type. Readers take a column that is not there for NULL. */
export const LATER_COLUMNS: readonly (readonly [string, string, string])[] = [["joins", "failed", "INTEGER"]];

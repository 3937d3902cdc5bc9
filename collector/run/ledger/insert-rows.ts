import type { SQLInputValue } from "node:sqlite";
import type { LedgerRows } from "../ledger-writer.ts";
import { encodeCountedSums } from "./counted-sums.ts";
import type { InsertStatements } from "./insert-statements.ts";
import type { LedgerDictionaries } from "./ledger-dictionaries.ts";

type Columns = readonly SQLInputValue[];

/** Rows as their tables want them, every repeated thing by its number. */
export interface EncodedRows {
  readonly cell: readonly Columns[];
  readonly join: readonly Columns[];
  readonly clockPair: readonly Columns[];
  readonly point: readonly Columns[];
  readonly log: readonly Columns[];
}

/** Throws: E_LEDGER for rows that name an endpoint or a series that there is not. */
export function rowsOf(rows: LedgerRows, numbers: LedgerDictionaries, path: string): EncodedRows {
  const { cells = [], joins = [], clockPairs = [], points = [], logs = [] } = rows;
  return {
    cell: cells.map((cell) => {
      numbers.checkEndpoint(cell.endpoint, path);
      return [cell.second, numbers.stream(cell), cell.count, cell.latency ?? null, encodeCountedSums(cell.sums, numbers.word) ?? null];
    }),
    join: joins.map(({ second, endpoint, by, count, parts, failed }) => {
      numbers.checkEndpoint(endpoint, path);
      return [second, endpoint, by, count, encodeCountedSums(parts, numbers.word) ?? null, failed === true ? 1 : null];
    }),
    clockPair: clockPairs.map((pair) => [pair.outer, pair.inner, pair.outerStartMs, pair.outerEndMs, pair.innerStartMs, pair.innerEndMs]),
    point: points.map(({ series, point }) => {
      numbers.checkSeries(series, path);
      return [series, point.second, point.min, point.max, point.last, point.sum, point.n];
    }),
    log: logs.map((log) => [log.timeUnixMs, log.witness, log.severity, log.body, log.traceId, JSON.stringify(log.attributes)]),
  };
}

/** Within the caller's transaction. */
export function insertRows(insert: InsertStatements, rows: EncodedRows): void {
  for (const table of ["cell", "join", "clockPair", "point", "log"] as const) {
    for (const columns of rows[table]) insert[table].run(...columns);
  }
}

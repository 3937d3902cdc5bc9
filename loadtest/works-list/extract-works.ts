import {
  KIND_OF_TABLE,
  type NormalizedWork,
  WORKS_SCHEMA,
  WORKS_TABLES,
  type WorkRow,
  type WorksDocument,
  type WorksTable,
  type WorkValue,
} from "../k6/works-document.ts";
import { maskValue } from "./mask-value.ts";
import { isRecord, type Migration } from "./parse-migration.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import { type Columns, WORKS_COLUMNS } from "./works-columns.ts";
import { WorksInputError } from "./works-input-error.ts";

/** What stayed behind, for the person who runs the extraction; names of tables and columns, never values. */
export interface LeftOut {
  /** Tables with their number of rows. */
  readonly tables: ReadonlyMap<string, number>;
  /** `table.column` with the number of rows that had it. */
  readonly columns: ReadonlyMap<string, number>;
  /** `table.column` with the number of values that were not of the column's type. */
  readonly values: ReadonlyMap<string, number>;
  /** Tables with the number of rows without a usable `profile_id`. */
  readonly rows: ReadonlyMap<string, number>;
}

export interface Extraction {
  readonly document: WorksDocument;
  readonly leftOut: LeftOut;
}

/**
 * Takes what the works lists need out of a migration: the tables and columns that are allowed, identifiers as pseudonyms, texts made up.
 * @param only the tables to take; all that are allowed where not given
 * @param file for messages
 */
export function extractWorks(migration: Migration, pseudonyms: Pseudonyms, file: string, only: readonly WorksTable[] = WORKS_TABLES): Extraction {
  const leftOut = {
    tables: new Map<string, number>(),
    columns: new Map<string, number>(),
    values: new Map<string, number>(),
    rows: new Map<string, number>(),
  };
  const tables = new Map<WorksTable, readonly WorkRow[]>();
  for (const [name, rows] of migration) {
    const table = only.find((allowed) => allowed === name);
    if (table === undefined) leftOut.tables.set(name, rows.length);
    else
      tables.set(
        table,
        rows.flatMap((row, index) => maskRow(table, row, `${file}: ${name}[${index}]`, pseudonyms, leftOut)),
      );
  }
  return { document: worksDocument(tables), leftOut };
}

/** At most `rowsPerTable` rows of each table, published ones first, in the order of their pseudonyms: which ones says nothing about the original. */
export function sampleWorks(document: WorksDocument, rowsPerTable: number): WorksDocument {
  const rank = (row: WorkRow) => `${row["publication_status"] === "published" ? 0 : 1} ${row["profile_id"]}`;
  const byRank = (left: WorkRow, right: WorkRow) => (rank(left) < rank(right) ? -1 : 1);
  return worksDocument(new Map(WORKS_TABLES.map((table) => [table, document.tables[table].toSorted(byRank).slice(0, rowsPerTable)])));
}

function worksDocument(tables: ReadonlyMap<WorksTable, readonly WorkRow[]>): WorksDocument {
  const rowsOf = (table: WorksTable) => tables.get(table) ?? [];
  const normalizedWorks = WORKS_TABLES.flatMap((table) => rowsOf(table).map((row) => normalizedWork(table, row)));
  const counts = WORKS_TABLES.map((table) => [table, rowsOf(table).length] as const);
  return {
    schema: WORKS_SCHEMA,
    tables: Object.fromEntries(WORKS_TABLES.map((table) => [table, rowsOf(table)])) as WorksDocument["tables"],
    normalizedWorks,
    counts: { ...Object.fromEntries(counts), normalizedWorks: normalizedWorks.length } as WorksDocument["counts"],
  };
}

function normalizedWork(table: WorksTable, row: WorkRow): NormalizedWork {
  const text = (column: string) => (typeof row[column] === "string" ? row[column] : "");
  return {
    kind: KIND_OF_TABLE[table],
    profileId: text("profile_id"),
    ownerUserId: text("owner_user_id"),
    publicWorkCode: text("public_work_code"),
    publicationStatus: text("publication_status"),
  };
}

type Counts = { readonly [key in keyof LeftOut]: Map<string, number> };

function maskRow(table: WorksTable, row: unknown, place: string, pseudonyms: Pseudonyms, leftOut: Counts): readonly WorkRow[] {
  if (!isRecord(row)) throw new WorksInputError(place, "this row is not an object by column; export the rows with their column names");
  const columns: Columns = WORKS_COLUMNS[table];
  const masked: Record<string, WorkValue> = {};
  for (const [column, value] of Object.entries(row)) {
    const sort = Object.hasOwn(columns, column) ? columns[column] : undefined;
    const result = sort === undefined ? undefined : maskValue(sort, value, pseudonyms);
    if (result !== undefined) masked[column] = result;
    else count(sort === undefined ? leftOut.columns : leftOut.values, `${table}.${column}`);
  }
  if (typeof masked["profile_id"] === "string" && masked["profile_id"] !== "") return [masked];
  count(leftOut.rows, table);
  return [];
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

import { WORKS_TABLES } from "../k6/works-document.ts";
import { placeOfJsonMistake } from "./json-mistake.ts";
import { WorksInputError } from "./works-input-error.ts";

export type MigrationRow = Readonly<Record<string, unknown>>;

/** Tables by name, in the order of the file; the rows as they came, not yet looked at. */
export type Migration = ReadonlyMap<string, readonly unknown[]>;

/**
 * Reads a SpacetimeDB migration written as JSON. Accepted, with or without an outer `{"tables": …}`:
 * - `{"name": [row, …], …}`
 * - `{"name": {"rows": [row, …]}, …}`
 * - `[{"name": "…", "rows": [row, …]}, …]` (also `table_name` for `name`)
 *
 * A row is an object by column. Members that are no tables (`schema_version`, `exported_at` …) may stand beside them.
 * @param file for messages
 * @throws WorksInputError with the place, never with a value
 */
export function parseMigration(text: string, file: string): Migration {
  const parsed = parseJson(text, file);
  const hasTables = isRecord(parsed) && isContainer(parsed["tables"]);
  const place = hasTables ? "tables" : "";
  const tables: unknown = hasTables ? parsed["tables"] : parsed;
  const found = Array.isArray(tables) ? namedTables(tables, file, place) : isRecord(tables) ? keyedTables(tables, file, place) : [];
  if (found.length === 0) {
    throw new WorksInputError(
      file,
      'no table in it. It wants {"tables": {"puzzle_work_profile": [row, …], …}}, {"tables": {"puzzle_work_profile": {"rows": […]}}} or {"tables": [{"name": "puzzle_work_profile", "rows": […]}]}',
    );
  }
  const migration = new Map<string, readonly unknown[]>();
  for (const [name, rows] of found) {
    if (migration.has(name)) throw new WorksInputError(`${file}: ${place}`, `the table ${JSON.stringify(name)} is there twice; keep one`);
    migration.set(name, rows);
  }
  return migration;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isContainer(value: unknown): boolean {
  return Array.isArray(value) || isRecord(value);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""), keepLongNumbers);
  } catch {
    throw new WorksInputError(`${file}: ${placeOfJsonMistake(text.replace(/^\uFEFF/, ""))}`, "this is not JSON; export the migration again");
  }
}

/** Ids of 64 bits do not fit in a double: two of them would become one. They stay text. */
function keepLongNumbers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER ? (context?.source ?? value) : value;
}

function namedTables(tables: readonly unknown[], file: string, place: string): readonly (readonly [string, readonly unknown[]])[] {
  return tables.map((table, index) => {
    const name = isRecord(table) ? (table["name"] ?? table["table_name"]) : undefined;
    const rows = isRecord(table) ? table["rows"] : undefined;
    if (typeof name === "string" && Array.isArray(rows)) return [name, rows] as const;
    throw new WorksInputError(`${file}: ${place}[${index}]`, 'this is no table; in a list each is {"name": "…", "rows": […]}');
  });
}

function keyedTables(tables: Readonly<Record<string, unknown>>, file: string, place: string): readonly (readonly [string, readonly unknown[]])[] {
  return Object.entries(tables).flatMap(([name, table]) => {
    const rows: unknown = isRecord(table) ? table["rows"] : table;
    if (Array.isArray(rows)) return [[name, rows] as const];
    if (!WORKS_TABLES.some((known) => known === name)) return [];
    throw new WorksInputError(`${file}: ${place === "" ? "" : `${place}.`}${name}`, 'its rows are no list; it wants [row, …] or {"rows": [row, …]}');
  });
}

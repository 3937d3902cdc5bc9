import { WORKS_TABLES, type WorksDocument } from "../k6/works-document.ts";
import type { LeftOut } from "./extract-works.ts";
import { isPrivateTable } from "./works-columns.ts";

/** Lines `table: rows`, and the number of works. */
export function formatCounts(title: string, { counts }: WorksDocument): string {
  const lines = [...WORKS_TABLES, "normalizedWorks" as const].map((name) => `  ${name}: ${counts[name]}`);
  return [title, ...lines].join("\n");
}

/** What stayed behind, by name; "" when nothing did. */
export function formatLeftOut({ tables, columns, values, rows }: LeftOut): string {
  const privateTables = [...tables].filter(([name]) => isPrivateTable(name));
  const others = [...tables].filter(([name]) => !isPrivateTable(name));
  return [
    ...section("Private tables, left out", privateTables, "rows"),
    ...section("Other tables, left out", others, "rows"),
    ...section("Columns that are not on the list, left out", [...columns], "rows"),
    ...section("Values that are not of the column's type, left out", [...values], "values"),
    ...section("Rows without a profile_id, left out", [...rows], "rows"),
  ].join("\n");
}

function section(title: string, entries: readonly (readonly [string, number])[], unit: string): readonly string[] {
  if (entries.length === 0) return [];
  return [`${title}:`, ...entries.map(([name, number]) => `  ${printable(name)}: ${number} ${unit}`)];
}

/** Names come from the file: no control characters on a terminal, and no endless line. */
function printable(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, "?").slice(0, 100);
}

const NUMBER = new Intl.NumberFormat("en-US");

export function formatCount(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "–" : NUMBER.format(value);
}

/** Columns padded to their widest cell; all but the first are aligned right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], indent = "  "): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    indent +
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}

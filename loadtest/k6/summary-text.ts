/** What `handleSummary` of k6 is given (its own form, not the machine-readable one). */
export interface SummaryMetric {
  readonly type: string;
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}
export interface SummaryInput {
  readonly metrics: Readonly<Record<string, SummaryMetric>>;
  readonly state: { readonly testRunDurationMs: number };
}

/** A value of a metric; undefined where k6 has none. */
export function statOf(summary: SummaryInput, metric: string, value: string): number | undefined {
  return summary.metrics[metric]?.values[value];
}

/** `threshold ok`/`FAILED` with its metric, in the order of the metrics; those that `isShown` are shown. */
export function thresholdLines(summary: SummaryInput, isShown: (expression: string) => boolean): readonly string[] {
  return Object.entries(summary.metrics).flatMap(([metric, { thresholds }]) =>
    Object.entries(thresholds ?? {})
      .filter(([expression]) => isShown(expression))
      .map(([expression, { ok }]) => `  ${ok ? "ok    " : "FAILED"}  ${metric} ${expression}`),
  );
}

/** Columns as wide as their widest cell; the first is aligned to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map(
    (row) => `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ")}`,
  );
}

/** Milliseconds as people read them; `–` where there are none. */
export function showMs(ms: number | undefined): string {
  return ms === undefined ? "–" : ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

export function showPercent(ratio: number | undefined): string {
  return ratio === undefined ? "–" : `${(ratio * 100).toFixed(2)}%`;
}

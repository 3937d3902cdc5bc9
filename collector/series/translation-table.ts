import type { FamilyType } from "./families.ts";
import type { MetricHeader } from "./translation.ts";

/** A metric as it came, and as Prometheus knows it. */
export interface TranslationRow {
  readonly metric: string;
  readonly unit: string;
  /** "" where it is not shown; then `problem` says why. */
  readonly name: string;
  readonly type: FamilyType | "";
  /** Names of all labels that its series have had so far; sorted. */
  readonly labels: readonly string[];
  readonly problem: string;
}

/** What a `SeriesStore` tells of each series at first sight; the family is undefined where the metric is not shown, for `reason`. */
export type OnNaming = (
  metric: MetricHeader,
  family: { readonly sample: string; readonly type: FamilyType } | undefined,
  labels: Iterable<string>,
  reason: string,
) => void;

/** The label that each line of such a family has for itself. */
export function ownLabels(type: FamilyType): readonly string[] {
  return type === "histogram" ? ["le"] : type === "summary" ? ["quantile"] : [];
}

/** Rows that are kept: a sender that makes up names must not fill the memory with them. */
const MAX_ROWS = 2000;
const MAX_LABELS = 64;

/** "OTLP name → Prometheus name → type → labels" of everything that was seen, for `validate --translate` and the log at start. */
export class TranslationTable {
  readonly #rows = new Map<string, { row: Omit<TranslationRow, "labels">; readonly labels: Set<string> }>();
  readonly #onRow: (row: TranslationRow) => void;
  /** Metrics beyond those that are kept. */
  surplus = 0;

  /** `onRow` hears of each new row once, with the labels of its first series. */
  constructor(onRow: (row: TranslationRow) => void = () => {}) {
    this.#onRow = onRow;
  }

  readonly note: OnNaming = (metric, family, labels, reason) => {
    const { sample: name = "", type = "" } = family ?? {};
    const key = JSON.stringify([metric.name, metric.unit, name, type]);
    let known = this.#rows.get(key);
    if (known === undefined) {
      if (this.#rows.size >= MAX_ROWS) {
        this.surplus++;
        return;
      }
      known = { row: { metric: metric.name, unit: metric.unit, name, type, problem: family === undefined ? reason : "" }, labels: new Set(labels) };
      this.#rows.set(key, known);
      this.#onRow(rowOf(known));
      return;
    }
    for (const label of labels) if (known.labels.size < MAX_LABELS) known.labels.add(label);
  };

  /** By OTLP name. */
  rows(): readonly TranslationRow[] {
    return [...this.#rows.values()].map(rowOf).sort((a, b) => compare(a.metric, b.metric) || compare(a.name, b.name));
  }
}

function rowOf({ row, labels }: { readonly row: Omit<TranslationRow, "labels">; readonly labels: ReadonlySet<string> }): TranslationRow {
  return { ...row, labels: [...labels].sort() };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

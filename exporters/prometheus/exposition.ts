import type { Bounds } from "../../collector/series/bounds.ts";
import type { Family } from "../../collector/series/families.ts";
import { renderLabels } from "../../collector/series/labels.ts";
import { DISTRIBUTION_CELLS } from "../../collector/series/point-cells.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import { lineHead, lineStart } from "../../collector/series/translation.ts";
import { escapeHelp, escapeLabelValue } from "../../collector/wire/prometheus-text.ts";
import type { Page } from "./page.ts";

export interface ExpositionOptions {
  readonly openMetrics: boolean;
  /** Every sample with the time of its point. */
  readonly timestamps: boolean;
}

/**
 * Writes everything that the store has now, one family after the other: one turn of the event loop, so one instant.
 * Lines are copied from their rendered beginnings; only values become text here (100 ns a line).
 */
export function renderExposition(store: SeriesStore, page: Page, options: ExpositionOptions): void {
  page.length = 0;
  renderTargets(store, page, options);
  const exposition = new Exposition(store, page, options);
  for (const family of store.families.sorted()) exposition.family(family);
  if (options.openMetrics) page.text("# EOF\n");
}

function renderTargets(store: SeriesStore, page: Page, { openMetrics }: ExpositionOptions): void {
  const targets = [...store.targets.values()].map((target) => renderLabels(target.labels)).sort();
  if (targets.length === 0) return;
  const name = openMetrics ? "target" : "target_info";
  page.text(`# HELP ${name} Target metadata\n# TYPE ${name} ${openMetrics ? "info" : "gauge"}\n`);
  for (const labels of targets) page.text(`${lineStart("target_info", labels)}1\n`);
}

class Exposition {
  readonly #store: SeriesStore;
  readonly #page: Page;
  readonly #openMetrics: boolean;
  readonly #timestamps: boolean;

  constructor(store: SeriesStore, page: Page, options: ExpositionOptions) {
    this.#store = store;
    this.#page = page;
    this.#openMetrics = options.openMetrics;
    this.#timestamps = options.timestamps;
  }

  family(family: Family): void {
    const { bits } = this.#store.table;
    let isFirst = true;
    for (const series of family.series) {
      if (((bits[series] as number) & SERIES_BIT.visible) === 0) continue;
      if (isFirst) this.#header(family);
      isFirst = false;
      if (family.type === "histogram") this.#histogram(family, series);
      else if (family.type === "summary") this.#summary(family, series);
      else this.#number(family, series);
    }
  }

  #header(family: Family): void {
    const plain = this.#openMetrics ? family.base : family.sample;
    const name = family.isLegacy ? plain : `"${escapeLabelValue(plain)}"`;
    if (family.help !== "") this.#page.text(`# HELP ${name} ${escapeHelp(family.help, this.#openMetrics)}\n`);
    this.#page.text(`# TYPE ${name} ${this.#typeWord(family)}\n`);
    if (this.#openMetrics && family.unit !== "") this.#page.text(`# UNIT ${name} ${family.unit}\n`);
  }

  #typeWord(family: Family): string {
    if (!this.#openMetrics) return family.type === "unknown" ? "untyped" : family.type;
    // Without its `_total` OpenMetrics does not know it as a counter.
    return family.type === "counter" && family.base === family.sample ? "unknown" : family.type;
  }

  #number(family: Family, series: number): void {
    const { table, exemplars } = this.#store;
    this.#prefix(series);
    const cell = table.cellStarts[series] as number;
    const bits = table.bits[series] as number;
    if ((bits & SERIES_BIT.bigInt) === 0) this.#page.number(table.cells.values[cell] as number);
    else {
      const high = BigInt((table.cells.words[cell * 2 + 1] as number) | 0);
      this.#page.text(String((high << 32n) | BigInt(table.cells.words[cell * 2] as number)));
    }
    const takesExemplar = family.type === "counter" && family.base !== family.sample;
    this.#end(series, takesExemplar ? exemplars.of(series, Infinity) : undefined);
  }

  #histogram(family: Family, series: number): void {
    const { table, les, exemplars } = this.#store;
    const bounds: Bounds = les.at((table.bounds[series] as number) - 1);
    const { values } = table.cells;
    const cell = table.cellStarts[series] as number;
    const count = values[cell + 1] as number;
    const withExemplars = this.#openMetrics && ((table.bits[series] as number) & SERIES_BIT.hasExemplars) !== 0;
    let accumulated = 0;
    for (let index = 0; index < bounds.endings.length; index++) {
      if (bounds.values[index] === Infinity) break;
      accumulated += values[cell + DISTRIBUTION_CELLS + index] as number;
      this.#prefix(series);
      const ending = bounds.endings[index] as Buffer;
      this.#page.copy(ending, 0, ending.length);
      this.#page.number(accumulated);
      this.#end(series, withExemplars ? exemplars.of(series, bounds.values[index] as number) : undefined);
    }
    this.#prefix(series);
    this.#page.copy(INFINITE, 0, INFINITE.length);
    this.#page.number(count);
    this.#end(series, withExemplars ? exemplars.of(series, Infinity) : undefined);
    const hasSum = ((table.bits[series] as number) & SERIES_BIT.hasSum) !== 0;
    // OpenMetrics 1.0 allows the two only together, and none where a bound is negative.
    const isWhole = hasSum && !((bounds.values[0] ?? 0) < 0);
    if (hasSum && (isWhole || !this.#openMetrics)) this.#total(family, series, "_sum", values[cell] as number);
    if (isWhole || !this.#openMetrics) this.#total(family, series, "_count", count);
  }

  #summary(family: Family, series: number): void {
    const { table, quantiles } = this.#store;
    const bounds = quantiles.at((table.bounds[series] as number) - 1);
    const { values } = table.cells;
    const cell = table.cellStarts[series] as number;
    for (let index = 0; index < bounds.endings.length; index++) {
      this.#prefix(series);
      const ending = bounds.endings[index] as Buffer;
      this.#page.copy(ending, 0, ending.length);
      this.#page.number(values[cell + DISTRIBUTION_CELLS + index] as number);
      this.#end(series, undefined);
    }
    this.#total(family, series, "_sum", values[cell] as number);
    this.#total(family, series, "_count", values[cell + 1] as number);
  }

  /** The rendered beginning, with room for the rest of the line. */
  #prefix(series: number): void {
    const { table } = this.#store;
    const start = table.prefixStarts[series] as number;
    const size = table.prefixSizes[series] as number;
    this.#page.reserve(size + LINE_REST_BYTES);
    this.#page.copy(table.arena.bytes, start, start + size);
  }

  /** `name_sum{labels} value`, with the labels of the series' own prefix. */
  #total(family: Family, series: number, suffix: string, value: number): void {
    const { table } = this.#store;
    const start = (table.prefixStarts[series] as number) + (table.labelOffsets[series] as number);
    // Without the comma that waits for `le`.
    const end = (table.prefixStarts[series] as number) + (table.prefixSizes[series] as number) - 1;
    const name = `${family.base}${suffix}`;
    if (end < start) this.#page.text(lineStart(name, ""));
    else {
      this.#page.text(lineHead(name));
      this.#page.reserve(end - start + LINE_REST_BYTES);
      this.#page.copy(table.arena.bytes, start, end);
      this.#page.copy(LABELS_END, 0, LABELS_END.length);
    }
    this.#page.reserve(LINE_REST_BYTES);
    this.#page.number(value);
    this.#end(series, undefined);
  }

  #end(series: number, exemplar: string | undefined): void {
    if (this.#timestamps) {
      const ms = Math.round((this.#store.table.timeNs[series] as number) / 1e6);
      this.#page.text(this.#openMetrics ? ` ${(ms / 1000).toFixed(3)}` : ` ${ms}`);
    }
    if (exemplar !== undefined && this.#openMetrics) this.#page.text(exemplar);
    this.#page.reserve(1);
    this.#page.newline();
  }
}

const INFINITE = Buffer.from('le="+Inf"} ', "latin1");
const LABELS_END = Buffer.from("} ", "latin1");
/** Ending with a bound, a value, a line break. */
const LINE_REST_BYTES = 96;

import type { Bounds } from "../../collector/series/bounds.ts";
import { DISTRIBUTION_CELLS } from "../../collector/series/cells.ts";
import { Family } from "../../collector/series/families.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import { formatBound, formatLineStart, formatValue } from "../../collector/wire/prometheus-text.ts";
import { exemplarsByBucket, formatExemplar, formatSeconds, newestExemplar } from "./bucket-exemplars.ts";
import type { EscapedLabels } from "./escaped-labels.ts";
import type { ExposedFamily } from "./exposed-names.ts";
import { LineBlock } from "./line-block.ts";
import type { Page } from "./page.ts";
import { boundsOf, type LineStyle, SHAPE, shapeOf } from "./series-shape.ts";

/** Cells of the series of one chunk, about: what has to be rendered anew where one of them changes its bounds or disappears. */
const MAX_CELLS = 8192;
const MAX_SERIES = 1024;

/** Some series of a family that stand next to one another, with their lines. */
export class SeriesChunk {
  readonly #store: SeriesStore;
  readonly #style: LineStyle;
  readonly #labels: EscapedLabels;
  readonly #block = new LineBlock();
  #exposed: ExposedFamily = NOTHING;
  /** Series `from` to before `to` of the family's list. */
  from = 0;
  to = 0;
  #series: number[] = [];
  #shapes: number[] = [];
  #bounds: (Bounds | undefined)[] = [];
  /** Series that have the labels of another one under this escaping. */
  #hidden: ReadonlySet<number> = new Set();
  /** Escaping has changed label sets, and could have made two of them equal. */
  mayCollide = false;
  /** No more series go into it. */
  isFull = false;

  constructor(store: SeriesStore, style: LineStyle, labels: EscapedLabels) {
    this.#store = store;
    this.#style = style;
    this.#labels = labels;
  }

  get sizeBytes(): number {
    return this.#block.sizeBytes + this.#series.length * BYTES_PER_SERIES;
  }

  get hidden(): number {
    return this.#hidden.size;
  }

  /** Renders the beginnings of the lines of the series from `from` on. `seen` are the label sets of the family that an escaping has changed. */
  build(exposed: ExposedFamily, from: number, seen: Set<string>): void {
    this.#exposed = exposed;
    const { family } = exposed;
    const { table } = this.#store;
    const isDistribution = family.type === "histogram" || family.type === "summary";
    const hidden = new Set<number>();
    this.from = from;
    this.#block.clear();
    this.#series = [];
    this.#shapes = [];
    this.#bounds = [];
    this.mayCollide = false;
    let cells = 0;
    for (this.to = from; this.to < family.series.length && this.#series.length < MAX_SERIES && cells < MAX_CELLS; this.to++) {
      const series = family.series[this.to] as number;
      const shape = shapeOf(this.#store, family, series, this.#style);
      const bounds = isDistribution && shape !== 0 ? boundsOf(this.#store, series) : undefined;
      cells += table.cellCounts[series] as number;
      this.#series.push(series);
      this.#shapes.push(shape);
      this.#bounds.push(bounds);
      const text = this.#labels.text(table.labels(series));
      if (this.#labels.mayCollide(text)) {
        this.mayCollide = true;
        if (seen.has(text)) hidden.add(series);
        seen.add(text);
      }
      if (shape !== 0 && !hidden.has(series)) this.#lines(text, shape, bounds);
    }
    this.#hidden = hidden;
    this.isFull = this.to < family.series.length;
  }

  /** Whether the series have the lines that they had. */
  isCurrent(): boolean {
    const { family } = this.#exposed;
    const isDistribution = family.type === "histogram" || family.type === "summary";
    const isPlain = !isDistribution && !(this.#style.openMetrics && family.type === "counter");
    const { bits } = this.#store.table;
    for (let index = 0; index < this.#series.length; index++) {
      const series = this.#series[index] as number;
      const shape = isPlain ? (bits[series] as number) & SERIES_BIT.visible : shapeOf(this.#store, family, series, this.#style);
      if (shape !== this.#shapes[index]) return false;
      if (isDistribution && shape !== 0 && boundsOf(this.#store, series) !== this.#bounds[index]) return false;
    }
    return true;
  }

  /** Writes all lines with the values of now. */
  write(page: Page): void {
    const { type } = this.#exposed.family;
    this.#block.begin(page);
    for (let index = 0; index < this.#series.length; index++) {
      const shape = this.#shapes[index] as number;
      const series = this.#series[index] as number;
      if (shape === 0 || (this.#hidden.size > 0 && this.#hidden.has(series))) continue;
      if (type === "histogram") this.#histogram(series, shape, this.#bounds[index] as Bounds);
      else if (type === "summary") this.#summary(series, shape, this.#bounds[index] as Bounds);
      else this.#number(series, shape);
    }
    this.#block.end();
  }

  #lines(labels: string, shape: number, bounds: Bounds | undefined): void {
    const { family, base, sample } = this.#exposed;
    const block = this.#block;
    if (bounds === undefined) block.line(formatLineStart(sample, labels));
    else {
      const isHistogram = family.type === "histogram";
      const name = isHistogram ? `${base}_bucket` : base;
      const before = labels === "" ? "" : `${labels},`;
      const bound = isHistogram ? "le" : "quantile";
      if (isHistogram || (shape & SHAPE.quantiles) !== 0) {
        for (const value of bounds.values) {
          if (isHistogram && value === Infinity) break;
          block.line(formatLineStart(name, `${before}${bound}="${formatBound(value)}"`));
        }
      }
      if (isHistogram) block.line(formatLineStart(name, `${before}le="+Inf"`));
      if ((shape & SHAPE.sum) !== 0) block.line(formatLineStart(`${base}_sum`, labels));
      if ((shape & SHAPE.count) !== 0) block.line(formatLineStart(`${base}_count`, labels));
    }
    if ((shape & SHAPE.created) !== 0) block.line(formatLineStart(`${base}_created`, labels));
  }

  #number(series: number, shape: number): void {
    const { table, exemplars } = this.#store;
    const cell = table.cellStarts[series] as number;
    const bits = table.bits[series] as number;
    const isPlain = !this.#style.timestamps && (bits & (SERIES_BIT.bigInt | SERIES_BIT.hasExemplars)) === 0;
    if (isPlain) this.#block.number(table.cells.values[cell] as number);
    else {
      const { family } = this.#exposed;
      const takesExemplar =
        this.#style.openMetrics && family.type === "counter" && family.base !== family.sample && (bits & SERIES_BIT.hasExemplars) !== 0;
      const exemplar = takesExemplar ? newestExemplar(exemplars.of(series)) : undefined;
      const value = (bits & SERIES_BIT.bigInt) === 0 ? formatValue(table.cells.values[cell] as number) : String(bigIntAt(table.cells.words, cell));
      this.#block.text(`${value}${this.#time(series)}${exemplar === undefined ? "" : formatExemplar(exemplar)}`);
    }
    this.#created(series, shape);
  }

  #histogram(series: number, shape: number, bounds: Bounds): void {
    const { table, exemplars } = this.#store;
    const cell = table.cellStarts[series] as number;
    const { counts } = this.#store.classicBuckets(series);
    const { values } = bounds;
    const withExemplars = this.#style.openMetrics && ((table.bits[series] as number) & SERIES_BIT.hasExemplars) !== 0;
    const byBucket = withExemplars ? exemplarsByBucket(exemplars.of(series), values) : undefined;
    const time = this.#time(series);
    let accumulated = 0;
    let index = 0;
    for (; index < values.length && values[index] !== Infinity; index++) {
      accumulated += counts[index] as number;
      const exemplar = byBucket?.[index];
      this.#value(accumulated, time, exemplar === undefined ? "" : formatExemplar(exemplar));
    }
    // A sender whose count is below that of its buckets must not make them fall.
    const count = Math.max(table.cells.values[cell + 1] as number, accumulated);
    const last = byBucket?.slice(index).findLast((exemplar) => exemplar !== undefined);
    this.#value(count, time, last === undefined ? "" : formatExemplar(last));
    if ((shape & SHAPE.sum) !== 0) this.#value(table.cells.values[cell] as number, time, "");
    if ((shape & SHAPE.count) !== 0) this.#value(count, time, "");
    this.#created(series, shape);
  }

  #summary(series: number, shape: number, bounds: Bounds): void {
    const { table } = this.#store;
    const cell = table.cellStarts[series] as number;
    const { values } = table.cells;
    const time = this.#time(series);
    if ((shape & SHAPE.quantiles) !== 0) {
      for (let index = 0; index < bounds.values.length; index++) this.#value(values[cell + DISTRIBUTION_CELLS + index] as number, time, "");
    }
    if ((shape & SHAPE.sum) !== 0) this.#value(values[cell] as number, time, "");
    if ((shape & SHAPE.count) !== 0) this.#value(values[cell + 1] as number, time, "");
    this.#created(series, shape);
  }

  #created(series: number, shape: number): void {
    if ((shape & SHAPE.created) !== 0) this.#value(Math.round((this.#store.table.startNs[series] as number) / 1e6) / 1000, this.#time(series), "");
  }

  #value(value: number, time: string, exemplar: string): void {
    if (time === "" && exemplar === "") this.#block.number(value);
    else this.#block.text(`${formatValue(value)}${time}${exemplar}`);
  }

  /** "" where times are not asked for, or the point has none. */
  #time(series: number): string {
    if (!this.#style.timestamps) return "";
    const timeMs = Math.round((this.#store.table.timeNs[series] as number) / 1e6);
    return timeMs === 0 ? "" : ` ${this.#style.openMetrics ? formatSeconds(timeMs) : timeMs}`;
  }
}

const NOTHING: ExposedFamily = { family: new Family("", "", "unknown", "", ""), base: "", sample: "", unit: "" };
/** Index, shape and place in three lists. */
const BYTES_PER_SERIES = 24;

function bigIntAt(words: Uint32Array, cell: number): bigint {
  return (BigInt((words[cell * 2 + 1] as number) | 0) << 32n) | BigInt(words[cell * 2] as number);
}

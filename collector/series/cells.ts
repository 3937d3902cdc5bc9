import { grownSize, resized } from "./growth.ts";

/** What a series' cells mean. Small ints: `SeriesTable.kind`. */
export const SERIES_KIND = { number: 0, histogram: 1, native: 2, summary: 3 } as const;

/**
 * The layouts, as offsets from `SeriesTable.cellStarts[series]`. A series of deltas has DELTA_CELLS more at
 * its end (start and end of the last window, ns), which are nobody's but the store's.
 *
 * - number: [value]. Where SERIES_BIT.bigInt is set the cell is an int64 in `words` (low, high), else a double.
 * - histogram: [sum, count, then one count per bound, not accumulated, and one for above them all]. The bounds: `SeriesStore.les`.
 * - native (an exponential histogram): NATIVE_CELL.
 * - summary: [sum, count, then one value per quantile]. The quantiles: `SeriesStore.quantiles`.
 *
 * The sum of a histogram means nothing where SERIES_BIT.hasSum is not set.
 */
export const DISTRIBUTION_CELLS = 2;
export const DELTA_CELLS = 2;

/**
 * Cells of an exponential histogram. Bucket i (from 0) of a side holds absolute values in (2^((offset+i)·2^-scale), 2^((offset+i+1)·2^-scale)]; in
 * Prometheus' numbering it has index offset + i + 1. The positive buckets stand at `buckets`, the negative ones behind them.
 */
export const NATIVE_CELL = {
  sum: 0,
  count: 1,
  /** -4 … 8: Prometheus' schema. */
  scale: 2,
  /** As given; 0 = not given (Prometheus takes 1e-128 then). */
  zeroThreshold: 3,
  zeroCount: 4,
  positiveOffset: 5,
  positiveLength: 6,
  negativeOffset: 7,
  negativeLength: 8,
  buckets: 9,
} as const;

/**
 * The numbers of all series: a run of cells per series, found by its first index. Freed runs are used again for runs of the same length, which is
 * what comes next in practice (one metric's histograms all have as many buckets); they are chained through themselves.
 */
export class Cells {
  values = new Float64Array(1024);
  /** The same memory as 32-bit words, for int64 values beyond 2^53. */
  words = new Uint32Array(this.values.buffer);
  #length = 0;
  /** Cells in freed runs. */
  garbage = 0;
  /** By length: first freed run + 1. */
  #free = new Map<number, number>();

  /** Numbers in use. */
  get used(): number {
    return this.#length - this.garbage;
  }

  /** First index of a run, all 0. */
  allocate(count: number): number {
    if (count === 0) return 0;
    const freed = this.#free.get(count) ?? 0;
    if (freed > 0) {
      this.#free.set(count, this.values[freed - 1] as number);
      this.values.fill(0, freed - 1, freed - 1 + count);
      this.garbage -= count;
      return freed - 1;
    }
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.values.length) this.#replace(resized(this.values, Math.max(grownSize(this.values.length), this.#length)));
    return start;
  }

  release(start: number, count: number): void {
    if (count === 0) return;
    this.values[start] = this.#free.get(count) ?? 0;
    this.#free.set(count, start + 1);
    this.garbage += count;
  }

  /** Whether more lies idle than is in use. */
  get isSparse(): boolean {
    return this.garbage > 65_536 && this.garbage * 2 > this.#length;
  }

  /**
   * Begins a copy without gaps: every run in use must be moved by the function that is returned, which gives its new first index; `finish` ends it.
   */
  compact(): { move(start: number, count: number): number; finish(): void } {
    const old = this.values;
    const kept = new Float64Array(Math.max(1024, this.used));
    let length = 0;
    return {
      move: (start, count) => {
        if (count === 0) return 0;
        kept.set(old.subarray(start, start + count), length);
        length += count;
        return length - count;
      },
      finish: () => {
        this.#replace(kept);
        this.#length = length;
        this.garbage = 0;
        this.#free = new Map();
      },
    };
  }

  #replace(values: Float64Array<ArrayBuffer>): void {
    this.values = values;
    this.words = new Uint32Array(values.buffer);
  }
}

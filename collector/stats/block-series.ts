import type { HistogramView } from "./exponential-histogram.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";
import { lowerEdge } from "./exponential-index.ts";
import { rankOf } from "./order-statistics.ts";

/** A run cut into blocks of time (seconds), so that it can be put together again from other blocks. */
export interface BlockSeries {
  readonly blocks: number;
  /** Values in all blocks. */
  readonly count: number;
  /** Quantiles of the run in which block `b` occurs `weights[b]` times; NaN for a run without values. `qs` rising. */
  readonly quantiles: (weights: ArrayLike<number>, qs: readonly number[]) => readonly number[];
}

/** From raw values by block. Complexity of a draw: O(values); for more than some 100 000 of them take histograms. */
export function blocksOfSamples(blocks: readonly ArrayLike<number>[]): BlockSeries {
  const pairs = blocks.flatMap((values, block) => Array.from(values, (value) => [value, block] as const)).sort((a, b) => a[0] - b[0]);
  const [values, owners] = [Float64Array.from(pairs, ([value]) => value), Int32Array.from(pairs, ([, block]) => block)];
  const sizes = blocks.map((block) => block.length);
  return {
    blocks: blocks.length,
    count: values.length,
    quantiles(weights, qs) {
      const total = sizes.reduce((sum, size, block) => sum + size * (weights[block] as number), 0);
      if (total === 0) return qs.map(() => Number.NaN);
      const ranks = qs.map((q) => rankOf(q, total));
      const found: number[] = [];
      let seen = 0;
      for (let index = 0; index < values.length && found.length < qs.length; index++) {
        seen += weights[owners[index] as number] as number;
        while (found.length < qs.length && seen >= (ranks[found.length] as number)) found.push(values[index] as number);
      }
      return found;
    },
  };
}

/**
 * From a histogram a block, as the ledger has them. Values are interpolated within the bucket, so equal runs may differ by a part of a bucket;
 * the error of the buckets themselves is the same in both runs where their scale is. Negative values are not expected and count as 0.
 * Complexity of a draw: O(blocks × buckets).
 */
export function blocksOfHistograms(histograms: readonly HistogramView[]): BlockSeries {
  const whole = new ExponentialHistogram();
  for (const histogram of histograms) whole.merge(histogram);
  const { scale, positive } = whole;
  const cells = Math.max(0, positive.high - positive.low + 1);
  const counts = histograms.map((histogram) => {
    const row = new Float64Array(cells);
    const shift = histogram.scale - scale;
    for (let index = histogram.positive.low; index <= histogram.positive.high; index++) {
      const cell = (index >> shift) - positive.low;
      if (cell >= 0) row[cell] = (row[cell] as number) + histogram.positive.at(index);
    }
    return row;
  });
  return {
    blocks: histograms.length,
    count: whole.count,
    quantiles(weights, qs) {
      const sums = new Float64Array(cells);
      let total = 0;
      counts.forEach((row, block) => {
        const weight = weights[block] as number;
        if (weight === 0) return;
        total += weight * (histograms[block] as HistogramView).count;
        for (let cell = 0; cell < cells; cell++) sums[cell] = (sums[cell] as number) + weight * (row[cell] as number);
      });
      if (total === 0) return qs.map(() => Number.NaN);
      const inCells = sums.reduce((sum, count) => sum + count, 0);
      return quantilesOfCells(
        sums,
        total - inCells,
        qs.map((q) => rankOf(q, total)),
        (cell) => lowerEdge(positive.low + cell, scale),
      );
    },
  };
}

function quantilesOfCells(sums: Float64Array, zeros: number, ranks: readonly number[], edge: (cell: number) => number): readonly number[] {
  let [cell, before] = [0, zeros];
  return ranks.map((rank) => {
    if (rank <= zeros) return 0;
    while (before + (sums[cell] as number) < rank) before += sums[cell++] as number;
    const share = (rank - before - 0.5) / (sums[cell] as number);
    return edge(cell) * (edge(cell + 1) / edge(cell)) ** share;
  });
}

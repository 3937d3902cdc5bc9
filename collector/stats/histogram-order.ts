import type { HistogramView } from "./exponential-histogram.ts";
import { lowerEdge } from "./exponential-index.ts";
import type { OrderStatistics, RankedCount, RankedValue } from "./order-statistics.ts";
import { checkedRank, upperBound } from "./order-statistics.ts";

/** A bucket by its value, sign included. */
interface Cell {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * A histogram read as a sample in rising order.
 *
 * `value` is interpolated: the k-th of a bucket's c values is put at the share (k − ½)/c of the bucket on a logarithmic scale (as Prometheus
 * does for native histograms), then kept within min and max. Its error is less than the factor 2^(2^−scale); `lower` and `upper` are
 * certain. First and last are exact where min and max are known. The histogram must not change while this is used.
 */
export function orderOfHistogram(histogram: HistogramView): OrderStatistics {
  const cells = cellsOf(histogram);
  return {
    count: histogram.count,
    at: (rank) => valueAt(histogram, cells, checkedRank(rank, histogram.count)),
    countAtMost: (bound) => countAtMost(histogram, cells, bound),
  };
}

function valueAt(histogram: HistogramView, cells: readonly Cell[], rank: number): RankedValue {
  const { min, max } = histogram;
  if (rank === 1 && min !== undefined) return { lower: min, value: min, upper: min };
  if (rank === histogram.count && max !== undefined) return { lower: max, value: max, upper: max };
  let before = 0;
  for (const cell of cells) {
    if (before + cell.count >= rank) {
      const { lower, upper } = certain(histogram, cell);
      const value = interpolated(cell, (rank - before - 0.5) / cell.count);
      return { lower, value: Math.min(upper, Math.max(lower, value)), upper };
    }
    before += cell.count;
  }
  throw new RangeError("a histogram whose count is not the sum of its buckets");
}

function countAtMost(histogram: HistogramView, cells: readonly Cell[], bound: number): RankedCount {
  const { count, min, max } = histogram;
  if (max !== undefined && bound >= max) return { lower: count, value: count, upper: count };
  if (min !== undefined && bound < min) return { lower: 0, value: 0, upper: 0 };
  let [lower, value, upper] = [0, 0, 0];
  for (const cell of cells) {
    const known = certain(histogram, cell);
    if (known.upper <= bound) lower += cell.count;
    if (known.lower < bound || (known.lower === bound && holdsLower(histogram, cell, bound))) upper += cell.count;
    value += cell.count * shareAtMost(cell, bound);
  }
  return { lower, value: Math.min(upper, Math.max(lower, value)), upper };
}

/** A bucket of positive values does not hold its lower edge; one of negative values does, and one that was widened or cut off may. */
function holdsLower({ blur, edges, min }: HistogramView, { from, to }: Cell, lower: number): boolean {
  return from < 0 || from === to || blur > 1 || lower === min || lower === edges?.[0];
}

/** In rising order of value. */
function cellsOf(histogram: HistogramView): readonly Cell[] {
  const { positive, negative, scale, zeroCount, zeroThreshold } = histogram;
  const cells: Cell[] = [];
  for (let index = negative.high; index >= negative.low; index--) {
    const count = negative.at(index);
    if (count > 0) cells.push({ from: -lowerEdge(index + 1, scale), to: -lowerEdge(index, scale), count });
  }
  if (zeroCount > 0) {
    const isOneSided = histogram.min !== undefined && histogram.min >= 0;
    cells.push({ from: isOneSided ? 0 : -zeroThreshold, to: zeroThreshold, count: zeroCount });
  }
  for (let index = positive.low; index <= positive.high; index++) {
    const count = positive.at(index);
    if (count > 0) cells.push({ from: lowerEdge(index, scale), to: lowerEdge(index + 1, scale), count });
  }
  return cells;
}

function certain(
  { blur, edges, min = -Infinity, max = Infinity }: HistogramView,
  { from, to }: Cell,
): { readonly lower: number; readonly upper: number } {
  let lower = from < 0 ? from * blur : from / blur;
  let upper = to < 0 ? to / blur : to * blur;
  if (edges !== undefined) {
    lower = edges[upperBound(edges, lower) - 1] ?? -Infinity;
    upper = edges.find((edge) => edge >= upper) ?? Infinity;
  }
  return { lower: Math.max(lower, min), upper: Math.min(upper, max) };
}

function interpolated({ from, to }: Cell, share: number): number {
  if (from > 0 && Number.isFinite(to)) return from * (to / from) ** share;
  if (to < 0 && Number.isFinite(from)) return from * (to / from) ** share;
  return Number.isFinite(from) && Number.isFinite(to) ? from + (to - from) * share : Number.isFinite(from) ? from : to;
}

function shareAtMost({ from, to }: Cell, bound: number): number {
  if (bound >= to) return 1;
  if (bound <= from) return 0;
  if (from > 0 || to < 0) return Math.log(bound / from) / Math.log(to / from);
  return (bound - from) / (to - from);
}

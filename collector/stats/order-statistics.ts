/** One value of a sample, as well as it is known: certainly within [`lower`, `upper`], best told as `value`. All equal where it is exact. */
export interface RankedValue {
  readonly lower: number;
  readonly value: number;
  readonly upper: number;
}

/** How many values are ≤ a bound: certainly from `lower` to `upper`. `value` need not be whole. */
export interface RankedCount {
  readonly lower: number;
  readonly value: number;
  readonly upper: number;
}

/** A sample in rising order, whatever it is kept in: raw values, exponential buckets, explicit buckets. */
export interface OrderStatistics {
  readonly count: number;
  /** The `rank`-th smallest, rank 1 … count. Throws: RangeError outside. */
  readonly at: (rank: number) => RankedValue;
  readonly countAtMost: (bound: number) => RankedCount;
}

/**
 * Rank of a quantile: the smallest k with k/count ≥ q, and 1 for q = 0. That is the inverse of the empirical distribution (type 1 of
 * R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", 1996): always a value that was measured, never one between two.
 */
export function rankOf(q: number, count: number): number {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile lies in 0 … 1, not ${q}`);
  // 0.07 · 100 is 7.000000000000001 in doubles.
  return Math.min(count, Math.max(1, Math.ceil(q * count * (1 - 1e-14))));
}

/** The values are copied and sorted; what is not a number is left out. */
export function orderOfSamples(samples: ArrayLike<number>): OrderStatistics {
  const sorted = Float64Array.from(samples)
    .filter((value) => !Number.isNaN(value))
    .sort();
  return {
    count: sorted.length,
    at(rank) {
      const value = sorted[checkedRank(rank, sorted.length) - 1] as number;
      return { lower: value, value, upper: value };
    },
    countAtMost(bound) {
      const value = upperBound(sorted, bound);
      return { lower: value, value, upper: value };
    },
  };
}

export function checkedRank(rank: number, count: number): number {
  if (!Number.isInteger(rank) || rank < 1 || rank > count) throw new RangeError(`no rank ${rank} among ${count} values`);
  return rank;
}

/** How many of the rising values are ≤ bound. */
export function upperBound(sorted: ArrayLike<number>, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

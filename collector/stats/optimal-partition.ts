import { mean } from "./summary.ts";

/**
 * Where to cut 0 … n into segments so that the sum of their costs, plus `penalty` for each cut, is least. Returns the cuts: the index at
 * which each segment but the first begins. `cost(from, to)` is of the values from … to − 1; a cut must never make it larger.
 *
 * Exact and deterministic. Source: R. Killick, P. Fearnhead, I. Eckley, "Optimal detection of changepoints with a linear computational cost"
 * (2012), PELT. Complexity: O(n) to O(n²) calls of `cost`.
 */
export function optimalPartition(n: number, cost: (from: number, to: number) => number, penalty: number, minLength: number): readonly number[] {
  const best = new Float64Array(n + 1).fill(Infinity);
  const previous = new Int32Array(n + 1);
  best[0] = -penalty;
  let candidates: { readonly from: number; lastTo: number }[] = [{ from: 0, lastTo: Infinity }];
  for (let to = minLength; to <= n; to++) {
    for (const { from } of candidates) {
      if (to - from < minLength) continue;
      const total = (best[from] as number) + cost(from, to) + penalty;
      if (total < (best[to] as number)) {
        best[to] = total;
        previous[to] = from;
      }
    }
    for (const candidate of candidates) {
      const { from } = candidate;
      // A start that is behind already by what a cut would cost never catches up with a cut here, once that may be used.
      const isBehind = to - from >= minLength && (best[from] as number) + cost(from, to) > (best[to] as number);
      if (isBehind) candidate.lastTo = Math.min(candidate.lastTo, to + minLength - 1);
    }
    candidates = candidates.filter(({ lastTo }) => lastTo > to);
    candidates.push({ from: to, lastTo: Infinity });
  }
  const cuts: number[] = [];
  for (let at = previous[n] as number; at > 0; at = previous[at] as number) cuts.push(at);
  return cuts.reverse();
}

/** Sums of squares about the mean of any stretch, in O(1). */
export function meanCost(values: ArrayLike<number>): (from: number, to: number) => number {
  const apart = centred(values);
  const sums = runningSums(apart.length, (index) => apart[index] as number);
  const squares = runningSums(apart.length, (index) => (apart[index] as number) ** 2);
  return (from, to) => {
    const sum = span(sums, from, to);
    return Math.max(0, span(squares, from, to) - (sum * sum) / (to - from));
  };
}

/** Sums of squares about the straight line through any stretch of evenly spaced values, in O(1). */
export function lineCost(values: ArrayLike<number>): (from: number, to: number) => number {
  const aboutMean = meanCost(values);
  const apart = centred(values);
  const sums = runningSums(apart.length, (index) => apart[index] as number);
  const products = runningSums(apart.length, (index) => index * (apart[index] as number));
  return (from, to) => {
    const n = to - from;
    if (n < 3) return 0;
    const middle = (from + to - 1) / 2;
    const shared = span(products, from, to) - middle * span(sums, from, to);
    return Math.max(0, aboutMean(from, to) - (12 * shared * shared) / (n * (n * n - 1)));
  };
}

/** Squares of bytes would leave no digits for what they differ by. */
function centred(values: ArrayLike<number>): Float64Array {
  const centre = mean(values);
  return Float64Array.from(values, (value) => value - centre);
}

function runningSums(n: number, at: (index: number) => number): Float64Array {
  const sums = new Float64Array(n + 1);
  for (let index = 0; index < n; index++) sums[index + 1] = (sums[index] as number) + at(index);
  return sums;
}

function span(sums: Float64Array, from: number, to: number): number {
  return (sums[to] as number) - (sums[from] as number);
}

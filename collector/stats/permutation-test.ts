import { logChoose } from "./gamma.ts";
import type { Random } from "./seeded-random.ts";
import { mean } from "./summary.ts";

/** Up to so many splits all are tried, and chance plays no part. */
const ALL_SPLITS = 20_000;
/** A split that is as extreme but for rounding counts as extreme. */
const ROUNDING = 1e-12;

export interface PermutationResult {
  /** Mean of the second group minus that of the first. */
  readonly difference: number;
  /** Two-sided. */
  readonly p: number;
  readonly isExact: boolean;
}

/**
 * Whether two groups of runs differ in their mean: the share of all splits of the same runs that differ as much. One number a run, as for
 * `mannWhitney`, but sensitive to how much the runs differ. `random` is used only when there are more than 20 000 splits.
 *
 * Source: R. A. Fisher, "The Design of Experiments" (1935); drawn p-values count the observed split (B. Phipson and G. Smyth, 2010).
 */
export function permutationTest(first: readonly number[], second: readonly number[], random: Random, draws = 10_000): PermutationResult {
  const all = [...first, ...second];
  const n = first.length;
  const difference = mean(second) - mean(first);
  if (n === 0 || second.length === 0) return { difference: Number.NaN, p: 1, isExact: false };
  const total = all.reduce((sum, value) => sum + value, 0);
  const limit = Math.abs(difference) * (1 - ROUNDING) - ROUNDING * Math.abs(total / all.length);
  const isExtreme = (sum: number) => Math.abs((total - sum) / (all.length - n) - sum / n) >= limit;
  if (logChoose(all.length, n) <= Math.log(ALL_SPLITS)) {
    let [extreme, splits] = [0, 0];
    const visit = (from: number, left: number, sum: number): void => {
      if (left === 0) {
        splits++;
        if (isExtreme(sum)) extreme++;
        return;
      }
      for (let index = from; index <= all.length - left; index++) visit(index + 1, left - 1, sum + (all[index] as number));
    };
    visit(0, n, 0);
    return { difference, p: extreme / splits, isExact: true };
  }
  let extreme = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    // The first n of a shuffle.
    for (let index = 0; index < n; index++) {
      const other = index + random.int(all.length - index);
      [all[index], all[other]] = [all[other] as number, all[index] as number];
      sum += all[index] as number;
    }
    if (isExtreme(sum)) extreme++;
  }
  return { difference, p: (extreme + 1) / (draws + 1), isExact: false };
}

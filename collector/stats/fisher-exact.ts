import { logChoose } from "./gamma.ts";
import type { Proportion } from "./wilson-interval.ts";

/** Tables as likely as the observed one but for rounding count as at most as likely (R's fisher.test does the same). */
const ROUNDING = 1e-7;

/**
 * Two-sided p that two shares differ by chance alone; exact, so good for few hits: are failures concentrated on one endpoint?
 * Source: R. A. Fisher, "The logic of inductive inference" (1935); two-sided by summing the tables that are no likelier.
 * Complexity: O(hits).
 */
export function fisherExact(first: Proportion, second: Proportion): number {
  const total = first.trials + second.trials;
  const hits = first.hits + second.hits;
  if (!(first.hits <= first.trials && second.hits <= second.trials && Math.min(first.hits, second.hits) >= 0)) {
    throw new RangeError(`${first.hits} of ${first.trials}, ${second.hits} of ${second.trials}`);
  }
  const logLikelihood = (inFirst: number) => logChoose(first.trials, inFirst) + logChoose(second.trials, hits - inFirst) - logChoose(total, hits);
  const observed = logLikelihood(first.hits);
  let p = 0;
  for (let inFirst = Math.max(0, hits - second.trials); inFirst <= Math.min(hits, first.trials); inFirst++) {
    const here = logLikelihood(inFirst);
    if (here <= observed + ROUNDING) p += Math.exp(here);
  }
  return Math.min(1, p);
}

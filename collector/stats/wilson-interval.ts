import { normalQuantile } from "./distributions.ts";
import type { Estimate } from "./interval.ts";
import { checkedConfidence, DEFAULT_CONFIDENCE } from "./interval.ts";

/** Hits among trials. */
export interface Proportion {
  readonly hits: number;
  readonly trials: number;
}

/**
 * A share (0..1) with its interval; sensible at 0 hits and at all, where the plain normal interval is not. Of no trials: 0 … 1.
 *
 * Requests that fail together are not independent trials: see `withOverdispersion`.
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927), without continuity correction.
 */
export function wilsonInterval({ hits, trials }: Proportion, confidence: number = DEFAULT_CONFIDENCE): Estimate {
  if (!(hits >= 0 && hits <= trials)) throw new RangeError(`${hits} hits of ${trials}`);
  const z = normalQuantile(1 - (1 - checkedConfidence(confidence)) / 2);
  if (trials === 0) return { value: Number.NaN, lower: 0, upper: 1 };
  const value = hits / trials;
  const weight = (z * z) / trials;
  const centre = (value + weight / 2) / (1 + weight);
  const half = (z * Math.sqrt((value * (1 - value)) / trials + weight / (4 * trials))) / (1 + weight);
  return { value, lower: hits === 0 ? 0 : centre - half, upper: hits === trials ? 1 : centre + half };
}

/**
 * The proportion that independent trials would need to be as uncertain as these were: trials and hits divided by the factor (≥ 1) by which the
 * share varies more from block to block than chance would have it.
 *
 * `blocks` are seconds, say. Source: W. G. Cochran, "Sampling Techniques" (1977), §6.3, variance of a ratio estimator, over the binomial's
 * (L. Kish's design effect).
 */
export function withOverdispersion(blocks: readonly Proportion[]): Proportion & { readonly factor: number } {
  const hits = blocks.reduce((sum, block) => sum + block.hits, 0);
  const trials = blocks.reduce((sum, block) => sum + block.trials, 0);
  const used = blocks.filter((block) => block.trials > 0);
  const share = hits / trials;
  if (used.length < 2 || hits === 0 || hits === trials) return { hits, trials, factor: 1 };
  const squares = used.reduce((sum, block) => sum + (block.hits - share * block.trials) ** 2, 0);
  const variance = (used.length / (used.length - 1)) * squares;
  const factor = Math.max(1, variance / (share * (1 - share) * trials));
  return { hits: hits / factor, trials: trials / factor, factor };
}

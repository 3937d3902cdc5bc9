import { normalQuantile } from "./distributions.ts";
import type { Estimate } from "./interval.ts";
import { checkedConfidence, DEFAULT_CONFIDENCE } from "./interval.ts";

export interface Observation {
  readonly value: number;
  /** True: it was still going on at `value`. */
  readonly isCensored: boolean;
}

/** From `value` on, until the next step, this share (0..1) lasts longer. */
export interface SurvivalStep {
  readonly value: number;
  readonly survival: number;
  /** Of ln(survival), Greenwood's; Infinity once nothing survives. */
  readonly logVariance: number;
}

/**
 * The distribution of durations of which some were cut off at different limits.
 *
 * Takes it that being cut off says nothing of how long it would have lasted, which holds for the end of a run and for a common timeout, not for
 * requests that were dropped because of load: for those see `orderWithCensored`.
 * Source: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations" (1958); variance by M. Greenwood (1926).
 */
export function kaplanMeier(observations: readonly Observation[]): readonly SurvivalStep[] {
  const sorted = [...observations].sort((a, b) => a.value - b.value);
  const steps: SurvivalStep[] = [];
  let survival = 1;
  let logVariance = 0;
  for (let index = 0; index < sorted.length; ) {
    const { value } = sorted[index] as Observation;
    const atRisk = sorted.length - index;
    let ended = 0;
    for (; index < sorted.length && (sorted[index] as Observation).value === value; index++) if (!(sorted[index] as Observation).isCensored) ended++;
    if (ended === 0) continue;
    survival *= 1 - ended / atRisk;
    logVariance += ended / (atRisk * (atRisk - ended));
    steps.push({ value, survival, logVariance });
  }
  return steps;
}

/**
 * A quantile of the whole; Infinity when fewer than q of all were seen to end, which is to be read as "more than the longest".
 * Interval: where the log-log interval of the curve crosses 1 − q. Source: R. Brookmeyer and J. Crowley, "A confidence interval for the median
 * survival time" (1982), as R's survfit with conf.type "log-log".
 */
export function survivalQuantile(steps: readonly SurvivalStep[], q: number, confidence: number = DEFAULT_CONFIDENCE): Estimate {
  const z = normalQuantile(1 - (1 - checkedConfidence(confidence)) / 2);
  const firstWhere = (survivalOf: (step: SurvivalStep) => number) => steps.find((step) => survivalOf(step) <= 1 - q + 1e-12)?.value ?? Infinity;
  const shifted =
    (by: number) =>
    ({ survival, logVariance }: SurvivalStep) =>
      survival <= 0 ? 0 : survival ** Math.exp((by * Math.sqrt(logVariance)) / Math.abs(Math.log(survival)));
  return { value: firstWhere((step) => step.survival), lower: firstWhere(shifted(z)), upper: firstWhere(shifted(-z)) };
}

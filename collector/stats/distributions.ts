import { regularBeta, upperGamma } from "./gamma.ts";

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
}

/** P of a standard normal further from 0 than |z|, on either side. */
export function twoSidedNormal(z: number): number {
  return upperGamma(0.5, (z * z) / 2);
}

const TAIL_NUMERATOR = [-7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const TAIL_DENOMINATOR = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const MIDDLE_NUMERATOR = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const MIDDLE_DENOMINATOR = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];

/** The z with P(Z ≤ z) = p, 0 < p < 1. Source: P. J. Acklam's rational approximation (2003), made exact by one step of Halley's method. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a probability lies between 0 and 1, not ${p}`);
  const rough = p < 0.02425 ? tailQuantile(p) : p > 0.97575 ? -tailQuantile(1 - p) : middleQuantile(p - 0.5);
  const error = (normalCdf(rough) - p) * Math.sqrt(2 * Math.PI) * Math.exp((rough * rough) / 2);
  return rough - error / (1 + (rough * error) / 2);
}

function tailQuantile(p: number): number {
  const root = Math.sqrt(-2 * Math.log(p));
  return polynomial(TAIL_NUMERATOR, root) / polynomial(TAIL_DENOMINATOR, root);
}

function middleQuantile(offset: number): number {
  const square = offset * offset;
  return (offset * polynomial(MIDDLE_NUMERATOR, square)) / polynomial(MIDDLE_DENOMINATOR, square);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** P(X ≤ k) of a binomial with n trials. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : regularBeta(1 - p, n - k, k + 1);
}

/** P(X > x) of chi-square. */
export function chiSquareTail(x: number, degreesOfFreedom: number): number {
  return upperGamma(degreesOfFreedom / 2, x / 2);
}

/** Coefficients for g = 7, n = 9: P. Godfrey, "A note on the computation of the convergent Lanczos complex Gamma approximation" (2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;
const TINY = 1e-300;
const PRECISION = 1e-16;
const MAX_STEPS = 100_000;

/** ln Γ(x) for x > 0, to some 1e-14. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, index) => (index === 0 ? coefficient : total + coefficient / (shifted + index)), 0);
  const base = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** ln of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/**
 * Q(a, x) = Γ(a, x)/Γ(a): the upper tail of a gamma distribution; of chi-square with v degrees of freedom as Q(v/2, x/2).
 * Source: NIST DLMF 8.11.4 (series) and 8.9.2 (continued fraction, by Lentz's method).
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a));
  return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let step = 1; step < MAX_STEPS && Math.abs(term) > Math.abs(sum) * PRECISION; step++) {
    term *= x / (a + step);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let product = d;
  for (let step = 1; step < MAX_STEPS; step++) {
    const numerator = -step * (step - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b);
    c = nonZero(b + numerator / c);
    product *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 10) break;
  }
  return product;
}

/**
 * I_x(a, b): the regularised incomplete beta function, from which come the tails of the binomial.
 * Source: NIST DLMF 8.17.22, by Lentz's method. Steps grow with the root of a + b.
 */
export function regularBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularBeta(1 - x, b, a);
  const scale = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let step = 1; step < MAX_STEPS; step++) {
    const even = (step * (b - step) * x) / ((a + 2 * step - 1) * (a + 2 * step));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    product *= d * c;
    const odd = (-(a + step) * (a + b + step) * x) / ((a + 2 * step) * (a + 2 * step + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    product *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 10) break;
  }
  return scale * product;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

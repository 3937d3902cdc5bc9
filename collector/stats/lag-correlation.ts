import { linearFit } from "./linear-fit.ts";

export interface LagCorrelation {
  /** Steps by which the second series follows the first; negative: it leads. */
  readonly lag: number;
  /** −1..1 at that lag. */
  readonly correlation: number;
  /** The same at lag 0. */
  readonly unshifted: number;
}

/** Fewer common points than this, and any two series agree at some lag. */
const LEAST_OVERLAP = 20;

/**
 * Which of two evenly spaced series moved first: goroutines or requests, queue or latency. Straight trends are taken off first, for any two things
 * that grow during a run correlate. That one follows the other is no proof that it is caused by it.
 * undefined when they overlap by fewer than 20 points, or one does not move. Ties go to the smaller shift.
 */
export function lagCorrelation(first: ArrayLike<number>, second: ArrayLike<number>, maxLag: number): LagCorrelation | undefined {
  const length = Math.min(first.length, second.length);
  const [a, b] = [withoutTrend(first, length), withoutTrend(second, length)];
  let best: { lag: number; correlation: number } | undefined;
  for (let step = 0; step <= 2 * maxLag; step++) {
    // 0, 1, −1, 2, −2, …
    const lag = step % 2 === 1 ? (step + 1) / 2 : -step / 2;
    if (length - Math.abs(lag) < LEAST_OVERLAP) break;
    const correlation = correlationAt(a, b, lag);
    if (correlation !== undefined && (best === undefined || Math.abs(correlation) > Math.abs(best.correlation) + 1e-9))
      best = { lag: lag + 0, correlation };
  }
  return best === undefined ? undefined : { ...best, unshifted: correlationAt(a, b, 0) ?? Number.NaN };
}

function correlationAt(a: Float64Array, b: Float64Array, lag: number): number | undefined {
  const from = Math.max(0, lag);
  const to = Math.min(b.length, b.length + lag);
  const fit = linearFit(a.subarray(from - lag, to - lag), b.subarray(from, to));
  if (fit === undefined) return undefined;
  const size = Math.sqrt(fit.explained);
  return fit.slope === 0 ? undefined : Math.sign(fit.slope) * size;
}

function withoutTrend(values: ArrayLike<number>, length: number): Float64Array {
  const part = Float64Array.from({ length }, (_, index) => values[index] as number);
  const fit = linearFit(
    part.map((_, index) => index),
    part,
  );
  return fit === undefined ? part : part.map((value, index) => value - fit.intercept - fit.slope * index);
}

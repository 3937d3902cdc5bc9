import { mean, median } from "./summary.ts";

export interface TimedValues {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Every `size` neighbours made one: median value at mean time. What is left over at the end is a block of its own if it is half a block at least. */
export function blockMedians(times: ArrayLike<number>, values: ArrayLike<number>, size: number): TimedValues {
  if (size <= 1) return { times: Float64Array.from(times), values: Float64Array.from(values) };
  const [at, of] = [Float64Array.from(times), Float64Array.from(values)];
  const starts: number[] = [];
  for (let start = 0; start < of.length; start += size) if (start === 0 || of.length - start >= size / 2) starts.push(start);
  return {
    times: Float64Array.from(starts, (start) => mean(at.subarray(start, start + size))),
    values: Float64Array.from(starts, (start) => median(of.subarray(start, start + size))),
  };
}

/** Correlation of a series with itself `lag` later; 0 for a constant. */
export function autocorrelation(values: ArrayLike<number>, lag: number): number {
  const centre = mean(values);
  let [shared, all] = [0, 0];
  for (let index = 0; index < values.length; index++) {
    const here = (values[index] as number) - centre;
    all += here * here;
    if (index + lag < values.length) shared += here * ((values[index + lag] as number) - centre);
  }
  return all === 0 ? 0 : shared / all;
}

/**
 * How many neighbours say no more than one independent value would: 1 for independent ones. Give it what is left after the trend is taken off.
 * Source: A. Sokal, "Monte Carlo methods in statistical mechanics" (1996), integrated autocorrelation time; summed up to the first
 * correlation that is not positive (C. Geyer's initial positive sequence, lag by lag).
 */
export function autocorrelationTime(values: ArrayLike<number>): number {
  let time = 1;
  for (let lag = 1; lag < values.length / 2; lag++) {
    const correlation = autocorrelation(values, lag);
    if (correlation <= 0) break;
    time += 2 * correlation;
  }
  return time;
}

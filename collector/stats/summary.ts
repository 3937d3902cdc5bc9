/** Of an empty list: NaN. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum / values.length;
}

/** Makes a median absolute deviation the standard deviation of a normal: 1/Φ⁻¹(¾). */
const NORMAL_MAD = 1.4826;

/** Standard deviation as a few outliers cannot move it. Source: F. R. Hampel, "The influence curve and its role in robust estimation" (1974). */
export function robustDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  return NORMAL_MAD * median(Float64Array.from(values, (value) => Math.abs(value - centre)));
}

/** Deviation of the noise of a series that may drift or jump: from one value to the next, so that neither counts. Unit: that of the values. */
export function stepNoise(values: ArrayLike<number>): number {
  return robustDeviation(differences(values)) / Math.SQRT2;
}

export function differences(values: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: Math.max(0, values.length - 1) }, (_, index) => (values[index + 1] as number) - (values[index] as number));
}

/** Ranks from 1; equal values share the mean of theirs. */
export function midranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1] as number] === values[order[first] as number]) last++;
    for (let index = first; index <= last; index++) ranks[order[index] as number] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return ranks;
}

/** Sizes of the groups of equal values, groups of one included. */
export function tieSizes(values: ArrayLike<number>): readonly number[] {
  const sizes = new Map<number, number>();
  for (let index = 0; index < values.length; index++) sizes.set(values[index] as number, (sizes.get(values[index] as number) ?? 0) + 1);
  return [...sizes.values()];
}

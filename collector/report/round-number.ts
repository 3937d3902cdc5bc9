/** To so many significant digits, so that documents stay small; whole numbers stay whole. What is not finite becomes null. */
export function rounded(value: number | undefined, digits = 4): number | null {
  if (value === undefined || !Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(digits));
}

/** For JSON, which has no undefined. */
export function orNull<T>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}

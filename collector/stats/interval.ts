/** Certain, or likely, bounds of a number. ±Infinity where it has none on that side. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** An estimate between its bounds. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** Used wherever nothing else is asked for. */
export const DEFAULT_CONFIDENCE = 0.95;

/** Throws: RangeError unless 0 < confidence < 1. */
export function checkedConfidence(confidence: number): number {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`a confidence lies between 0 and 1, not ${confidence}`);
  return confidence;
}

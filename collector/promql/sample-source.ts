import type { Matcher } from "./label-matcher.ts";
import type { LabelSet } from "./label-set.ts";

/** Samples of one series in rising time. A value may be `STALE_NAN`: the series ended there. */
export interface SampleSeries {
  readonly labels: LabelSet;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** Where the evaluator finds samples. Both ends belong to the range; series without a sample in it may be left out. */
export interface SampleSource {
  select(matchers: readonly Matcher[], fromMs: number, toMs: number): readonly SampleSeries[];
}

/** prometheus: model/value/value.go StaleNaN. As a number it is just NaN: its bits tell it apart, and only typed arrays keep them. */
const STALE_NAN_WORDS = [0x0000_0002, 0x7ff0_0000] as const;

export function isStaleAt(values: Float64Array, index: number): boolean {
  const value = values[index] as number;
  if (!Number.isNaN(value)) return false;
  const words = new Uint32Array(values.buffer, values.byteOffset + index * 8, 2);
  return words[0] === STALE_NAN_WORDS[0] && words[1] === STALE_NAN_WORDS[1];
}

export function writeStale(values: Float64Array, index: number): void {
  new Uint32Array(values.buffer, values.byteOffset + index * 8, 2).set(STALE_NAN_WORDS);
}

import type { Estimate } from "./interval.ts";
import { DEFAULT_CONFIDENCE } from "./interval.ts";
import { hodgesLehmann, mannWhitney } from "./mann-whitney.ts";
import { median } from "./summary.ts";

/** Fewer runs a side cannot differ at 5 %, whatever they measured. */
export const LEAST_RUNS = 4;

/** `value`, `lower`, `upper` are ln(second / first). */
export interface GroupChange extends Estimate {
  /** Medians over the runs. */
  readonly first: number;
  readonly second: number;
  /** Mann–Whitney on the runs; to be put through `holm`. */
  readonly p: number;
}

/**
 * How one number a run (its p95, say) changed from one group of runs to another: the honest comparison, since runs and not requests are the
 * sample. undefined with fewer than four runs a side, or values that are not positive. Ten a side are advisable.
 */
export function compareRunGroups(
  first: readonly number[],
  second: readonly number[],
  confidence: number = DEFAULT_CONFIDENCE,
): GroupChange | undefined {
  if (Math.min(first.length, second.length) < LEAST_RUNS || ![...first, ...second].every((value) => value > 0)) return undefined;
  const shift = hodgesLehmann(first.map(Math.log), second.map(Math.log), confidence);
  return { ...shift, first: median(first), second: median(second), p: mannWhitney(first, second).p };
}

/** What identical runs differ by, as shares (0..1): changes below it are not to be reported. */
export interface NoiseFloor {
  readonly pairs: number;
  readonly median: number;
  /** 95 % of pairs differ by no more. */
  readonly usual: number;
  readonly largest: number;
}

/** From one number each of at least two identical runs, compared pair by pair; undefined otherwise. Values that are not positive are left out. */
export function noiseFloor(values: readonly number[]): NoiseFloor | undefined {
  const logs = values.filter((value) => value > 0).map(Math.log);
  const apart = logs.flatMap((a, index) => logs.slice(index + 1).map((b) => Math.expm1(Math.abs(a - b)))).sort((a, b) => a - b);
  if (apart.length === 0) return undefined;
  const at = (q: number) => apart[Math.min(apart.length - 1, Math.ceil(q * apart.length) - 1)] as number;
  return { pairs: apart.length, median: median(apart), usual: at(0.95), largest: at(1) };
}

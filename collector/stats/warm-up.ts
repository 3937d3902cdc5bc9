import { median } from "./summary.ts";

/** Share of the level, either way. */
const TOLERANCE = 0.1;
const BLOCK = 5;
/** Blocks in a row that must keep to the level, and share of all that follow: a ramp passes by the level, a fault later on does not undo it. */
const STEADY_BLOCKS = 3;
const STEADY_SHARE = 0.8;

/**
 * Where warm-up ends: index of the first value of the first block whose median, like that of the two after it and of most later ones, lies within
 * 10 % of the level of the series' second half. undefined: never, or the series is too short to tell.
 */
export function warmUpEnd(values: ArrayLike<number>, block: number = BLOCK, tolerance: number = TOLERANCE): number | undefined {
  const all = Float64Array.from(values);
  if (all.length < 2 * STEADY_BLOCKS * block) return undefined;
  const level = median(all.subarray(all.length >> 1));
  const isSteady = Array.from({ length: Math.floor(all.length / block) }, (_, at) => {
    return Math.abs(median(all.subarray(at * block, (at + 1) * block)) - level) <= tolerance * Math.abs(level);
  });
  for (let at = 0; at + STEADY_BLOCKS <= isSteady.length; at++) {
    const rest = isSteady.slice(at);
    if (rest.slice(0, STEADY_BLOCKS).every(Boolean) && rest.filter(Boolean).length >= STEADY_SHARE * rest.length) return at * block;
  }
  return undefined;
}

import type { Bounds, BoundsTable } from "./bounds.ts";
import { DISTRIBUTION_CELLS, NATIVE_CELL, SERIES_KIND } from "./cells.ts";
import type { SeriesTable } from "./series-table.ts";

/** See `SeriesStore.classicBuckets`. */
export function classicBucketsOf(
  table: SeriesTable,
  les: BoundsTable,
  series: number,
): { readonly bounds: Bounds; readonly counts: ArrayLike<number> } {
  const known = table.bounds[series] as number;
  const cell = table.cellStarts[series] as number;
  if (table.kind(series) !== SERIES_KIND.native) {
    const bounds = les.at(known - 1);
    const first = cell + DISTRIBUTION_CELLS;
    return { bounds, counts: table.cells.values.subarray(first, first + bounds.values.length + 1) };
  }
  const folded = foldBuckets(table.cells.values, cell, known === 0 ? [] : les.at(known - 1).values);
  const bounds = les.ofValues(folded.bounds);
  table.bounds[series] = bounds.id + 1;
  const below = folded.counts.reduce((sum, count) => sum + count, 0);
  return { bounds, counts: [...folded.counts, Math.max((table.cells.values[cell + 1] as number) - below, 0)] };
}

/** Classic buckets: `counts[i]` observations are ≤ `bounds[i]` and above the bound before; what is above the last bound is not in it. */
interface ClassicBuckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** Powers of two that a histogram may span here; beyond it (a hostile or broken sender) the lowest ones are folded together. */
const MAX_BOUNDS = 160;

/**
 * A native histogram (its cells) in buckets that end at powers of two. At scale s ≥ 0 each power spans 2^s buckets whose edges meet it
 * exactly; at s < 0 a bucket spans several powers and only its own edges appear.
 *
 * Bounds of `before` that lie on the same grid stay, so that the list only grows.
 */
function foldBuckets(values: Float64Array, cell: number, before: ArrayLike<number>): ClassicBuckets {
  const at = (offset: number) => values[cell + offset] as number;
  const scale = at(NATIVE_CELL.scale);
  const step = scale < 0 ? 2 ** -scale : 1;
  const shift = Math.max(scale, 0);
  const byBound = new Map<number, number>();
  const add = (bound: number, count: number) => {
    if (Number.isFinite(bound)) byBound.set(bound, (byBound.get(bound) ?? 0) + count);
  };
  const positive = cell + NATIVE_CELL.buckets;
  const negative = positive + at(NATIVE_CELL.positiveLength);
  for (let index = 0; index < at(NATIVE_CELL.negativeLength); index++) {
    const count = values[negative + index] as number;
    if (count > 0) add(-(2 ** (((at(NATIVE_CELL.negativeOffset) + index) >> shift) * step)), count);
  }
  for (let index = 0; index < at(NATIVE_CELL.positiveLength); index++) {
    const count = values[positive + index] as number;
    if (count > 0) add(2 ** ((((at(NATIVE_CELL.positiveOffset) + index) >> shift) + 1) * step), count);
  }
  const zeros = at(NATIVE_CELL.zeroCount);
  if (zeros > 0 || byBound.size === 0) add(Math.max(at(NATIVE_CELL.zeroThreshold), 0), zeros);
  for (let index = 0; index < before.length; index++) if (isOnGrid(before[index] as number, step)) add(before[index] as number, 0);
  fillGaps(byBound, step);
  return limited([...byBound].sort(([a], [b]) => a - b));
}

/** 0 and small thresholds always are; powers of two where the exponent is a multiple of the step. */
function isOnGrid(bound: number, step: number): boolean {
  const exponent = Math.log2(Math.abs(bound));
  return bound === 0 || (Number.isInteger(exponent) && exponent % step === 0);
}

/** All powers between the lowest and the highest one: a bucket that fills later must not appear out of nothing. */
function fillGaps(byBound: Map<number, number>, step: number): void {
  for (const sign of [1, -1]) {
    const exponents = [...byBound.keys()]
      .filter((bound) => Math.sign(bound) === sign && isOnGrid(bound, step))
      .map((bound) => Math.log2(Math.abs(bound)));
    if (exponents.length === 0) continue;
    const last = Math.max(...exponents);
    for (let exponent = Math.max(Math.min(...exponents), last - MAX_BOUNDS * step); exponent < last; exponent += step) {
      const bound = sign * 2 ** exponent;
      if (!byBound.has(bound)) byBound.set(bound, 0);
    }
  }
}

/** Too many: the lowest are left out, and what they counted is counted by the first that stays. */
function limited(buckets: [number, number][]): ClassicBuckets {
  const surplus = Math.max(0, buckets.length - MAX_BOUNDS);
  const kept = buckets.slice(surplus);
  let below = 0;
  for (const [, count] of buckets.slice(0, surplus)) below += count;
  return { bounds: kept.map(([bound]) => bound), counts: kept.map(([, count], index) => (index === 0 ? count + below : count)) };
}

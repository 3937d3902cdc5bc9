import type { UnixNano } from "../../model/time.ts";

/** Series whose last point is remembered; of a generator that makes more, points may overlap. */
const MAX_SERIES = 20_000;

/** A microsecond: who holds times as doubles cannot tell closer ones apart. */
const STEP_NANOS = 1000n;

/**
 * Keeps the points of a delta series in a row over many batches: each begins where the one before ended, or later, and ends after it.
 * Whoever adds deltas up takes nothing else. A generator with many threads writes its samples in nearly the order of their times; one
 * that comes late is told a little later than it was.
 */
export class PointTimes {
  readonly #ends = new Map<string, UnixNano>();

  next(series: string, startUnixNano: UnixNano, endUnixNano: UnixNano): { readonly startUnixNano: UnixNano; readonly endUnixNano: UnixNano } {
    const last = this.#ends.get(series);
    const end = last === undefined || endUnixNano >= last + STEP_NANOS ? endUnixNano : last + STEP_NANOS;
    if (last === undefined && this.#ends.size >= MAX_SERIES) this.#ends.clear();
    this.#ends.set(series, end);
    return { startUnixNano: last === undefined || startUnixNano > last ? startUnixNano : last, endUnixNano: end };
  }
}

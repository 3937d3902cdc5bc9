import { DELTA_CELLS } from "./cells.ts";
import type { SeriesGroup } from "./families.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";

/** What a series was worth when it expired. */
export interface Remembered {
  readonly startNs: number;
  /** Of its newest point. */
  readonly timeNs: number;
  readonly bits: number;
  readonly bounds: number;
  readonly group: SeriesGroup;
  /** Only of what was accumulated from deltas: nobody else knows it any more. */
  readonly cells: Float64Array | undefined;
}

/** Series that are remembered; the oldest go first. A few hundred bytes each. */
const MAX_REMEMBERED = 8192;
const MAX_CELLS = 524_288;

/**
 * Counters that have expired, in case they come back: one that is accumulated from deltas must not begin at 0 again, and one of a sender that only
 * stays silent about what does not change was not born when it is heard of again.
 */
export class RememberedTotals {
  readonly #table: SeriesTable;
  /** Oldest first, by name and labels. */
  readonly #entries = new Map<string, Remembered>();
  #cells = 0;
  /** As `SeriesGroup.forgottenNs`, of groups that have gone. */
  #forgottenNs = 0;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many more are worth the work in one pass: further ones would only push each other out. */
  static readonly perPass = MAX_REMEMBERED;

  remember(series: number): void {
    const table = this.#table;
    const bits = table.bits[series] as number;
    const start = table.cellStarts[series] as number;
    const isDelta = (bits & SERIES_BIT.isDelta) !== 0;
    const cells = isDelta ? table.cells.values.slice(start, start + (table.cellCounts[series] as number)) : undefined;
    this.#cells += cells?.length ?? 0;
    this.#entries.set(this.#keyOf(series), {
      startNs: table.startNs[series] as number,
      timeNs: table.timeNs[series] as number,
      bits,
      bounds: table.bounds[series] as number,
      group: table.group(series),
      cells,
    });
    for (const [key, oldest] of this.#entries) {
      if (this.#entries.size <= MAX_REMEMBERED && this.#cells <= MAX_CELLS) break;
      this.#cells -= oldest.cells?.length ?? 0;
      this.#entries.delete(key);
      this.#forget(oldest.group, oldest.timeNs);
    }
  }

  /** A counter that expires is not remembered. */
  forget(series: number): void {
    this.#forget(this.#table.group(series), this.#table.timeNs[series] as number);
  }

  /** Whether a counter of the group with this start time may be one that was forgotten: it need not be new, though it looks so. */
  mayHaveForgotten(group: SeriesGroup, startNs: number): boolean {
    return startNs <= Math.max(group.forgottenNs, this.#forgottenNs);
  }

  #forget(group: SeriesGroup, timeNs: number): void {
    group.forgottenNs = Math.max(group.forgottenNs, timeNs);
    if (group.isReleased) this.#forgottenNs = Math.max(this.#forgottenNs, timeNs);
  }

  /** What is known about a series that is new in the table; forgotten with this. */
  recall(series: number): Remembered | undefined {
    if (this.#entries.size === 0) return undefined;
    const key = this.#keyOf(series);
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#cells -= found.cells?.length ?? 0;
    this.#entries.delete(key);
    return found;
  }

  /** Gives a series of deltas its cells back, with the end of its last window. */
  restore(series: number, { cells, bits, bounds, startNs }: Remembered): void {
    if (cells === undefined || cells.length < DELTA_CELLS) return;
    const table = this.#table;
    table.resize(series, cells.length);
    table.cells.values.set(cells, table.cellStarts[series] as number);
    table.bits[series] = bits & ~(SERIES_BIT.visible | SERIES_BIT.hasExemplars);
    table.bounds[series] = bounds;
    table.startNs[series] = startNs;
  }

  /** Ids of the bounds that must stay. */
  bounds(): Iterable<number> {
    return [...this.#entries.values()].map(({ bounds }) => bounds - 1);
  }

  #keyOf(series: number): string {
    return JSON.stringify([this.#table.family(series).sample, this.#table.labels(series)]);
  }
}

import { ByteArena, type HashKey, hashRange, sameRange } from "../wire/byte-ranges.ts";
import { Cells } from "./cells.ts";
import type { Family } from "./families.ts";
import { resized } from "./key-table.ts";

/** Bits of a series. */
export const SERIES_BIT = {
  /** Has a value to show: not before the first one, nor after a point without recorded value. */
  visible: 1,
  /** The cell holds the 64 bits of an int that no double can. */
  bigInt: 2,
  hasSum: 4,
  hasExemplars: 8,
} as const;

/**
 * All series in parallel typed arrays: what a series says (its rendered name and labels, once, as bytes) and what it is worth (its cells).
 * No object per series: a million of them cost the garbage collector nothing.
 */
export class SeriesTable {
  readonly cells = new Cells();
  readonly #hashKey: HashKey;
  /** Rendered beginnings of lines, end to end. */
  arena = new ByteArena(65_536);
  /** Series that exist. */
  live = 0;
  bits = new Uint8Array(256);
  /** Where the beginning of its lines stands in the arena. */
  prefixStarts = new Uint32Array(256);
  prefixSizes = new Uint32Array(256);
  /** In distributions: where in the prefix the labels begin. */
  labelOffsets = new Uint32Array(256);
  cellStarts = new Uint32Array(256);
  cellCounts = new Uint32Array(256);
  /** Id of its bounds (or quantiles) + 1; 0 = none. */
  bounds = new Uint32Array(256);
  /** When a point of it arrived last, wall-clock ms. */
  seenMs = new Float64Array(256);
  /** Time and start time of the point shown; ns as a double, exact to 256 ns. */
  timeNs = new Float64Array(256);
  startNs = new Float64Array(256);
  readonly #families: (Family | undefined)[] = [];
  #familySlots = new Uint32Array(256);
  #hashes = new Uint32Array(256);
  #slots = new Uint32Array(1024);
  readonly #free: number[] = [];
  #length = 0;

  constructor(hashKey: HashKey) {
    this.#hashKey = hashKey;
  }

  /** Of everything that grows with what senders send. */
  get sizeBytes(): number {
    return this.arena.length - this.arena.garbage + this.cells.values.byteLength;
  }

  /** Ids of the bounds that living series have. */
  usedBounds(): ReadonlySet<number> {
    const used = new Set<number>();
    for (let series = 0; series < this.#length; series++) if (this.exists(series)) used.add((this.bounds[series] as number) - 1);
    return used;
  }

  exists(series: number): boolean {
    return this.#families[series] !== undefined;
  }

  /** The series whose lines begin with these bytes, or -1. */
  find(prefix: Buffer): number {
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
    const hash = hashRange(view, 0, prefix.length, 0, this.#hashKey);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const series = (this.#slots[slot] as number) - 1;
      if (series < 0) return -1;
      if (this.#hashes[series] !== hash || this.prefixSizes[series] !== prefix.length) continue;
      if (sameRange(this.arena.view, this.prefixStarts[series] as number, view, 0, prefix.length)) return series;
    }
  }

  /** A new series that `find` did not find, invisible until it gets a value. */
  add(family: Family, prefix: Buffer, labelOffset: number, cellCount: number): number {
    const series = this.#free.pop() ?? this.#length++;
    if (series >= this.bits.length) this.#grow();
    if ((this.live + 1) * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    this.live++;
    this.#families[series] = family;
    this.#familySlots[series] = family.series.length;
    family.series.push(series);
    this.bits[series] = 0;
    this.prefixStarts[series] = this.arena.append(prefix, 0, prefix.length);
    this.prefixSizes[series] = prefix.length;
    this.labelOffsets[series] = labelOffset;
    this.cellStarts[series] = this.cells.allocate(cellCount);
    this.cellCounts[series] = cellCount;
    this.bounds[series] = 0;
    this.seenMs[series] = 0;
    this.timeNs[series] = 0;
    this.startNs[series] = 0;
    this.#hashes[series] = hashRange(new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength), 0, prefix.length, 0, this.#hashKey);
    this.#insert(series);
    return series;
  }

  /** Gives the series another number of cells, all 0. */
  resize(series: number, cellCount: number): void {
    const start = this.cellStarts[series] as number;
    const count = this.cellCounts[series] as number;
    if (count === cellCount) {
      this.cells.values.fill(0, start, start + count);
      return;
    }
    this.cells.release(start, count);
    this.cellStarts[series] = this.cells.allocate(cellCount);
    this.cellCounts[series] = cellCount;
  }

  /** Removes the series that have not been seen since; families that become empty go to `emptied`. How many were removed. */
  expire(beforeMs: number, emptied: (family: Family) => void, removed: (series: number) => void): number {
    let count = 0;
    for (let series = 0; series < this.#length; series++) {
      const family = this.#families[series];
      if (family === undefined || (this.seenMs[series] as number) >= beforeMs) continue;
      this.#remove(series, family);
      removed(series);
      if (family.series.length === 0) emptied(family);
      count++;
    }
    if (count > 0) this.#rehash(this.#slots.length);
    if (this.arena.garbage > 65_536 && this.arena.garbage * 2 > this.arena.length) this.#compact();
    return count;
  }

  #remove(series: number, family: Family): void {
    const slot = this.#familySlots[series] as number;
    const last = family.series.pop() as number;
    if (last !== series) {
      family.series[slot] = last;
      this.#familySlots[last] = slot;
    }
    this.cells.release(this.cellStarts[series] as number, this.cellCounts[series] as number);
    this.arena.garbage += this.prefixSizes[series] as number;
    this.#families[series] = undefined;
    this.#free.push(series);
    this.live--;
  }

  #insert(series: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[series] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = series + 1;
  }

  #rehash(size: number): void {
    this.#slots = new Uint32Array(size);
    for (let series = 0; series < this.#length; series++) if (this.exists(series)) this.#insert(series);
  }

  #compact(): void {
    const arena = new ByteArena(Math.max(65_536, this.arena.length - this.arena.garbage));
    for (let series = 0; series < this.#length; series++) {
      if (!this.exists(series)) continue;
      const start = this.prefixStarts[series] as number;
      this.prefixStarts[series] = arena.append(this.arena.bytes, start, start + (this.prefixSizes[series] as number));
    }
    this.arena = arena;
  }

  #grow(): void {
    const size = this.bits.length * 2;
    this.bits = resized(this.bits, size);
    this.prefixStarts = resized(this.prefixStarts, size);
    this.prefixSizes = resized(this.prefixSizes, size);
    this.labelOffsets = resized(this.labelOffsets, size);
    this.cellStarts = resized(this.cellStarts, size);
    this.cellCounts = resized(this.cellCounts, size);
    this.bounds = resized(this.bounds, size);
    this.seenMs = resized(this.seenMs, size);
    this.timeNs = resized(this.timeNs, size);
    this.startNs = resized(this.startNs, size);
    this.#familySlots = resized(this.#familySlots, size);
    this.#hashes = resized(this.#hashes, size);
  }
}

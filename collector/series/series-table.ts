import type { HashKey } from "../wire/byte-ranges.ts";
import { compareUtf8 } from "../wire/compare-utf8.ts";
import { Cells } from "./cells.ts";
import type { Family, Labels, SeriesGroup } from "./families.ts";
import { grownSize, resized } from "./growth.ts";
import type { LabelPairs } from "./label-pairs.ts";
import { LabelRuns } from "./label-runs.ts";

export type { Labels } from "./families.ts";

/** Bits of a series. */
export const SERIES_BIT = {
  /** Has a value to show: not before the first one, nor after a point without recorded value or the end of its run. */
  visible: 1,
  /** The cell holds the 64 bits of an int that no double can. */
  bigInt: 2,
  hasSum: 4,
  hasExemplars: 8,
  /** SERIES_KIND stands in these two. */
  kind: 48,
  /** Accumulated from deltas: DELTA_CELLS stand behind the other cells. */
  isDelta: 64,
} as const;
const KIND_SHIFT = 4;

/** Removals after which unused label pairs are looked for in any case. */
const MAX_REMOVALS = 65_536;

/**
 * All series in parallel typed arrays: what a series is (its group and a list of label pairs) and what it is worth (its cells). No object per
 * series: a million of them cost the garbage collector nothing. Labels become text where somebody asks for them.
 */
export class SeriesTable {
  readonly cells = new Cells();
  readonly pairs: LabelPairs;
  #runs: LabelRuns;
  /** Series that exist. */
  live = 0;
  bits = new Uint16Array(256);
  cellStarts = new Uint32Array(256);
  cellCounts = new Uint16Array(256);
  /** Id of its bounds (or quantiles) + 1; 0 = none. Of a native histogram: of the classic bounds it was shown with. */
  bounds = new Uint32Array(256);
  /** Time of the newest point, and its start time (of deltas: of the first one); ns as doubles, exact to 256 ns. 0 = none, or not known. */
  timeNs = new Float64Array(256);
  startNs = new Float64Array(256);
  /** When a point of it arrived last, in `tick`s. */
  #seen = new Uint32Array(256);
  /** Group id + 1; 0 = no series stands here. */
  #groupIds = new Uint32Array(256);
  #runStarts = new Uint32Array(256);
  #runSizes = new Uint16Array(256);
  #slots = new Uint32Array(1024);
  readonly #groups: (SeriesGroup | undefined)[] = [];
  readonly #freeGroups: number[] = [];
  /** Freed indices, chained through `cellStarts`: first + 1. */
  #freed = 0;
  #length = 0;
  #removedSinceSweep = 0;
  #epochMs: number | undefined;

  constructor(pairs: LabelPairs, hashKey: HashKey) {
    this.pairs = pairs;
    this.#runs = new LabelRuns(hashKey);
  }

  /** Of everything that grows with what senders send. */
  get sizeBytes(): number {
    return this.cells.values.byteLength + this.#runs.sizeBytes + this.pairs.sizeBytes;
  }

  /** Series that the arrays have room for. */
  get capacity(): number {
    return this.bits.length;
  }

  /** Ids of the bounds that living series have, and of others in use. */
  usedBounds(others: Iterable<number> = []): ReadonlySet<number> {
    const used = new Set(others);
    for (let series = 0; series < this.#length; series++) if (this.exists(series)) used.add((this.bounds[series] as number) - 1);
    return used;
  }

  exists(series: number): boolean {
    return this.#groupIds[series] !== 0;
  }

  group(series: number): SeriesGroup {
    return this.#groups[(this.#groupIds[series] as number) - 1] as SeriesGroup;
  }

  family(series: number): Family {
    return this.group(series).family;
  }

  /** SERIES_KIND: what its cells mean. */
  kind(series: number): number {
    return ((this.bits[series] as number) & SERIES_BIT.kind) >>> KIND_SHIFT;
  }

  setKind(series: number, kind: number): void {
    this.bits[series] = ((this.bits[series] as number) & ~SERIES_BIT.kind) | (kind << KIND_SHIFT);
  }

  /** All labels but `__name__`, `le` and `quantile`, in the byte order of their names. */
  labels(series: number): Labels {
    const all = [...this.group(series).shared];
    this.#runs.forEach(this.#runStarts[series] as number, this.#runSizes[series] as number, (pair) => {
      all.push([this.pairs.name(pair), this.pairs.value(pair)]);
    });
    return all.sort(([a], [b]) => compareUtf8(a, b));
  }

  /** Wall-clock time as `seen` has it: ms since shortly before the first one. */
  tick(nowMs: number): number {
    this.#epochMs ??= nowMs - 1000;
    const tick = Math.max(Math.floor(nowMs - this.#epochMs), 0);
    if (tick < 0x8000_0000) return tick;
    // After 24 days, or when a clock that began at 1970 is set right: what was seen more than 12 days ago counts as seen then.
    const shift = tick - 0x4000_0000;
    this.#epochMs += shift;
    for (let series = 0; series < this.#length; series++) this.#seen[series] = Math.max((this.#seen[series] as number) - shift, 0);
    for (const group of this.groups()) group.sinceTick = Math.max(group.sinceTick - shift, 0);
    return 0x4000_0000;
  }

  touch(series: number, tick: number): void {
    this.#seen[series] = tick;
  }

  seen(series: number): number {
    return this.#seen[series] as number;
  }

  /** The series of these label pairs (rising numbers) in this group, or -1; -2 where they are too many. */
  find(group: SeriesGroup, pairs: Uint32Array, count: number): number {
    const mask = this.#slots.length - 1;
    const runs = this.#runs;
    runs.encode(pairs, count);
    if (runs.size > 0xffff) return -2;
    for (let slot = runs.hash(group.id) & mask; ; slot = (slot + 1) & mask) {
      const series = (this.#slots[slot] as number) - 1;
      if (series < 0) return -1;
      if (this.#groupIds[series] === group.id + 1 && runs.isAt(this.#runStarts[series] as number, this.#runSizes[series] as number)) return series;
    }
  }

  /** A new series, of the labels that `find` was just asked for and did not find; invisible until it gets a value. */
  add(group: SeriesGroup, cellCount: number, bits = 0): number {
    const series = this.#freed > 0 ? this.#freed - 1 : this.#length++;
    if (this.#freed > 0) this.#freed = this.cellStarts[series] as number;
    if (series >= this.bits.length) this.#grow(grownSize(this.bits.length));
    if ((this.live + 1) * 8 > this.#slots.length * 5) this.#rehash(this.#slots.length * 2);
    this.live++;
    group.size++;
    group.family.add(series);
    this.#groupIds[series] = group.id + 1;
    this.#runSizes[series] = this.#runs.size;
    this.#runStarts[series] = this.#runs.append();
    this.bits[series] = bits;
    this.cellStarts[series] = this.cells.allocate(cellCount);
    this.cellCounts[series] = cellCount;
    this.bounds[series] = 0;
    this.#seen[series] = 0;
    this.timeNs[series] = 0;
    this.startNs[series] = 0;
    this.#place(series);
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

  addGroup(make: (id: number) => SeriesGroup): SeriesGroup {
    const id = this.#freeGroups.pop() ?? this.#groups.length;
    const group = make(id);
    this.#groups[id] = group;
    return group;
  }

  groups(): Iterable<SeriesGroup> {
    return this.#groups.filter((group) => group !== undefined);
  }

  releaseGroup(group: SeriesGroup): void {
    group.isReleased = true;
    this.#groups[group.id] = undefined;
    this.#freeGroups.push(group.id);
  }

  /** Every series that exists. */
  forEach(visit: (series: number, group: SeriesGroup) => void): void {
    for (let series = 0; series < this.#length; series++) if (this.exists(series)) visit(series, this.group(series));
  }

  /** Removes the series that `isGone` names, when it has been told of each. How many. */
  remove(isGone: (series: number, group: SeriesGroup) => boolean): number {
    let count = 0;
    const thinned = new Set<Family>();
    for (let series = 0; series < this.#length; series++) {
      if (!this.exists(series)) continue;
      const group = this.group(series);
      if (!isGone(series, group)) continue;
      group.size--;
      thinned.add(group.family);
      this.cells.release(this.cellStarts[series] as number, this.cellCounts[series] as number);
      this.#runs.release(this.#runSizes[series] as number);
      this.#groupIds[series] = 0;
      this.cellStarts[series] = this.#freed;
      this.#freed = series + 1;
      count++;
    }
    if (count === 0) return 0;
    this.live -= count;
    this.#removedSinceSweep += count;
    for (const family of thinned) family.retain((series) => this.exists(series));
    this.#compact();
    this.#rehash(this.#slots.length);
    return count;
  }

  #compact(): void {
    if (this.cells.isSparse) {
      const { move, finish } = this.cells.compact();
      this.forEach((series) => {
        this.cellStarts[series] = move(this.cellStarts[series] as number, this.cellCounts[series] as number);
      });
      finish();
    }
    const mayHaveUnused = this.#removedSinceSweep >= Math.min(this.live / 4, MAX_REMOVALS) || this.live === 0;
    if (mayHaveUnused) this.#rewriteRuns(this.#unusedForgotten());
    else if (this.#runs.isSparse) this.#rewriteRuns();
  }

  #rewriteRuns(renumbered?: Uint32Array): void {
    const { runs, move } = this.#runs.rewritten(renumbered);
    this.forEach((series) => {
      this.#runStarts[series] = move(this.#runStarts[series] as number, this.#runSizes[series] as number);
      this.#runSizes[series] = runs.size;
    });
    this.#runs = runs;
  }

  /** Forgets the label pairs that no series has any more; the new numbers of the others. */
  #unusedForgotten(): Uint32Array {
    this.#removedSinceSweep = 0;
    const isUsed = new Uint8Array(this.pairs.length);
    const mark = (pair: number) => {
      isUsed[pair] = 1;
    };
    this.forEach((series) => {
      this.#runs.forEach(this.#runStarts[series] as number, this.#runSizes[series] as number, mark);
    });
    return this.pairs.keep(isUsed);
  }

  #place(series: number): void {
    const mask = this.#slots.length - 1;
    const groupId = (this.#groupIds[series] as number) - 1;
    let slot = this.#runs.hashAt(this.#runStarts[series] as number, this.#runSizes[series] as number, groupId) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = series + 1;
  }

  #rehash(size: number): void {
    this.#slots = new Uint32Array(size);
    for (let series = 0; series < this.#length; series++) if (this.exists(series)) this.#place(series);
  }

  #grow(size: number): void {
    this.bits = resized(this.bits, size);
    this.cellStarts = resized(this.cellStarts, size);
    this.cellCounts = resized(this.cellCounts, size);
    this.bounds = resized(this.bounds, size);
    this.timeNs = resized(this.timeNs, size);
    this.startNs = resized(this.startNs, size);
    this.#seen = resized(this.#seen, size);
    this.#groupIds = resized(this.#groupIds, size);
    this.#runStarts = resized(this.#runStarts, size);
    this.#runSizes = resized(this.#runSizes, size);
  }
}

import { readLength, readTag, readVarint, skipUnknown, VARINT } from "../wire/scan-cursor.ts";
import { POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { unzigzag } from "../wire/scan-points.ts";
import { NATIVE_CELL } from "./cells.ts";

/** Scales that Prometheus knows as schemas. Above 8 its servers up to 3.5 store what their queries then fail on. */
export const MIN_SCALE = -4;
export const MAX_SCALE = 8;
/** The data model's highest; more is no histogram. */
const MAX_GIVEN_SCALE = 20;
/** Buckets of one side, empty ones between others included: SDKs keep 160 at most. Beyond it the resolution is halved until they fit. */
export const MAX_SIDE_BUCKETS = 160;

/** The buckets of one sign: `counts[i]` is that of bucket `offset + i`. */
class Side {
  offset = 0;
  length = 0;
  readonly counts = new Float64Array(MAX_SIDE_BUCKETS);

  clear(): void {
    this.offset = 0;
    this.length = 0;
  }

  /** Opens the room between two buckets, both included; all empty. */
  open(first: number, last: number): void {
    this.offset = first;
    this.length = last - first + 1;
    this.counts.fill(0, 0, this.length);
  }

  add(index: number, count: number): void {
    const at = index - this.offset;
    this.counts[at] = (this.counts[at] as number) + count;
  }

  /** By 2^shift to one. Buckets merge by their own index, not by their place in the list. */
  halve(shift: number): void {
    if (shift === 0 || this.length === 0) return;
    const first = this.offset >> shift;
    const last = (this.offset + this.length - 1) >> shift;
    for (let at = 0; at < this.length; at++) {
      const count = this.counts[at] as number;
      this.counts[at] = 0;
      const to = ((this.offset + at) >> shift) - first;
      this.counts[to] = (this.counts[to] as number) + count;
    }
    this.offset = first;
    this.length = last - first + 1;
  }

  /** Makes room for the other's buckets and adds them; both of the same scale. */
  merge(other: Side): void {
    if (other.length === 0) return;
    if (this.length === 0) this.open(other.offset, other.offset + other.length - 1);
    const first = Math.min(this.offset, other.offset);
    const last = Math.max(this.offset + this.length, other.offset + other.length) - 1;
    this.counts.copyWithin(this.offset - first, 0, this.length);
    this.counts.fill(0, 0, this.offset - first);
    this.counts.fill(0, this.offset - first + this.length, last - first + 1);
    this.offset = first;
    this.length = last - first + 1;
    for (let at = 0; at < other.length; at++) this.add(other.offset + at, other.counts[at] as number);
  }

  /** Takes out what lies at or below the threshold in magnitude; how much. `edges` gives the buckets' edges. */
  takeBelow(threshold: number, edge: (index: number) => number): { readonly count: number; readonly upTo: number } {
    let count = 0;
    let upTo = threshold;
    for (let at = 0; at < this.length && edge(this.offset + at) < threshold; at++) {
      if (this.counts[at] === 0) continue;
      count += this.counts[at] as number;
      this.counts[at] = 0;
      upTo = Math.max(upTo, edge(this.offset + at + 1));
    }
    return { count, upTo };
  }
}

/** One Buckets message: 1 offset sint32, 2 bucket_counts packed varint. Made once and used again. */
class WireSide {
  /** Index of the first and of the last bucket with a count; where `total` is 0 they mean nothing. */
  first = 0;
  last = 0;
  total = 0;
  #offset = 0;
  #countsStart = 0;
  #countsEnd = 0;

  /** `range` is the word where the body's range stands. False where an index leaves 32 bits. */
  read({ bytes, points }: MetricColumns, range: number): boolean {
    const end = points.words[range + 1] as number;
    let position = points.words[range] as number;
    this.#offset = 0;
    this.#countsStart = 0;
    this.#countsEnd = 0;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag === 0x08) {
        position = readVarint(bytes, position, end);
        this.#offset = unzigzag(VARINT[0] as number);
      } else if (tag === 0x12) {
        this.#countsStart = readLength(bytes, position, end);
        this.#countsEnd = this.#countsStart + (VARINT[0] as number);
        position = this.#countsEnd;
      } else position = skipUnknown(bytes, position, end, tag, "Buckets");
    }
    this.total = 0;
    let index = this.#offset;
    for (let at = this.#countsStart; at < this.#countsEnd; index++) {
      at = readVarint(bytes, at, this.#countsEnd);
      const count = wide(VARINT, 0);
      if (count === 0) continue;
      if (this.total === 0) this.first = index;
      this.last = index;
      this.total += count;
    }
    return this.total === 0 || this.last <= 0x7fff_ffff;
  }

  fits(shift: number): boolean {
    return this.total === 0 || (this.last >> shift) - (this.first >> shift) < MAX_SIDE_BUCKETS;
  }

  /** Counts what was read, 2^shift buckets to one. */
  fill(side: Side, { bytes }: MetricColumns, shift: number): void {
    side.clear();
    if (this.total === 0) return;
    side.open(this.first >> shift, this.last >> shift);
    let index = this.#offset;
    for (let at = this.#countsStart; at < this.#countsEnd; index++) {
      at = readVarint(bytes, at, this.#countsEnd);
      const count = wide(VARINT, 0);
      if (count > 0) side.add(index >> shift, count);
    }
  }
}

/**
 * An exponential histogram on its way between wire, cells and another one. Made once and used again.
 * Source: opentelemetry-specification/specification/metrics/data-model.md#exponentialhistogram
 */
export class NativeBuckets {
  scale = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  readonly positive = new Side();
  readonly negative = new Side();
  readonly #wirePositive = new WireSide();
  readonly #wireNegative = new WireSide();

  /** Cells that it needs. */
  get cellCount(): number {
    // In steps, so that freed runs fit the next ones.
    return NATIVE_CELL.buckets + Math.ceil((this.positive.length + this.negative.length) / 16) * 16;
  }

  /** Reads a point, in at most MAX_SCALE. False where it is none: scale out of range, or a count that is not the sum of its buckets. */
  readPoint(columns: MetricColumns, point: number): boolean {
    const { words, doubles } = columns.points;
    const given = (words[point + POINT_ROW.scale] as number) | 0;
    if (given < MIN_SCALE || given > MAX_GIVEN_SCALE) return false;
    this.zeroCount = wide(words, point + POINT_ROW.zeroCountLow);
    this.zeroThreshold = doubles[(point + POINT_ROW.zeroThreshold) >>> 1] as number;
    if (!(this.zeroThreshold >= 0) || this.zeroThreshold === Infinity) return false;
    const positive = this.#wirePositive;
    const negative = this.#wireNegative;
    if (!positive.read(columns, point + POINT_ROW.positiveStart) || !negative.read(columns, point + POINT_ROW.negativeStart)) return false;
    if (this.zeroCount + positive.total + negative.total !== wide(words, point + POINT_ROW.countLow)) return false;
    let shift = Math.max(given - MAX_SCALE, 0);
    while (!positive.fits(shift) || !negative.fits(shift)) shift++;
    this.scale = given - shift;
    if (this.scale < MIN_SCALE) return false;
    positive.fill(this.positive, columns, shift);
    negative.fill(this.negative, columns, shift);
    return true;
  }

  readCells(values: Float64Array, cell: number): void {
    const at = (offset: number) => values[cell + offset] as number;
    this.scale = at(NATIVE_CELL.scale);
    this.zeroThreshold = at(NATIVE_CELL.zeroThreshold);
    this.zeroCount = at(NATIVE_CELL.zeroCount);
    this.positive.offset = at(NATIVE_CELL.positiveOffset);
    this.positive.length = at(NATIVE_CELL.positiveLength);
    this.negative.offset = at(NATIVE_CELL.negativeOffset);
    this.negative.length = at(NATIVE_CELL.negativeLength);
    let from = cell + NATIVE_CELL.buckets;
    for (const side of [this.positive, this.negative]) {
      for (let index = 0; index < side.length; index++) side.counts[index] = values[from + index] as number;
      from += side.length;
    }
  }

  /** All but sum and count. */
  writeCells(values: Float64Array, cell: number): void {
    values[cell + NATIVE_CELL.scale] = this.scale;
    values[cell + NATIVE_CELL.zeroThreshold] = this.zeroThreshold;
    values[cell + NATIVE_CELL.zeroCount] = this.zeroCount;
    values[cell + NATIVE_CELL.positiveOffset] = this.positive.offset;
    values[cell + NATIVE_CELL.positiveLength] = this.positive.length;
    values[cell + NATIVE_CELL.negativeOffset] = this.negative.offset;
    values[cell + NATIVE_CELL.negativeLength] = this.negative.length;
    let to = cell + NATIVE_CELL.buckets;
    for (const side of [this.positive, this.negative]) {
      for (let index = 0; index < side.length; index++) values[to + index] = side.counts[index] as number;
      to += side.length;
    }
  }

  /** Adds another one, in the coarser scale of the two and with the wider zero bucket. False where the sum of both is too wide for any scale. */
  add(other: NativeBuckets): boolean {
    let scale = Math.min(this.scale, other.scale);
    while (scale >= MIN_SCALE && !this.#fitsWith(other, scale)) scale--;
    if (scale < MIN_SCALE) return false;
    this.#coarsen(scale);
    other.#coarsen(scale);
    this.#widenZero(other);
    this.zeroCount += other.zeroCount;
    this.positive.merge(other.positive);
    this.negative.merge(other.negative);
    return true;
  }

  #fitsWith(other: NativeBuckets, scale: number): boolean {
    const span = (a: Side, b: Side) => {
      let first = Infinity;
      let last = -Infinity;
      for (const [side, own] of [
        [a, this.scale],
        [b, other.scale],
      ] as const) {
        if (side.length === 0) continue;
        first = Math.min(first, side.offset >> (own - scale));
        last = Math.max(last, (side.offset + side.length - 1) >> (own - scale));
      }
      return last - first < MAX_SIDE_BUCKETS;
    };
    return span(this.positive, other.positive) && span(this.negative, other.negative);
  }

  #coarsen(scale: number): void {
    this.positive.halve(this.scale - scale);
    this.negative.halve(this.scale - scale);
    this.scale = scale;
  }

  /** Both get one zero threshold: the larger, or the end of the bucket that it falls into. */
  #widenZero(other: NativeBuckets): void {
    const edge = (index: number) => 2 ** (index * 2 ** -this.scale);
    let threshold = Math.max(this.zeroThreshold, other.zeroThreshold);
    for (let before = -1; before !== threshold; ) {
      before = threshold;
      for (const one of [this, other]) {
        for (const side of [one.positive, one.negative]) {
          const { count, upTo } = side.takeBelow(threshold, edge);
          one.zeroCount += count;
          threshold = Math.max(threshold, upTo);
        }
      }
    }
    this.zeroThreshold = threshold;
    other.zeroThreshold = threshold;
  }
}

function wide(words: Uint32Array, low: number): number {
  return (words[low] as number) + (words[low + 1] as number) * 0x1_0000_0000;
}

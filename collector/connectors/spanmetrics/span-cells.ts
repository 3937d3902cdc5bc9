import { ByteArena, type HashKey, hashRange, sameRange } from "../../wire/byte-ranges.ts";
import { RESOURCE_ROW } from "../../wire/scan-tables.ts";
import { SPAN_ROW, type TraceColumns } from "../../wire/scan-traces.ts";
import { ResourceTable } from "./resource-table.ts";

/** A dimension's slots in the columns: the attribute, and its name before the semantic conventions settled; -1 = it had none. */
export interface DimensionSlots {
  readonly slot: number;
  readonly olderSlot: number;
}

export interface CellOptions {
  /** Upper bounds in ms, rising. */
  readonly boundsMs: readonly number[];
  readonly dimensions: readonly DimensionSlots[];
  readonly hashKey: HashKey;
  /** Cells beyond which spans of new combinations share one per resource. 0 = no limit. */
  readonly limit: number;
}

const S = SPAN_ROW;
/** Value of `keyOf` for the cell that takes what the limit leaves over. */
export const OVERFLOW = -1;
/** Of a limited connector: what the names and values of a cell may take on average. */
const BYTES_PER_CELL = 2048;
/** Numbers before the bucket counts: calls, sum of durations in ms. */
const TOTALS = 2;

/**
 * Calls and durations by resource, span name, kind, status and dimensions. A span finds its cell by its raw bytes: no string and no object
 * is made for it; names become text when the metrics are written.
 */
export class SpanCells {
  readonly resources: ResourceTable;
  /** Cells in use. */
  length = 0;
  readonly #options: CellOptions;
  readonly #segments: number;
  readonly #stride: number;
  readonly #bounds: Float64Array;
  readonly #arena = new ByteArena(16_384);
  /** Ranges of the span at hand: its name, then each dimension's value. */
  readonly #ranges: Uint32Array;
  #slots = new Uint32Array(512);
  #values: Float64Array;
  #resourceOf = new Uint32Array(128);
  #kindOf = new Int32Array(128);
  #statusOf = new Int32Array(128);
  #hashes = new Uint32Array(128);
  #starts = new Uint32Array(128);
  #sizes: Uint32Array;
  #sinceMs = new Float64Array(128);

  constructor(options: CellOptions) {
    this.#options = options;
    this.resources = new ResourceTable(options.limit, options.hashKey);
    this.#segments = options.dimensions.length + 1;
    this.#stride = TOTALS + options.boundsMs.length + 1;
    this.#bounds = Float64Array.from(options.boundsMs);
    this.#ranges = new Uint32Array(this.#segments * 2);
    this.#values = new Float64Array(128 * this.#stride);
    this.#sizes = new Uint32Array(128 * this.#segments);
  }

  /** Adds all spans of a scanned request. New cells start at `sinceMs`: until then their count was 0. */
  observe(columns: TraceColumns, sinceMs: number): void {
    const { spans, view } = columns;
    const { words } = spans;
    let resourceRow = -1;
    let resource = 0;
    for (let row = 0; row < spans.length; row++) {
      const base = row * S.stride;
      if (words[base + S.resource] !== resourceRow) {
        resourceRow = words[base + S.resource] as number;
        const at = resourceRow * RESOURCE_ROW.stride;
        const { words: resources } = columns.resources;
        resource = this.resources.of(columns, resources[at + RESOURCE_ROW.start] as number, resources[at + RESOURCE_ROW.end] as number);
      }
      const cell = this.#cellOf(columns, view, row, base, resource, sinceMs);
      const ns =
        ((words[base + S.endTimeHigh] as number) - (words[base + S.startTimeHigh] as number)) * 0x1_0000_0000 +
        (words[base + S.endTimeLow] as number) -
        (words[base + S.startTimeLow] as number);
      this.#add(cell, ns > 0 ? ns / 1e6 : 0);
    }
  }

  /** A span that ends before it starts counts as 0 ms. */
  #add(cell: number, durationMs: number): void {
    const values = this.#values;
    const bounds = this.#bounds;
    const base = cell * this.#stride;
    values[base] = (values[base] as number) + 1;
    values[base + 1] = (values[base + 1] as number) + durationMs;
    let bucket = 0;
    while (bucket < bounds.length && durationMs > (bounds[bucket] as number)) bucket++;
    values[base + TOTALS + bucket] = (values[base + TOTALS + bucket] as number) + 1;
  }

  #cellOf(columns: TraceColumns, view: DataView, row: number, base: number, resource: number, sinceMs: number): number {
    const { words } = columns.spans;
    const ranges = this.#ranges;
    const kind = (words[base + S.kind] as number) | 0;
    const status = (words[base + S.statusCode] as number) | 0;
    const { dimensions, hashKey } = this.#options;
    ranges[0] = words[base + S.nameStart] as number;
    ranges[1] = words[base + S.nameEnd] as number;
    let hash = hashRange(view, ranges[0] as number, ranges[1] as number, resource * 64 + kind * 4 + status, hashKey);
    const valueBase = row * columns.valueStride;
    for (let index = 0; index < dimensions.length; index++) {
      const { slot, olderSlot } = dimensions[index] as DimensionSlots;
      let at = valueBase + slot * 2;
      if (columns.values[at + 1] === 0 && olderSlot >= 0) at = valueBase + olderSlot * 2;
      const start = columns.values[at] as number;
      const end = columns.values[at + 1] as number;
      ranges[index * 2 + 2] = start;
      ranges[index * 2 + 3] = end;
      hash = hashRange(view, start, end, hash, hashKey);
    }
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const cell = (this.#slots[slot] as number) - 1;
      if (cell < 0) break;
      if (
        this.#hashes[cell] === hash &&
        this.#resourceOf[cell] === resource &&
        this.#kindOf[cell] === kind &&
        this.#statusOf[cell] === status &&
        this.#hasRanges(cell, view)
      ) {
        return cell;
      }
    }
    const { limit } = this.#options;
    if (limit > 0 && (this.length >= limit || this.#arena.length >= limit * BYTES_PER_CELL)) return this.#overflowOf(resource, sinceMs);
    return this.#newCell(columns.bytes, resource, kind, status, hash, sinceMs);
  }

  #hasRanges(cell: number, view: DataView): boolean {
    const ranges = this.#ranges;
    let at = this.#starts[cell] as number;
    for (let segment = 0; segment < this.#segments; segment++) {
      const start = ranges[segment * 2] as number;
      const size = (ranges[segment * 2 + 1] as number) - start;
      if (this.#sizes[cell * this.#segments + segment] !== size || !sameRange(this.#arena.view, at, view, start, size)) return false;
      at += size;
    }
    return true;
  }

  #newCell(bytes: Uint8Array, resource: number, kind: number, status: number, hash: number, sinceMs: number): number {
    const cell = this.#append(resource, kind, status, sinceMs);
    this.#hashes[cell] = hash;
    this.#starts[cell] = this.#arena.length;
    for (let segment = 0; segment < this.#segments; segment++) {
      const start = this.#ranges[segment * 2] as number;
      const end = this.#ranges[segment * 2 + 1] as number;
      this.#arena.append(bytes, start, end);
      this.#sizes[cell * this.#segments + segment] = end - start;
    }
    this.#insert(cell);
    return cell;
  }

  /** Not in the hash table: its resource knows it. */
  #overflowOf(resource: number, sinceMs: number): number {
    const known = this.resources.overflowCell(resource);
    if (known >= 0) return known;
    const cell = this.#append(resource, OVERFLOW, 0, sinceMs);
    this.resources.setOverflowCell(resource, cell);
    return cell;
  }

  #append(resource: number, kind: number, status: number, sinceMs: number): number {
    if (this.length === this.#kindOf.length) this.#grow();
    const cell = this.length++;
    this.#resourceOf[cell] = resource;
    this.#kindOf[cell] = kind;
    this.#statusOf[cell] = status;
    this.#sinceMs[cell] = sinceMs;
    return cell;
  }

  #insert(cell: number): void {
    if (this.length * 2 > this.#slots.length) {
      this.#slots = new Uint32Array(this.#slots.length * 2);
      for (let other = 0; other < cell; other++) if (this.#kindOf[other] !== OVERFLOW) this.#place(other);
    }
    this.#place(cell);
  }

  #place(cell: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[cell] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = cell + 1;
  }

  #grow(): void {
    const size = this.#kindOf.length * 2;
    this.#values = grown(this.#values, new Float64Array(size * this.#stride));
    this.#resourceOf = grown(this.#resourceOf, new Uint32Array(size));
    this.#kindOf = grown(this.#kindOf, new Int32Array(size));
    this.#statusOf = grown(this.#statusOf, new Int32Array(size));
    this.#hashes = grown(this.#hashes, new Uint32Array(size));
    this.#starts = grown(this.#starts, new Uint32Array(size));
    this.#sizes = grown(this.#sizes, new Uint32Array(size * this.#segments));
    this.#sinceMs = grown(this.#sinceMs, new Float64Array(size));
  }

  /** What a cell stands for; `kind` is OVERFLOW for one that takes what the limit leaves over. */
  keyOf(cell: number): {
    readonly resource: number;
    readonly kind: number;
    readonly status: number;
    readonly sinceMs: number;
    readonly segments: readonly Uint8Array[];
  } {
    const segments: Uint8Array[] = [];
    const kind = this.#kindOf[cell] as number;
    let at = this.#starts[cell] as number;
    for (let segment = 0; segment < this.#segments && kind !== OVERFLOW; segment++) {
      const size = this.#sizes[cell * this.#segments + segment] as number;
      segments.push(this.#arena.bytes.subarray(at, at + size));
      at += size;
    }
    return {
      resource: this.#resourceOf[cell] as number,
      kind,
      status: this.#statusOf[cell] as number,
      sinceMs: this.#sinceMs[cell] as number,
      segments,
    };
  }

  /** Calls, sum of durations in ms, count per bucket. */
  valuesOf(cell: number): { readonly calls: number; readonly sumMs: number; readonly buckets: readonly number[] } {
    const base = cell * this.#stride;
    const buckets = [...this.#values.subarray(base + TOTALS, base + this.#stride)];
    return { calls: this.#values[base] as number, sumMs: this.#values[base + 1] as number, buckets };
  }
}

function grown<T extends Float64Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from as never);
  return to;
}

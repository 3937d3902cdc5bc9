/**
 * Hash and equality of byte ranges, four bytes at a time through DataViews (a third of the cost of byte loops, and no objects as
 * `subarray` and `Buffer.compare` make). The hash is for tables in memory: never stored, and always confirmed by `sameRange`.
 */

export function hashRange(view: DataView, start: number, end: number, seed: number): number {
  let hash = seed ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function sameRange(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) if (a.getInt32(aStart + at, true) !== b.getInt32(bStart + at, true)) return false;
  for (; at < length; at++) if (a.getUint8(aStart + at) !== b.getUint8(bStart + at)) return false;
  return true;
}

/** A map from byte ranges to values; keys are copied in. For hundreds to thousands of entries: resources, scopes, metrics. */
export class RangeMap<T> {
  readonly #buckets = new Map<number, Entry<T>[]>();
  size = 0;

  get(view: DataView, start: number, end: number): T | undefined {
    const bucket = this.#buckets.get(hashRange(view, start, end, 0));
    if (bucket === undefined) return undefined;
    for (const entry of bucket) {
      if (entry.key.byteLength === end - start && sameRange(entry.key, 0, view, start, end - start)) return entry.value;
    }
    return undefined;
  }

  set(view: DataView, start: number, end: number, value: T): void {
    const key = new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end));
    const hash = hashRange(key, 0, key.byteLength, 0);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [{ key, value }]);
    else bucket.push({ key, value });
    this.size++;
  }

  *values(): IterableIterator<T> {
    for (const bucket of this.#buckets.values()) for (const entry of bucket) yield entry.value;
  }

  /** Forgets the values that `isGone` names. */
  prune(isGone: (value: T) => boolean): void {
    for (const [hash, bucket] of this.#buckets) {
      const kept = bucket.filter((entry) => !isGone(entry.value));
      this.size -= bucket.length - kept.length;
      if (kept.length === 0) this.#buckets.delete(hash);
      else if (kept.length < bucket.length) this.#buckets.set(hash, kept);
    }
  }
}

interface Entry<T> {
  readonly key: DataView;
  readonly value: T;
}

/** Bytes laid end to end; freed ones are counted, and reclaimed when whoever uses it copies the living ones over. */
export class ByteArena {
  bytes: Buffer;
  view: DataView;
  length = 0;
  /** Bytes that nobody uses any more. */
  garbage = 0;

  constructor(initialBytes: number) {
    this.bytes = Buffer.from(new ArrayBuffer(initialBytes));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Copies the range in; where it begins. */
  append(source: Uint8Array, start: number, end: number): number {
    const at = this.length;
    const size = end - start;
    if (at + size > this.bytes.length) this.#grow(at + size);
    for (let index = 0; index < size; index++) this.bytes[at + index] = source[start + index] as number;
    this.length = at + size;
    return at;
  }

  #grow(needed: number): void {
    const bytes = Buffer.from(new ArrayBuffer(Math.max(needed, Math.ceil(this.bytes.length * 1.5))));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

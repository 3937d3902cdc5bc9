/** 64 random bits that senders do not know, in two words. Made by whoever opens the component: this layer has no randomness of its own. */
export type HashKey = readonly [number, number];

/**
 * Hash of a byte range and a number beside it (whose range it is): HalfSipHash-1-3, which needs a key. A multiplicative hash costs as much here, and
 * has collisions under every seed (words that differ in their top bit), so that a sender could make a table of its attributes as slow as a list.
 * For tables in memory: never stored, and always confirmed by `sameRange`.
 *
 * Source: Aumasson, Bernstein: SipHash: a fast short-input PRF (2012); the 32-bit variant is github.com/veorq/SipHash halfsiphash.c.
 */
export function hashRange(view: DataView, start: number, end: number, salt: number, key: HashKey): number {
  let v0 = key[0] ^ salt;
  let v1 = key[1] | 0;
  let v2 = key[0] ^ 0x6c796765;
  let v3 = key[1] ^ 0x74656462;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  let last = (end - start) << 24;
  for (let shift = 0; at < end; at++, shift += 8) last |= view.getUint8(at) << shift;
  v3 ^= last;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round > 0) continue;
    v0 ^= last;
    v2 ^= 0xff;
  }
  return (v1 ^ v3) >>> 0;
}

/** Four bytes at a time through DataViews: a third of the cost of byte loops, and no objects as `subarray` and `Buffer.compare` make. */
export function sameRange(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) if (a.getInt32(aStart + at, true) !== b.getInt32(bStart + at, true)) return false;
  for (; at < length; at++) if (a.getUint8(aStart + at) !== b.getUint8(bStart + at)) return false;
  return true;
}

/** A map from byte ranges to values; keys are copied in. For hundreds to thousands of entries: resources, scopes, metrics. */
export class RangeMap<T> {
  readonly #buckets = new Map<number, Entry<T>[]>();
  readonly #key: HashKey;
  size = 0;
  /** Bytes of all keys. */
  keyBytes = 0;

  constructor(key: HashKey) {
    this.#key = key;
  }

  get(view: DataView, start: number, end: number): T | undefined {
    const bucket = this.#buckets.get(hashRange(view, start, end, 0, this.#key));
    if (bucket === undefined) return undefined;
    for (const entry of bucket) {
      if (entry.key.byteLength === end - start && sameRange(entry.key, 0, view, start, end - start)) return entry.value;
    }
    return undefined;
  }

  set(view: DataView, start: number, end: number, value: T): void {
    const key = new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end));
    const hash = hashRange(key, 0, key.byteLength, 0, this.#key);
    const bucket = this.#buckets.get(hash);
    if (bucket === undefined) this.#buckets.set(hash, [{ key, value }]);
    else bucket.push({ key, value });
    this.size++;
    this.keyBytes += key.byteLength;
  }

  *values(): IterableIterator<T> {
    for (const bucket of this.#buckets.values()) for (const entry of bucket) yield entry.value;
  }

  /** Forgets the values that `isGone` names. */
  prune(isGone: (value: T) => boolean): void {
    for (const [hash, bucket] of this.#buckets) {
      const kept = bucket.filter((entry) => {
        const stays = !isGone(entry.value);
        if (!stays) this.keyBytes -= entry.key.byteLength;
        return stays;
      });
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

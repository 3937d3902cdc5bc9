/** How far back a copy of three bytes reaches. */
export const WINDOW_BYTES = 65_535;
/** Places that begin with the same four bytes and are tried for one match. More makes the body hardly smaller and the search slower. */
const MAX_TRIES = 12;
/** A match this long is taken as it is: longer ones need a further copy anyway. */
export const GOOD_BYTES = 64;
const HASH_BITS = 15;
const HASH_FACTOR = 0x1e35_a7bd;
const RING_MASK = 65_535;

/** Earlier places with the same bytes, among those that were offered: for a compressor that may copy from some places only. */
export class StaticMatches {
  /** Of the match found last: bytes, and where it begins. */
  length = 0;
  source = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** By hash of four bytes: the last place, -1 = none. */
  readonly #heads = new Int32Array(1 << HASH_BITS).fill(-1);
  /** By place modulo 64 KiB: the one before it of the same hash, and up to where bytes may be copied from it. */
  readonly #before = new Int32Array(RING_MASK + 1);
  readonly #ends = new Int32Array(RING_MASK + 1);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What begins at `place` may be copied from, up to `end`. */
  offer(place: number, end: number): void {
    if (place + 4 > end) return;
    const hash = this.#hash(place);
    this.#before[place & RING_MASK] = this.#heads[hash] as number;
    this.#ends[place & RING_MASK] = end;
    this.#heads[hash] = place;
  }

  /** Sets `length` (0 = nothing) and `source` to the longest match for what stands at `place`, up to `end`. */
  find(place: number, end: number): void {
    this.length = 0;
    if (place + 4 > end) return;
    let candidate = this.#heads[this.#hash(place)] as number;
    for (let tries = MAX_TRIES; tries > 0 && candidate >= 0 && place - candidate <= WINDOW_BYTES; tries--) {
      const length = this.matching(candidate, place, Math.min(end - place, (this.#ends[candidate & RING_MASK] as number) - candidate));
      if (length > this.length && length >= 4) {
        this.length = length;
        this.source = candidate;
        if (length >= GOOD_BYTES) return;
      }
      const before = this.#before[candidate & RING_MASK] as number;
      if (before >= candidate) return;
      candidate = before;
    }
  }

  /** How many bytes at two places agree, at most `most`. */
  matching(source: number, place: number, most: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    let length = 0;
    while (length + 4 <= most && view.getUint32(source + length, true) === view.getUint32(place + length, true)) length += 4;
    while (length < most && bytes[source + length] === bytes[place + length]) length++;
    return length;
  }

  #hash(place: number): number {
    return Math.imul(this.#view.getUint32(place, true), HASH_FACTOR) >>> (32 - HASH_BITS);
  }
}

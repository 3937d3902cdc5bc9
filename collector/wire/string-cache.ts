/**
 * A bounded cache from the bytes of short strings to one shared string: attribute keys, metric names and route values repeat in every
 * item, and one string object for all of them saves the allocation (and its share of garbage collection).
 *
 * Direct-mapped: a newcomer takes the slot of whoever hashed there before, so memory is fixed and a hostile sender gains nothing but
 * misses. Bytes are compared word by word, never the hash alone.
 */
export class StringCache {
  readonly #words: Uint32Array;
  /** Byte length of the string in the slot; 255 = free. */
  readonly #lengths: Uint8Array;
  readonly #strings: string[];
  readonly #mask: number;
  readonly #finish: (text: string) => string;

  /** `slots` is a power of two. `finish` makes of a string, once, what is to be shared in its place. */
  constructor(slots = 2048, finish: (text: string) => string = (text) => text) {
    this.#words = new Uint32Array(slots * WORDS_PER_SLOT);
    this.#lengths = new Uint8Array(slots).fill(255);
    this.#strings = new Array<string>(slots).fill("");
    this.#mask = slots - 1;
    this.#finish = finish;
  }

  /**
   * The string of the bytes from `start` to `end`, which the caller has checked to lie inside; undefined when they are not pure ASCII
   * (then the caller decodes). The range must not be longer than `MAX_CACHED_BYTES`.
   */
  get(buffer: Buffer, view: DataView, start: number, end: number): string | undefined {
    if (end - start < 4) return this.getShort(buffer, start, end);
    let hash = 0;
    let all = 0;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getUint32(at, true);
      all |= word;
      hash = mix(hash, word);
    }
    if (at < end) {
      const tail = view.getUint32(end - 4, true);
      all |= tail;
      hash = mix(hash, tail);
    }
    return (all & 0x80808080) === 0 ? this.getHashed(buffer, view, start, end, hash) : undefined;
  }

  /**
   * `get` for a caller that has seen the words already: `hash` is `mix` over each whole word and, where bytes are left over, over the
   * last four bytes. At least four bytes, all of them ASCII.
   */
  getHashed(buffer: Buffer, view: DataView, start: number, end: number, hash: number): string {
    const length = end - start;
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    const first = slot * WORDS_PER_SLOT;
    if (this.#lengths[slot] === length) {
      let word = first;
      let same = this.#words[word++] === view.getUint32(end - 4, true);
      for (let at = start; same && at + 4 < end; at += 4) same = this.#words[word++] === view.getUint32(at, true);
      if (same) return this.#strings[slot] as string;
    }
    let word = first;
    this.#words[word++] = view.getUint32(end - 4, true);
    for (let at = start; at + 4 < end; at += 4) this.#words[word++] = view.getUint32(at, true);
    return this.#fill(slot, buffer, start, end);
  }

  /** `get` under four bytes: they are themselves the key, with the length. */
  getShort(buffer: Buffer, start: number, end: number): string | undefined {
    const length = end - start;
    if (length === 0) return "";
    let word = buffer[start] as number;
    if (length > 1) word |= (buffer[start + 1] as number) << 8;
    if (length > 2) word |= (buffer[start + 2] as number) << 16;
    if ((word & 0x808080) !== 0) return undefined;
    const slot = (Math.imul(word ^ (length << 24), 0x9e3779b1) >>> 16) & this.#mask;
    if (this.#lengths[slot] === length && this.#words[slot * WORDS_PER_SLOT] === word) return this.#strings[slot];
    this.#words[slot * WORDS_PER_SLOT] = word;
    return this.#fill(slot, buffer, start, end);
  }

  #fill(slot: number, buffer: Buffer, start: number, end: number): string {
    const made = this.#finish(buffer.toString("latin1", start, end));
    this.#lengths[slot] = end - start;
    this.#strings[slot] = made;
    return made;
  }
}

/** One step of the hash that `getHashed` takes; begins with 0. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** Longer strings rarely repeat: they are decoded anew each time. */
export const MAX_CACHED_BYTES = 60;

/** The tail word, which overlaps the one before it, and up to 14 whole words. */
const WORDS_PER_SLOT = 16;

/** The strings of telemetry, whatever form it came in. */
export const sharedStrings = new StringCache();

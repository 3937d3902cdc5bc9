import { ByteArena, type HashKey, hashRange, sameRange } from "../wire/byte-ranges.ts";

/**
 * The label pairs of every series: rising numbers, as varints of the steps between them, end to end. A pair takes one or two bytes so, and two series
 * have the same labels where they have the same bytes.
 */
export class LabelRuns {
  #arena = new ByteArena(65_536);
  readonly #hashKey: HashKey;
  #scratch = new Uint8Array(512);
  #view = new DataView(this.#scratch.buffer);
  /** Bytes of the list that was encoded last. */
  size = 0;

  constructor(hashKey: HashKey) {
    this.#hashKey = hashKey;
  }

  get sizeBytes(): number {
    return this.#arena.bytes.length;
  }

  /** Puts a list of `count` rising numbers where the next calls find it. */
  encode(pairs: ArrayLike<number>, count: number): void {
    if (count * 5 > this.#scratch.length) {
      this.#scratch = new Uint8Array(count * 5);
      this.#view = new DataView(this.#scratch.buffer);
    }
    const bytes = this.#scratch;
    let at = 0;
    let before = 0;
    for (let index = 0; index < count; index++) {
      const pair = pairs[index] as number;
      let step = pair - before;
      for (; step >= 0x80; step >>>= 7) bytes[at++] = (step & 0x7f) | 0x80;
      bytes[at++] = step;
      before = pair;
    }
    this.size = at;
  }

  /** Of the encoded list. */
  hash(salt: number): number {
    return hashRange(this.#view, 0, this.size, salt, this.#hashKey);
  }

  hashAt(start: number, size: number, salt: number): number {
    return hashRange(this.#arena.view, start, start + size, salt, this.#hashKey);
  }

  /** Whether the encoded list stands here. */
  isAt(start: number, size: number): boolean {
    return size === this.size && sameRange(this.#arena.view, start, this.#view, 0, size);
  }

  /** Keeps the encoded list; where. */
  append(): number {
    return this.#arena.append(this.#scratch, 0, this.size);
  }

  release(size: number): void {
    this.#arena.garbage += size;
  }

  forEach(start: number, size: number, visit: (pair: number) => void): void {
    const { bytes } = this.#arena;
    let pair = 0;
    let step = 0;
    let shift = 0;
    for (let at = start; at < start + size; at++) {
      const byte = bytes[at] as number;
      step |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      pair += step;
      visit(pair);
      step = 0;
      shift = 0;
    }
  }

  /** Whether more lies idle than is in use. */
  get isSparse(): boolean {
    return this.#arena.garbage > 65_536 && this.#arena.garbage * 2 > this.#arena.length;
  }

  /** A copy without gaps: `move` brings a list over, with other numbers where `renumbered` says so (their order must be the same). */
  rewritten(renumbered?: Uint32Array): { readonly runs: LabelRuns; move(start: number, size: number): number } {
    const runs = new LabelRuns(this.#hashKey);
    runs.#arena = new ByteArena(Math.max(65_536, this.#arena.length - this.#arena.garbage));
    const pairs: number[] = [];
    return {
      runs,
      move: (start, size) => {
        pairs.length = 0;
        this.forEach(start, size, (pair) => pairs.push(renumbered === undefined ? pair : (renumbered[pair] as number)));
        runs.encode(pairs, pairs.length);
        return runs.append();
      },
    };
  }
}

/**
 * Finds keys that stand more than once in a list, by their hashes: the keys themselves are looked at only where two hashes are the same.
 * A stack, since a list's value may be a list.
 */
export class JsonKeyStack {
  #hashes = new Int32Array(64);
  #offsets = new Int32Array(64);
  #size = 0;
  /** By length: the hashes of the last list of this length whose hashes all differed. Nearly every list is like the one before it. */
  readonly #unique: (Int32Array | undefined)[] = new Array<undefined>(MAX_KNOWN_LENGTH);

  /** To be given to `close` at the end of the list. */
  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** `offset`: where the caller finds the key again. */
  push(hash: number, offset: number): void {
    const size = this.#size++;
    if (size === this.#hashes.length) this.#grow();
    this.#hashes[size] = hash;
    this.#offsets[size] = offset;
  }

  /** Takes the list that began at `base` from the stack: undefined where all keys differ for certain, else where all of them stand. */
  close(base: number): readonly number[] | undefined {
    const length = this.#size - base;
    this.#size = base;
    if (length < 2) return undefined;
    const known = length < MAX_KNOWN_LENGTH ? this.#unique[length] : undefined;
    if (known !== undefined && this.#isLike(known, base)) return undefined;
    const hashes = this.#hashes.subarray(base, base + length);
    if (new Set(hashes).size < length) return [...this.#offsets.subarray(base, base + length)];
    if (length < MAX_KNOWN_LENGTH) this.#unique[length] = hashes.slice();
    return undefined;
  }

  #isLike(known: Int32Array, base: number): boolean {
    for (let index = 0; index < known.length; index++) if (known[index] !== this.#hashes[base + index]) return false;
    return true;
  }

  #grow(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    const offsets = new Int32Array(hashes.length);
    hashes.set(this.#hashes);
    offsets.set(this.#offsets);
    this.#hashes = hashes;
    this.#offsets = offsets;
  }
}

/** Longer lists are rare. */
const MAX_KNOWN_LENGTH = 64;
